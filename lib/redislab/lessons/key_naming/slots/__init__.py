"""Extra: slots."""

HEADING = "Extra: slots"
