"""3.5 Slots."""

HEADING = "3.5 Slots"
