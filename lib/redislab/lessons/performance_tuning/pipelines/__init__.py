"""4.2 Pipelining."""

HEADING = "4.2 Pipelining"
