"""5.2 Large values."""

HEADING = "5.2 Large values"
