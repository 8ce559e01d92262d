"""Which record has this address."""

HEADING = "Which record has this address"
