"""The keyspace that the map is drawn of, and how far the map is off."""

from redislab.lessons.key_naming.keyspace.tally import HOUR, Tally, prefix

KINDS = (  # %, name, bytes, TTL in s: what a shop of two tenants has gathered
    (14, "prod:shop:acme:user:#", 120, 0),
    (12, "prod:shop:acme:session:#", 200, 2 * HOUR),
    (6, "prod:shop:acme:cart:#", 300, HOUR / 2),
    (9, "prod:shop:globex:user:#", 120, 0),
    (7, "prod:shop:globex:session:#", 200, 2 * HOUR),
    (16, "prod:shop:cache:product:#", 400, HOUR),
    (8, "prod:shop:product:#", 250, 0),
    (10, "prod:blog:page:#:views:2024-11-19", 8, 30 * 24 * HOUR),
    (4, "prod:blog:page:#", 500, 0),
    (6, "staging:shop:acme:user:#", 120, 0),
    (5, "staging:shop:cache:product:#", 400, 0),
    (3, "dev:test:#", 60, 0),
)
SHARES = {prefix(name.replace("#", "1").encode()): share for share, name, *_ in KINDS}  # %, by prefix


def worst_error(tally: Tally) -> float:
    """By how many points the share of a kind of keys is off, at the worst: what was written is known exactly."""
    found = {kind: tally.share(lambda prefix, _, kind=kind: prefix == kind) for kind in SHARES}
    return max(abs(found[kind] - SHARES[kind]) for kind in SHARES)
