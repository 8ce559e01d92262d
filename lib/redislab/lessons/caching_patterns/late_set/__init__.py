"""Extra: the late SET."""

HEADING = "Extra: the late SET"
