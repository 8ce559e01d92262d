"""2.2 Feed."""

HEADING = "2.2 Feed"
