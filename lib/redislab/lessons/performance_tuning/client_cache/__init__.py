"""Going deeper: client-side caching."""

HEADING = "Going deeper: client-side caching"
