"""Extra: a map of the keyspace."""

HEADING = "Extra: a map of the keyspace"
