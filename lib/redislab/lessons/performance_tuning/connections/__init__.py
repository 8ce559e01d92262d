"""Extra: what a connection costs."""

HEADING = "Extra: what a connection costs"
