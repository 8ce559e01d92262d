"""Every planted fault is found, and nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redislab.antipatterns import (
    AUDITS,
    audit,
    big_keys,
    evicted_records,
    heavy_prefixes,
    missing_ttls,
    nothing_to_evict,
)
from redislab.antipatterns.audits import MANY, size
from tests.antipatterns.conftest import configured, filled

HOUR = 3600


def strings(pipeline, name: str, count: int, ttl=HOUR, value="x" * 40) -> None:
    for number in range(count):
        pipeline.set(name.format(number), value, ex=ttl)


def healthy(pipeline) -> None:
    """A small shop with nothing wrong in it."""
    strings(pipeline, "shop:product:{}", 40)
    for number in range(30):
        pipeline.hset(f"shop:user:{number}", mapping={"name": f"user {number}", "visits": number})
    pipeline.sadd("shop:users:active", *range(20))
    pipeline.sadd("shop:products:featured", *(f"shop:product:{number}" for number in range(10)))
    pipeline.zadd("shop:board:week", {f"shop:user:{number}": number for number in range(20)})
    pipeline.rpush("shop:feed:7", *(f"item {number}" for number in range(50)))


def some_without_ttl(pipeline, amount):
    strings(pipeline, "shop:page:{}", 2 * amount + 1)
    strings(pipeline, "shop:page:1{}", amount, ttl=None)
    return {("missing TTL", "shop:page:*", 2)}


def cache_without_ttl(pipeline, amount):
    strings(pipeline, "shop:cache:start-{}", amount, ttl=None)
    return {("missing TTL", "shop:cache:start-*", 2)}


def ever_more(pipeline, amount):
    strings(pipeline, "shop:visit:{}", MANY + amount, ttl=None)
    return {("missing TTL", "shop:visit:*", 1), ("heavy prefix", "shop:visit:*", 1)}


def big_value(pipeline, amount):
    strings(pipeline, "shop:picture:{}", 1, value="x" * (150_000 if amount < 7 else 1_500_000))
    return {("big key", "shop:picture:*", 1 if amount < 7 else 2)}


def long_list(pipeline, amount):
    pipeline.rpush("shop:log:1", *range(10_000 * amount))
    pipeline.expire("shop:log:1", HOUR)
    return {("big key", "shop:log:*", 2 if amount >= 10 else 1)}


def capitals(pipeline, amount):
    strings(pipeline, "Invoice:{}:Pdf", amount)
    return {("naming: lower case", "Invoice:*:Pdf", 1)}


def other_separator(pipeline, amount):
    strings(pipeline, "coupon_{}_used", amount)
    return {("naming: separator", "coupon_*_used", 2)}


def secret_in_name(pipeline, amount):
    strings(pipeline, "shop:otp:48{}110", amount)
    return {("naming: no secrets", "shop:otp:*", 3)}


def blanks(pipeline, amount):
    strings(pipeline, "shop:note:to {} do", amount)
    return {("naming: no special characters", "shop:note:to * do", 2)}


def two_spellings(pipeline, amount):
    strings(pipeline, "shop:orders:{}", 1)
    strings(pipeline, "shop:order:{}", amount + 1)
    return {("naming: consistent", "order", 2)}


def fields_too_many(pipeline, amount):
    pipeline.hset("shop:form:1", mapping={f"field-{number}": number for number in range(1000 + amount)})
    return {("encoding", "shop:form:*", 1)}


def field_too_long(pipeline, amount):
    for number in range(50 + amount):
        pipeline.hset(f"shop:review:{number}", mapping={"stars": 5, "text": "word " * 60})
    return {("encoding", "shop:review:*", 1)}


def names_the_dead(pipeline, amount):
    pipeline.sadd("shop:picks:today", "shop:product:1", *(f"shop:product:9{number}" for number in range(amount)))
    return {("dangling index", "shop:picks:today", 2)}


def ranks_the_dead(pipeline, amount):
    pipeline.zadd("shop:best:1", {f"shop:user:7{number}7": number for number in range(amount)} | {"shop:user:1": 1})
    return {("dangling index", "shop:best:*", 2)}


FAULTS = (
    some_without_ttl, cache_without_ttl, ever_more, big_value, long_list, capitals, other_separator, secret_in_name,
    blanks, two_spellings, fields_too_many, field_too_long, names_the_dead, ranks_the_dead,
)  # fmt: skip


def shop_with(client, faults: dict) -> set:
    """A healthy shop, and so much of each of these faults; what is to be found."""
    pipeline = client.pipeline(transaction=False)
    healthy(pipeline)
    expected = [plant(pipeline, amount) for plant, amount in faults.items()]
    pipeline.execute()
    return set().union(*expected)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    planted=st.dictionaries(st.sampled_from(FAULTS), st.integers(1, 12), max_size=6),
    scripts=st.booleans(),
)
def test_every_planted_fault_is_found_and_nothing_else(client, planted, scripts):
    # Given a healthy shop, and some faults in it
    client.flushall()
    expected = shop_with(client, planted)
    # If it is audited
    found = audit(client, scripts=scripts)
    # Expect those
    assert {(finding.rule, finding.subject, finding.weight) for finding in found} == expected
    assert found.seen == found.total == client.dbsize()
    assert found.worst == max((weight for *_, weight in expected), default=0)


@pytest.mark.parametrize("plant", FAULTS)
def test_each_finding_says_what_was_seen_why_it_matters_and_how_to_mend_it(client, plant):
    expected = shop_with(client, {plant: 7})
    found = audit(client)
    assert {(finding.rule, finding.subject, finding.weight) for finding in found} == expected
    for finding in found:
        assert any(mark.isdigit() or mark == "'" for mark in finding.seen)
        assert all(text.endswith(".") and len(text) > 20 for text in (finding.why, finding.cure))


def test_a_healthy_shop_has_no_finding(client):
    shop_with(client, {})
    found = audit(client)
    assert not found.findings and found.worst == 0
    assert found.basis == "All 74 keys looked at."


def test_each_audit_finds_by_itself_what_it_finds_among_others(client):
    shop_with(client, dict.fromkeys(FAULTS, 7))
    together = [(finding.rule, finding.subject, finding.seen) for finding in audit(client)]
    alone = [(finding.rule, finding.subject, finding.seen) for each in AUDITS for finding in audit(client, each)]
    assert {(rule, subject) for rule, subject, _ in alone} == {(rule, subject) for rule, subject, _ in together}
    measured = [{found for found in each if found[0] != "dangling index"} for each in (alone, together)]
    assert measured[0] == measured[1]  # of an index some members are looked at, by chance
    (pattern, *_) = audit(client, heavy_prefixes).as_dict()["patterns"]
    assert pattern.keys() == {"pattern", "keys", "bytes", "percentiles"}


def test_only_those_audits_that_are_asked_for(client):
    shop_with(client, {cache_without_ttl: 3, big_value: 3})
    assert {finding.rule for finding in audit(client, big_keys)} == {"big key"}
    assert {finding.rule for finding in audit(client, missing_ttls, big_keys)} == {"big key", "missing TTL"}


@pytest.mark.parametrize(
    ("policy", "ttl", "found"), [("volatile-lru", None, 1), ("volatile-lru", 60, 0), ("allkeys-lru", None, 0)]
)
def test_a_policy_that_finds_nothing_to_evict(client, policy, ttl, found):
    filled(client, "shop:product:", 50, ttl=ttl)
    with configured(client, {"maxmemory": "100mb", "maxmemory-policy": policy}):
        findings = list(audit(client, nothing_to_evict))
    assert len(findings) == found
    assert all(finding.weight == 3 and "100 %" in finding.seen for finding in findings)


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "volatile-lru", "noeviction"])
@pytest.mark.parametrize(
    ("plant", "subject", "weight"),
    [
        (lambda client: client.xadd("shop:backlog:orders", {"id": 1}), "shop:backlog:orders", 3),
        (lambda client: client.xadd("shop:events:1", {"id": 1}), "shop:events:*", 3),
        (lambda client: client.set("shop:unique:user:email:a@b.org", 1), "shop:unique:user:email:*", 2),
        (lambda client: client.rpush("shop:queue:mail", 1), "shop:queue:mail", 2),
        (lambda client: client.set("shop:page:1", 1, ex=HOUR), None, 0),
    ],
)
@pytest.mark.parametrize("limit", [0, "100mb"])
def test_records_that_eviction_may_take(client, policy, plant, subject, weight, limit):
    plant(client)
    with configured(client, {"maxmemory": limit, "maxmemory-policy": policy}):
        found = list(audit(client, evicted_records))
    expected = [(subject, weight)] if limit and policy.startswith("allkeys") and subject else []
    assert [(finding.subject, finding.weight) for finding in found] == expected
    for finding in found:
        assert policy in finding.seen and "noeviction" in finding.cure and "of their own" in finding.cure


def test_whoever_recommends_an_allkeys_policy_says_what_it_takes(client):
    client.set("shop:page:1", 1)
    with configured(client, {"maxmemory": "100mb", "maxmemory-policy": "volatile-lru"}):
        (finding,) = audit(client, nothing_to_evict)
    assert "allkeys-lru" in finding.cure and "streams" in finding.cure and "noeviction" in finding.cure


@pytest.mark.parametrize("each", AUDITS, ids=lambda each: each.__name__)
def test_every_audit_leads_to_a_section_that_there_is(each):
    name, _, anchor = each.lab.partition("#")
    cells = json.loads((Path(__file__).parents[2] / name).read_text())["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "markdown" for line in "".join(cell["source"]).splitlines()]
    headings = {line.lstrip("# ").replace(" ", "-") for line in lines if line.startswith("#")}
    assert anchor in headings


def test_every_finding_has_its_lab(client):
    shop_with(client, dict.fromkeys(FAULTS, 7))
    found = audit(client)
    assert len({finding.rule for finding in found}) > 8 and all(".ipynb#" in finding.lab for finding in found)


def test_the_largest_of_a_pattern_is_named(client):
    client.set("shop:picture:1", "x" * 200_000)
    client.set("shop:picture:2", "x" * 12_000_000)
    (finding,) = audit(client, big_keys)
    assert (
        finding.weight == 3 and "2 keys" in finding.seen and "shop:picture:2" in finding.seen and "MB" in finding.seen
    )


def test_what_an_index_names_is_gone_only_if_others_like_it_are_there(client):
    client.sadd("shop:tags:now", "color:9", "nobody:17", "plain")
    client.set("color:1", "x")
    (finding,) = audit(client)
    assert finding.rule == "dangling index" and "1 of 1 members" in finding.seen and "color:9" in finding.seen


def test_names_that_are_not_text_can_be_shown(client):
    client.set(b"\xff\xfe:\x1b[31m:1", "x" * 200_000)
    for finding in audit(client):
        assert (finding.subject + finding.seen).isprintable(), finding


def test_there_is_an_audit_for_each_rule_of_the_clinic():
    assert len(AUDITS) == 8 and all(each.__doc__ for each in AUDITS)


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (123_456, "123 KB"), (2.5e9, "2.5 GB")]
)
def test_bytes_as_one_says_them(count, said):
    assert size(count) == said
