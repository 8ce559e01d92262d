"""6.0 Black Friday."""

HEADING = "6.0 Black Friday"
