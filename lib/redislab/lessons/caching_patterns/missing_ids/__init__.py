"""Going deeper: missing ids."""

HEADING = "Going deeper: missing ids"
