"""4.1 Connections."""

HEADING = "4.1 Connections"
