"""Extra: what a script does to the others."""

HEADING = "Extra: what a script does to the others"
