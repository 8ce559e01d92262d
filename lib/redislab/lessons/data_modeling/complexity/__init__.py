"""Extra: what O(N) looks like."""

HEADING = "Extra: what O(N) looks like"
