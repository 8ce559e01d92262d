"""What matches a pattern."""

HEADING = "What matches a pattern"
