"""3.1 Names."""

HEADING = "3.1 Names"
