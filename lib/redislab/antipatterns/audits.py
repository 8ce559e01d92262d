"""The audits: each reads a survey and yields findings, with the reason and the cure."""

import re
from collections.abc import Iterator
from dataclasses import replace

import redis
from redis.client import NEVER_DECODE

from redislab.antipatterns.survey import LIMITS, Survey
from redislab.antipatterns.tally import LARGE, LONG, Tally, name
from redislab.antipatterns.walk import Fact
from redislab.keys import Finding, inconsistent, lint

MANY = 1000  # keys from which on it matters that none of them ever ends
WORTH = 10_000  # bytes from which on an encoding is worth a word
BATCH = 500  # questions of one pipeline
SETS = 500  # whose members are looked at, in all
WIDE = 1024  # bytes of a member from which on it is no name of a key
COMPACT = 64  # members of a compact set, about
FLEETING = set(
    "cache cached session sessions temp tmp otp lock lease limit ratelimit rate_limit throttle csrf nonce".split()
)
OWNED = set("unique index queue backlog pending outbox dedup idempotency".split())
HINT, WARNING, DANGER = 1, 2, 3
CHOICE = (
    "Choose allkeys-lru or allkeys-lfu for a cache alone: they also evict acknowledged writes in streams, and indexes. "
    "Keep those in a Redis of their own, with noeviction; or here, without a TTL, under a volatile-* policy."
)


def reads(*asks: str, lab: str = ""):
    """An audit says what has to be asked of each key for it, and which section of the course explains what it finds."""

    def mark(audit):
        audit.asks, audit.lab = asks, lab and f"notebooks/{lab}"
        return audit

    return mark


@reads("ttl", "size", lab="05_anti_patterns.ipynb#5.3-Missing-TTLs")
def missing_ttls(survey: Survey) -> Iterator[Finding]:
    """Keys that nothing will ever end, where others like them have a TTL, or the name says that they should; and many such."""
    for pattern, tally in survey.tallies.items():
        if not tally.lasting:
            continue
        fleeting = FLEETING & set(re.split(r"[:{}]", pattern.lower()))
        some = tally.lasting < tally.keys
        if fleeting or some:
            weight = WARNING if fleeting or 2 * tally.lasting <= tally.keys else HINT
        elif survey.estimate(tally.keys) >= MANY:
            weight = HINT
        else:
            continue
        seen = f"{survey.about(tally.lasting)} of {survey.about(tally.keys)} keys" if some else _keys(survey, tally)
        memory = f", {size(survey.estimate(tally.lasting_memory))}" if tally.sizes else ""
        yield Finding(
            "missing TTL",
            pattern,
            f"{seen} without a TTL{memory}",
            "What has no TTL stays until a client deletes it. A plain SET also takes away the TTL that a key had."
            if some
            else "What has no TTL stays until a client deletes it, and volatile-* policies cannot evict it.",
            "SET … EX, or SET … KEEPTTL; for what is there, EXPIRE … NX in batches by SCAN."
            if weight > HINT
            else "If it can be loaded again, give it a TTL; if it is meant to last, mind that it only grows.",
            weight,
            check="TTL of a key that has just been written is above 0, and the audit counts fewer keys without one.",
            figures=_counts(survey, tally) | _lifetimes(survey, tally.keys, tally.lasting),
        )


@reads("ttl", "size", lab="05_anti_patterns.ipynb#5.3-Missing-TTLs")
def nothing_to_evict(survey: Survey) -> Iterator[Finding]:
    """A volatile-* policy, with a memory limit, over data of which most has no TTL."""
    policy, limit = _eviction(survey)
    parts = [(tally.memory, tally.lasting_memory) for tally in survey.tallies.values()]
    if not any(memory for memory, _ in parts):  # unknown
        parts = [(tally.keys, tally.lasting) for tally in survey.tallies.values()]
    whole, lasting = map(sum, zip(*parts, strict=True))
    if limit and policy.startswith("volatile-") and 2 * lasting > whole:
        yield Finding(
            "nothing to evict",
            "the whole keyspace",
            f"{policy}, and {100 * lasting / whole:.0f} % of it has no TTL; {size(limit)} are allowed",
            "Only keys with a TTL can be evicted. When they are gone and the memory is full, writes are refused.",
            f"Give TTLs to what can be loaded again. {CHOICE}",
            DANGER,
            check="INFO memory: used_memory stays under maxmemory while evicted_keys of INFO stats grows, and no write fails.",
            figures=_lifetimes(survey, whole, lasting),
        )


@reads("kind", lab="01_caching_patterns.ipynb#1.3-Write-behind")
def evicted_records(survey: Survey) -> Iterator[Finding]:
    """An allkeys-* policy, with a memory limit, over streams, and over names that tell of an index or a queue."""
    policy, limit = _eviction(survey)
    if not limit or not policy.startswith("allkeys-"):
        return
    for pattern, tally in survey.tallies.items():
        streams = tally.kinds["stream"]
        if streams or OWNED & set(re.split(r"[:{}]", pattern.lower())):
            what = f"{_keys(survey, tally, streams)} of type stream" if streams else _keys(survey, tally)
            yield Finding(
                "records that may be evicted",
                pattern,
                f"{policy} with {size(limit)} allowed, and {what}",
                "When the memory is full, acknowledged writes that wait in a stream are lost, and an index forgets owners."
                if streams
                else "When the memory is full, entries of an index or a queue are lost without any error.",
                CHOICE,
                DANGER if streams else WARNING,
                check="CONFIG GET maxmemory-policy where these keys are now: noeviction, or volatile-* and they have no TTL.",
                figures=_counts(survey, tally) | _lifetimes(survey, tally.keys, tally.lasting),
            )


@reads("kind", "size", lab="05_anti_patterns.ipynb#5.2-Large-values")
def big_keys(survey: Survey) -> Iterator[Finding]:
    """Values from 100 KB, collections from 10,000 elements; the largest of each pattern is named."""
    for pattern, tally in survey.tallies.items():
        if tally.long:
            fact = tally.longest
            memory = f" in {size(fact.size)}" if fact.size is not None else ""
            yield Finding(
                "big key",
                pattern,
                f"{_keys(survey, tally, tally.long)} of {LONG:,} elements or more; the longest, {name(fact.key)}, "
                f"is a {fact.kind} of {fact.length:,}{memory}",
                "Whatever reads or deletes it whole takes as long as it has elements, and every other client waits meanwhile.",
                "Split it by id or period, trim it as it grows, read it by ranges, and delete it by UNLINK.",
                _grave(fact.length / LONG),
                check=f"The longest key of the audit's next report has under {LONG:,} elements, and SLOWLOG GET no longer names it.",
                figures=_largest(survey, tally.long, fact),
            )
        elif tally.large:
            fact = tally.heaviest
            yield Finding(
                "big key",
                pattern,
                f"{_keys(survey, tally, tally.large)} of {size(LARGE)} or more; the largest, {name(fact.key)}, "
                f"is a {fact.kind or 'value'} of {size(fact.size)}",
                "Each read sends all of it. The wire is full first: 100 KB are 0.8 ms at 1 Gb/s; others wait behind it.",
                "Keep what is read together in a hash of its own, compress it, or store it elsewhere and keep its address.",
                _grave(fact.size / LARGE),
                check=f"MEMORY USAGE of the largest key is under {size(LARGE)}, and audit --top 10 names no other one.",
                figures=_largest(survey, tally.large, fact),
            )


def _grave(times: float) -> int:
    """The weight of a key that is so many times as large as one that is named."""
    return DANGER if times >= 100 else WARNING if times >= 10 else HINT


@reads(lab="03_key_naming.ipynb#3.1-Names")
def naming(survey: Survey) -> Iterator[Finding]:
    """What `redislab.keys.lint` says of some names of each pattern, and kinds that are spelt in two ways."""
    for pattern, tally in survey.tallies.items():
        found: dict[str, list[tuple[Finding, bytes]]] = {}
        for key in tally.examples:
            for finding in lint(key):
                found.setdefault(finding.rule, []).append((finding, key))
        for same in found.values():
            (first, key), looked = same[0], len(tally.examples)
            some = "" if len(same) == looked else f"{len(same)} of {looked} of "
            seen = f"{some}{_keys(survey, tally)} such as {first.subject}: {first.seen}"
            yield _named(first, pattern, seen, {"key": _text(key)} | _counts(survey, tally))
    names = [_text(key) for tally in survey.tallies.values() for key in tally.examples]
    for finding in inconsistent(names):
        seen = f"among {len(names):,} names looked at, {finding.seen}"
        key = next((name for name in names if finding.subject in name.split(":")), finding.subject)
        yield _named(finding, finding.subject, seen, {"key": key})


def _named(finding: Finding, subject: str, seen: str, figures: dict) -> Finding:
    """What is wrong with one name, as said of all that are like it."""
    check = "New keys are named by the rule, and once the old ones have expired or been moved, the audit is silent about them."
    return replace(finding, rule=f"naming: {finding.rule}", subject=subject, seen=seen, check=check, figures=figures)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")


@reads("size", lab="03_key_naming.ipynb#Going-deeper:-a-map-of-the-keyspace")
def heavy_prefixes(survey: Survey) -> Iterator[Finding]:
    """One pattern, beside others, that has most of the keys or of the memory."""
    whole = sum(tally.memory for tally in survey.tallies.values())
    for pattern, tally in survey.tallies.items():
        keys, memory = tally.keys / survey.seen, tally.memory / whole if whole else 0
        if len(survey.tallies) > 1 and survey.estimate(tally.keys) >= MANY and max(keys, memory) > 0.5:
            exact = "" if survey.whole else f" (± {survey.margin:.1f})"
            average = tally.memory / max(1, tally.sizes.total())
            share = f", with {100 * memory:.0f} % of the memory; {average:,.0f} B a key" if whole else ""
            yield Finding(
                "heavy prefix",
                pattern,
                f"{_keys(survey, tally)}, {100 * keys:.0f} %{exact} of all{share}",
                "What is saved here counts more than everywhere else together.",
                "Shorter TTLs first; then fewer, fuller hashes: a key of its own costs about 50 B, a TTL another 50.",
                HINT,
                check="Its share of keys and of memory falls in the audit's table of patterns, and used_memory in INFO memory.",
                figures=_counts(survey, tally)
                | {
                    "total": survey.estimate(survey.seen),
                    "share": 100 * keys,
                    "memory_share": 100 * memory if whole else None,
                },
            )


@reads("kind", "size", lab="02_data_modeling.ipynb#Going-deeper:-encodings")
def encodings(survey: Survey) -> Iterator[Finding]:
    """Hashes, sorted sets and sets that have just left their compact encoding, and why."""
    for pattern, tally in survey.tallies.items():
        for kind in LIMITS:
            of = {what: tally.spilled[kind, what] for what in ("over", "wide", "memory", "keys", "elements", "bytes")}
            if of["memory"] < WORTH:
                continue
            entries, _, value, usual = LIMITS[kind]
            limit, long = survey.limits[kind], survey.config.get(value, usual)
            many = f"{survey.about(of['over'])} with {limit + 1:,} to {4 * limit:,} elements" if of["over"] else ""
            long_one = f"{survey.about(of['wide'])} with one of over {long} B" if of["wide"] else ""
            memory = size(survey.estimate(of["memory"]))
            yield Finding(
                "encoding",
                pattern,
                f"of type {kind}, {' and '.join(filter(None, (many, long_one)))}: tables, {memory}",
                f"Up to {limit:,} elements of up to {long} B are kept as one piece, in about half the memory.",
                f"Split it, keep what is long apart, or raise {entries if of['over'] else value} and measure.",
                HINT,
                check="OBJECT ENCODING of such a key says listpack, and MEMORY USAGE about half of what it said before.",
                figures={
                    "kind": kind,
                    "keys": survey.estimate(of["over"] + of["wide"]),
                    "too_long": survey.estimate(of["wide"]),
                    "elements": round(of["elements"] / of["keys"]) if of["keys"] else None,
                    "element_bytes": round(of["bytes"] / of["elements"]) if of["elements"] else None,
                    "limit": limit,
                    "longest": int(long),
                },
            )


@reads("kind", "ttl", lab="03_key_naming.ipynb#3.4-Indexes")
def dangling_indexes(survey: Survey, *, members: int = 100) -> Iterator[Finding]:
    """Sets and sorted sets that name keys of a pattern which exists, though those keys are gone; by up to `members` of some."""
    room = SETS
    for pattern, tally in survey.tallies.items():
        sets = [fact for fact in tally.indexes if not _wide(fact)][:room]
        room -= len(sets)
        named = [member for member in _members(survey, sets, members) if b":" in member]
        named = [member for member in named if survey.pattern(member) in survey.tallies]
        there = _ask(survey, [("EXISTS", member) for member in named])
        gone = [member for member, answer in zip(named, there, strict=True) if answer == 0]
        if gone:
            yield Finding(
                "dangling index",
                pattern,
                f"{len(gone):,} of {len(named):,} members looked at name a key that is gone, such as {name(gone[0])}",
                "An entry does not end with what it points to. A reader that follows it finds nothing, and the index only grows.",
                "Remove both in one script, and take out on reading what is no longer there.",
                WARNING,
                check="Audit again: every member that it looks at leads to a key. SCARD or ZCARD of the index no longer only grows.",
                figures={
                    "looked": len(named),
                    "gone": len(gone),
                    "elements": max(len(named), *(fact.length for fact in sets)),
                    "expiring": _expiring(survey, gone),
                    "round_trip_ms": survey.round_trip_ms,
                },
            )


AUDITS = (
    missing_ttls,
    nothing_to_evict,
    evicted_records,
    big_keys,
    naming,
    heavy_prefixes,
    encodings,
    dangling_indexes,
)


def size(count: float) -> str:
    """Bytes as one says them, by thousands."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def _keys(survey: Survey, tally: Tally, count: int | None = None) -> str:
    count = tally.keys if count is None else count
    return f"{survey.about(count)} key{'s' if survey.estimate(count) != 1 else ''}"


def _counts(survey: Survey, tally: Tally) -> dict:
    """How many keys of a pattern there are, and the bytes of one on the average."""
    known = tally.sizes.total()
    return {"keys": survey.estimate(tally.keys), "bytes": round(tally.memory / known) if known else None}


def _lifetimes(survey: Survey, whole: int, lasting: int) -> dict:
    """The share that has a TTL, what evicts, and the memory limit as a percentage of what the keys take."""
    policy, limit = _eviction(survey)
    memory = survey.estimate(sum(tally.memory for tally in survey.tallies.values()))
    unknown = survey.unknown["ttl"] or "ttl" not in survey.asks
    return {
        "lasting": None if unknown else survey.estimate(lasting),
        "with_ttl": None if unknown else 100 * (whole - lasting) / whole,
        "policy": policy or None,
        "limit": 100 * limit / memory if limit and memory else None,
    }


def _largest(survey: Survey, count: int, fact: Fact) -> dict:
    """How many such keys there are, and the largest one of them."""
    found = {"keys": survey.estimate(count), "key": _text(fact.key), "kind": fact.kind or "string"}
    return found | {"elements": fact.length if fact.length > 0 else None, "bytes": fact.size}


def _expiring(survey: Survey, gone: list[bytes]) -> bool | None:
    """Whether keys like those that are gone have a TTL, as a rule; None where that is unknown."""
    tallies = [survey.tallies[pattern] for pattern in {survey.pattern(member) for member in gone}]
    if survey.unknown["ttl"] or "ttl" not in survey.asks:
        return None
    return 2 * sum(tally.lasting for tally in tallies) < sum(tally.keys for tally in tallies)


def _eviction(survey: Survey) -> tuple[str, int]:
    """The policy and the bytes allowed, 0 where there is no limit; unknown where INFO may not be asked."""
    return survey.memory.get("maxmemory_policy", ""), survey.memory.get("maxmemory", 0)


def _wide(fact: Fact) -> bool:
    """Whether the members of a set are too long, on the average, to be names of keys; of a compact one the number is not asked."""
    return fact.size is not None and fact.size > WIDE * (fact.length if fact.length > 0 else COMPACT)


def _members(survey: Survey, sets: list[Fact], count: int) -> list[bytes]:
    """Some members of each, at random: one, ten, and the others, as long as none is too long to be a name of a key."""
    found = []
    for some in (1, 10, count - 11):
        words = {"zset": "ZRANDMEMBER", "set": "SRANDMEMBER"}
        answers = _ask(survey, [(words[fact.kind], fact.key, some) for fact in sets if some > 0])
        short = [answer is not None and all(len(member) <= WIDE for member in answer) for answer in answers]
        sets = [fact for fact, of_names in zip(sets, short, strict=False) if of_names]
        found += [member for answer in answers for member in answer or () if len(member) <= WIDE]
    return list(dict.fromkeys(found))


def _ask(survey: Survey, questions: list[tuple]) -> list:
    """The answers as bytes; None where it was refused, which is noted, or the key has changed."""
    answers = []
    for start in range(0, len(questions), BATCH):
        pipeline = survey.client.pipeline(transaction=False)
        for question in questions[start : start + BATCH]:
            pipeline.execute_command(*question, **{NEVER_DECODE: True})
        answers += pipeline.execute(raise_on_error=False)
    return [_granted(survey, answer) for answer in answers]


def _granted(survey: Survey, answer):
    if not isinstance(answer, Exception):
        return answer
    if not isinstance(answer, redis.ResponseError):
        raise answer
    if "WRONGTYPE" not in str(answer):
        survey.unknown["index"] += 1
        survey.why = survey.why or str(answer)
    return None
