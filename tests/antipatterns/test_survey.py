"""A survey can be a sample, and says what that is worth; it can be given up, and keeps what it has."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redislab.antipatterns import Fact, Survey, Tally, audit, missing_ttls, report
from redislab.antipatterns.walk import Page
from redislab.keys.slots import slot


@pytest.fixture
def shop(client):
    """20,000 keys, a tenth of which are sessions without a TTL."""
    pipeline = client.pipeline(transaction=False)
    for number in range(20_000):
        pipeline.set(
            f"shop:session:{number}" if number % 10 == 0 else f"shop:page:{number}",
            1,
            ex=None if number % 10 == 0 else 5000,
        )
    pipeline.execute()
    return client


def test_a_sample_estimates_the_whole_and_says_how_well(shop):
    found = audit(shop, missing_ttls, sample=4000)
    assert 4000 <= found.seen < 6000 and found.total == 20_000
    assert 1 < found.margin < 1.6  # √(¼/n)·1.96 in points, and a little less as a fifth has been seen
    (finding,) = found
    assert finding.subject == "shop:session:*" and finding.seen.startswith("about ")
    estimate = int(finding.seen.split()[1].replace(",", ""))
    assert estimate == pytest.approx(2000, abs=2.5 * found.margin / 100 * 20_000)
    assert f"± {found.margin:.1f}" in found.basis and "may have been missed" in found.basis


def test_a_sample_larger_than_the_keyspace_is_all_of_it(shop):
    found = audit(shop, missing_ttls, sample=10**6)
    assert found.seen == found.total == 20_000 and found.margin == 0
    assert found.basis == "All 20,000 keys looked at."


def test_progress_goes_from_page_to_page_to_the_end(shop):
    told = []
    audit(shop, missing_ttls, progress=lambda seen, total: told.append((seen, total)))
    assert len(told) > 3 and told == sorted(told) and told[-1] == (20_000, 20_000)


def test_given_up_half_way_it_reports_what_it_has_seen(shop):
    survey = Survey(shop)
    for seen, total in survey.walk():
        if seen > total / 4:
            break
    found = report(survey)
    assert not found.complete and 5000 <= found.seen < 20_000
    assert "shop:session:*" in {finding.subject for finding in found}
    assert found.as_dict()["complete"] is False


def test_given_up_before_the_first_key_there_is_nothing_to_report(shop):
    found = report(Survey(shop))
    assert not found.findings and not found.complete and "before the first" in found.basis


def test_an_empty_server_is_in_order(client):
    found = audit(client)
    assert found.complete and not found.findings and found.basis == "There are no keys here."


def test_a_sample_of_nothing_is_refused_at_the_door(client):
    with pytest.raises(ValueError, match="Choose 1 or more"):
        audit(client, sample=0)


def test_the_patterns_hold_every_key_and_the_heaviest_comes_first(shop):
    shop.set("shop:picture:1", "x" * 5_000_000)
    found = audit(shop)
    names = [pattern for pattern, _ in found.patterns]
    assert names[:2] == ["shop:picture:*", "shop:page:*"]
    assert sum(tally.keys for _, tally in found.patterns) == found.seen == 20_001


def test_on_a_cluster_each_node_gives_its_share_of_a_sample(cluster):
    client = cluster.client()
    client.flushall()
    for number in range(2000):
        client.set(f"thing:{number}", number)
    found = audit(client, sample=500)
    assert 500 <= found.seen < 2000 and found.total == 2000


def test_the_limits_of_encodings_are_those_of_the_server(own, client):
    # Given a server whose hashes are compact up to 20 fields, and a client that gets bytes
    client.config_set("hash-max-listpack-entries", 20)
    for number in range(100):
        client.hset(f"shop:user:{number}", mapping={f"field-{field}": field for field in range(30)})
    plain = own.client(decode_responses=False)
    try:
        (finding,) = audit(plain)
    finally:
        client.config_set("hash-max-listpack-entries", 512)
    assert finding.rule == "encoding" and "100 with 21 to 80 elements" in finding.seen
    assert "hash-max-listpack-entries" in finding.cure


def test_percentiles_of_sizes_are_those_of_the_keys(client):
    generator = random.Random(3)
    for number in range(500):
        client.set(f"shop:page:{number}", "x" * int(generator.paretovariate(0.7) * 50 % 300_000))
    sizes = sorted(client.memory_usage(f"shop:page:{number}") for number in range(500))
    tally = dict(audit(client).patterns)["shop:page:*"]
    for percent in (1, 50, 90, 99):
        assert tally.percentile(percent) == pytest.approx(sizes[max(0, math.ceil(5 * percent) - 1)], rel=0.035)
    assert tally.percentile(100) == pytest.approx(sizes[-1], rel=0.035)
    assert Tally().percentile(50) is None


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=200), st.integers(1, 100))
def test_a_percentile_is_off_by_three_percent_at_most(sizes, percent):
    survey = Survey(None)
    survey._add(Page(Fact(b"k:%d" % number, "string", "raw", 1, size, -1) for number, size in enumerate(sizes)), "node")
    (tally,) = survey.tallies.values()
    exact = sorted(sizes)[max(0, math.ceil(len(sizes) * percent / 100) - 1)]
    assert 0.968 * exact <= tally.percentile(percent) <= exact


@given(st.lists(st.integers(1, 100), max_size=60), st.integers(0, 12))
def test_the_largest_keys_are_the_largest(sizes, room):
    survey = Survey(None, top=room)
    facts = [Fact(b"k:%d" % number, "string", "raw", 1, size, -1) for number, size in enumerate(sizes)]
    survey._add(Page(facts[:30]), "a")
    survey._add(Page(facts[30:]), "b")
    assert [each.size for each in survey.top] == sorted(sizes, reverse=True)[:room]
    assert all(each.node == ("a" if int(each.key[2:]) < 30 else "b") for each in survey.top)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "pipelines"])
@pytest.mark.parametrize("stop", [1, 3000, 15_000])
def test_a_walk_goes_on_from_its_cursors_and_meets_every_key_once(shop, scripts, stop):
    # Given a walk that was given up
    first = Survey(shop, scripts=scripts, limit=stop)
    list(first.walk())
    assert not first.finished and stop <= first.seen < 20_000
    # If another one goes on, expect it to meet the others
    second = Survey(shop, scripts=scripts, resume=first.cursors)
    list(second.walk())
    assert second.finished and first.seen + second.seen == 20_000
    assert second.total == second.seen and "the walk before" in report(second).basis
    # and one that has nothing left to do to say so
    third = Survey(shop, resume=second.cursors)
    assert list(third.walk()) == [] and third.finished and third.seen == 0


def test_a_limit_of_all_keys_is_the_end(shop):
    survey = Survey(shop, limit=20_000)
    list(survey.walk())
    assert survey.finished and report(survey).complete


def test_where_only_some_names_match_the_total_is_estimated(shop):
    survey = Survey(shop, match="shop:session:*", scripts=False)
    totals = [total for seen, total in survey.walk() if seen > 700]
    assert survey.finished and survey.seen == survey.total == 2000
    assert all(total == pytest.approx(2000, rel=0.2) for total in totals) and len(totals) > 10


def test_a_cluster_is_resumed_node_by_node_and_tells_the_node_of_each_key(lab):
    cluster = lab.private_cluster(3)
    client = cluster.client()
    for number in range(900):
        client.set(f"thing:{number}", "x" * number)
    first = Survey(client, limit=1, top=5)
    list(first.walk())
    second = Survey(client, resume=first.cursors, top=1000)
    list(second.walk())
    assert len(first.cursors) == 1 and len(second.cursors) == 3 and second.finished
    assert first.seen + second.seen == 900
    for large in second.top:
        place = cluster.node_of(slot(large.key))
        assert large.node == f"127.0.0.1:{cluster.nodes[place].port}"
