"""5.6 Going deeper: the clinic."""

HEADING = "5.6 Going deeper: the clinic"
