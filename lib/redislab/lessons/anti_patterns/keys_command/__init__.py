"""5.1 KEYS."""

HEADING = "5.1 KEYS"
