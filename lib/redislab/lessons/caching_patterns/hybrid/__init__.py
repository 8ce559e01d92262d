"""Going deeper: patterns together."""

HEADING = "Going deeper: patterns together"
