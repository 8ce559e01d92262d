"""Extra: patterns together."""

HEADING = "Extra: patterns together"
