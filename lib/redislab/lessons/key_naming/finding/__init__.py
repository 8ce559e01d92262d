"""3.3 Finding keys."""

HEADING = "3.3 Finding keys"
