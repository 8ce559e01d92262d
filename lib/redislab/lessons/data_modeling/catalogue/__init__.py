"""2.2 Catalogue."""

HEADING = "2.2 Catalogue"
