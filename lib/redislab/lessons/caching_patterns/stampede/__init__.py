"""1.1 Stampede."""

HEADING = "1.1 Stampede"
