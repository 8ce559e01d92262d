"""Going deeper: what a new connection costs."""

HEADING = "Going deeper: what a new connection costs"
