"""5.5 No pool."""

HEADING = "5.5 No pool"
