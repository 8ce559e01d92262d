"""3.4 Indexes."""

HEADING = "3.4 Indexes"
