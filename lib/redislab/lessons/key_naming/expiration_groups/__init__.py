"""3.2 Expiry groups."""

HEADING = "3.2 Expiry groups"
