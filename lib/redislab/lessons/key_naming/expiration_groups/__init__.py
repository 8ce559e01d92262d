"""Extra: what goes by itself."""

HEADING = "Extra: what goes by itself"
