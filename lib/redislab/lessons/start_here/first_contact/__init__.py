"""First contact."""

HEADING = "First contact"
