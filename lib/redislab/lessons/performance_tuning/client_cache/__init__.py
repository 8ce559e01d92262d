"""Extra: client-side caching."""

HEADING = "Extra: client-side caching"
