"""Extra: missing ids."""

HEADING = "Extra: missing ids"
