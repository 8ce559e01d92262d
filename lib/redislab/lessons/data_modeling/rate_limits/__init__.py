"""2.2 Rate limits."""

HEADING = "2.2 Rate limits"
