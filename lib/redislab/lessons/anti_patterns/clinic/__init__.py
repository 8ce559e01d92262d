"""5.6 Extra: the clinic."""

HEADING = "5.6 Extra: the clinic"
