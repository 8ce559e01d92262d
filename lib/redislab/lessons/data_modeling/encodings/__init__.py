"""Extra: encodings."""

HEADING = "Extra: encodings"
