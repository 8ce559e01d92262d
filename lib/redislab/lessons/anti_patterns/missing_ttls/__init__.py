"""5.3 Missing TTLs."""

HEADING = "5.3 Missing TTLs"
