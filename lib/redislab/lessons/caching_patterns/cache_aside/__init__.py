"""1.1 Cache-aside."""

HEADING = "1.1 Cache-aside"
