"""Anti-patterns, looked for: one read-only walk through a keyspace, and the audits that read it."""

from redislab.antipatterns.audit import Report, audit, report
from redislab.antipatterns.audits import (
    AUDITS,
    big_keys,
    dangling_indexes,
    encodings,
    evicted_records,
    heavy_prefixes,
    missing_ttls,
    naming,
    nothing_to_evict,
)
from redislab.antipatterns.survey import Survey
from redislab.antipatterns.tally import Tally
from redislab.antipatterns.walk import Fact, walk
