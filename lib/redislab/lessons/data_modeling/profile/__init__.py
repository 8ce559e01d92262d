"""2.2 User profile."""

HEADING = "2.2 User profile"
