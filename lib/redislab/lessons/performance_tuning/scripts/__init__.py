"""Going deeper: what a script does to other clients."""

HEADING = "Going deeper: what a script does to other clients"
