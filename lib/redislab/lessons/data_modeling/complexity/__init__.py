"""Going deeper: what O(N) looks like."""

HEADING = "Going deeper: what O(N) looks like"
