"""Going deeper: encodings."""

HEADING = "Going deeper: encodings"
