"""Going deeper: the late SET."""

HEADING = "Going deeper: the late SET"
