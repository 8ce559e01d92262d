"""Going deeper: a map of the keyspace."""

HEADING = "Going deeper: a map of the keyspace"
