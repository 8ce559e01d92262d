"""A survey can be a sample, and says what that is worth; it can be given up, and keeps what it has."""

import contextlib
import datetime
import io
import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redislab.antipatterns import Fact, Survey, Tally, audit, missing_ttls, report
from redislab.antipatterns.printed import Progress
from redislab.antipatterns.walk import Page
from redislab.keys.slots import slot
from tests.antipatterns.conftest import configured, filled


@pytest.fixture
def shop(client):
    """20,000 keys, a tenth of which are sessions without a TTL."""
    filled(client, "shop:session:", 2000, ttl=None)
    filled(client, "shop:page:", 18_000)
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


@pytest.mark.parametrize("name", ["sample", "limit", "top", "pause"])
@pytest.mark.parametrize("value", [-1, math.nan, math.inf, True, "5", datetime.timedelta(seconds=1)])
def test_a_number_that_cannot_be_is_refused_at_the_door(client, name, value):
    with pytest.raises(ValueError, match=f"{name} = .* does not work: choose"):
        audit(client, **{name: value})


def test_a_sample_of_nothing_is_refused_at_the_door(client):
    for value in (0, 0.5):
        with pytest.raises(ValueError, match="choose a whole number from 1"):
            audit(client, sample=value)


def test_a_walk_that_meets_nothing_new_for_a_while_tells_no_end():
    # Given a walk that was resumed, and names of which none matches for a while
    now, told = [0.0], io.StringIO()
    progress = Progress(told, met=1000, timer=lambda: now[0])
    now[0] = 20.0
    progress(1000, 5000)
    assert told.getvalue() == "Read 1,000 keys, 0 a second\n"


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
    with configured(client, {"hash-max-listpack-entries": 20}):
        for number in range(100):
            client.hset(f"shop:user:{number}", mapping={f"field-{field}": field for field in range(30)})
        (finding,) = audit(own.client(decode_responses=False))
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


def kept(survey) -> dict:
    """What was saved of it, as a file brings it back."""
    return json.loads(json.dumps(survey.saved()))


def told(survey) -> tuple:
    """What it says, but for the members that an audit picks at random, and TTLs, which go on."""
    found = [(each.rule, each.subject, each.seen) for each in report(survey) if each.rule != "dangling index"]
    rows = [(pattern, tally.keys, tally.lasting, tally.sizes, tally.kinds) for pattern, tally in survey.tallies.items()]
    return found, rows, survey.top, survey.pattern(b"shop:session:new")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "pipelines"])
@pytest.mark.parametrize("stop", [1, 3000, 15_000])
def test_a_walk_goes_on_from_its_cursors_and_meets_every_key_once(shop, scripts, stop):
    # Given a walk that was given up
    first = Survey(shop, scripts=scripts, limit=stop, top=9)
    list(first.walk())
    assert not first.finished and stop <= first.seen < 20_000
    # If another one goes on, expect what one that was not given up has
    second = Survey(shop, scripts=scripts, top=9, resume=kept(first))
    *_, last = second.walk()
    whole = Survey(shop, scripts=scripts, top=9)
    list(whole.walk())
    assert last == (20_000, 20_000) and second.finished and report(second).complete
    assert "an earlier walk" in report(second).basis and told(second) == told(whole)
    # and of one that has nothing left to do the same
    third = Survey(shop, top=9, resume=kept(second))
    assert list(third.walk()) == [] and third.finished and told(third) == told(whole)


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
    second = Survey(client, resume=kept(first), top=5)
    list(second.walk())
    assert len(first.cursors) == 1 and len(second.cursors) == 3 and second.finished and second.seen == 900
    whole = Survey(client, top=5)
    list(whole.walk())
    assert [each.size for each in second.top] == [each.size for each in whole.top] and len(second.top) == 5
    for large in second.top:
        place = cluster.node_of(slot(large.key))
        assert large.node == f"127.0.0.1:{cluster.nodes[place].port}"


def test_slots_that_move_meanwhile_make_it_incomplete(lab):
    # Given a walk that was given up, and slots that move between two nodes before it goes on
    cluster = lab.private_cluster(2)
    client = cluster.client()
    for number in range(100):
        client.set(f"{{a}}:{number}", "x")
    first = Survey(client, limit=1)
    list(first.walk())
    assert not first.moved
    empty = next(number for number in range(16384) if number != slot("a"))
    source, target = cluster.node_of(empty), 1 - cluster.node_of(empty)
    admins = [cluster.node_client(place) for place in (target, source)]
    id = cluster.node_client(target).execute_command("CLUSTER", "MYID")
    for admin in admins:
        admin.execute_command("CLUSTER", "SETSLOT", empty, "NODE", id)
    second = Survey(client, resume=kept(first))
    list(second.walk())
    found = report(second)
    assert second.whole and second.moved and not found.complete and "Slots have moved" in found.basis
    # Expect the next one, in which none moves, to be complete
    assert audit(client).complete


PARTS = st.sampled_from([b"", b"shop", b"user", b"42", b"\xff\x00", "é\U0001f600".encode(), b"a*b", b"\\x00", b"{t}"])
NAMES = st.lists(PARTS, min_size=1, max_size=5).map(b":".join)
FACTS = st.builds(
    Fact,
    NAMES,
    st.sampled_from(["string", "hash", "set", "zset", "stream", ""]),
    st.sampled_from(["raw", "listpack", "hashtable", "skiplist", ""]),
    st.sampled_from([None, -1, 5000]),
    st.one_of(st.none(), st.integers(0, 10**7)),
    st.integers(-1, 10**6),
)


@given(st.lists(FACTS, max_size=30), st.integers(0, 5))
def test_nothing_is_lost_in_a_file(facts, room):
    survey = Survey(None, top=room)
    survey._add(Page(facts[:20], refused=3, why="NOPERM \udcff"), "here:1")
    survey._add(Page(facts[20:]), "there:2")
    again = Survey(None, top=room, resume=kept(survey))
    assert (again.tallies, again.top, again.met, again.why) == (survey.tallies, survey.top, survey.met, survey.why)
    assert {survey.pattern(fact.key) for fact in facts} == {again.pattern(fact.key) for fact in facts}
    assert again.saved() == survey.saved()


@pytest.mark.parametrize("broken", [{}, [], "x", 7, {"match": "*"}], ids=repr)
def test_what_was_not_saved_is_no_walk(broken):
    with pytest.raises(ValueError, match="no walk"):
        Survey(None, resume=broken)


@given(st.data())
def test_a_file_that_was_damaged_is_refused_if_at_all(data):
    survey = Survey(None, top=2)
    survey._add(Page([Fact(b"a:1", "hash", "hashtable", -1, 10**6, 20_000), Fact(b"b", "set", "x", 1, 9, 3)]), "here:1")
    saved = survey.saved()
    place, name = saved, data.draw(st.sampled_from([*saved]))
    while isinstance(place[name], dict) and place[name] and data.draw(st.booleans()):
        place = place[name]
        name = data.draw(st.sampled_from([*place]))
    place[name] = data.draw(st.sampled_from([None, [], ["x"], "x", {"x": "x"}, -1, 1.5, math.inf, [[1, 2, 3]]]))
    with contextlib.suppress(ValueError):  # nothing else is raised
        Survey(None, top=2, resume=saved)


def test_a_walk_does_not_go_on_elsewhere_or_otherwise(lab, shop):
    # Given a walk that was given up
    first = Survey(shop, limit=1000)
    list(first.walk())
    # Expect it to go on only with the same question
    with pytest.raises(ValueError, match=r"match '\*'"):
        Survey(shop, match="shop:*", resume=kept(first))
    with pytest.raises(ValueError, match="top 0"):
        Survey(shop, top=3, resume=kept(first))
    # on the same server
    other = lab.private_server()
    with pytest.raises(ValueError, match="not here"):
        list(Survey(other.client(), resume=kept(first)).walk())
    # that has not been restarted meanwhile
    other.client().mset({f"shop:{number}": number for number in range(2000)})
    first = Survey(other.client(), limit=1)
    list(first.walk())
    other.kill()
    other.restart()
    with pytest.raises(ValueError, match="restarted"):
        list(Survey(other.client(), resume=kept(first)).walk())
    other.close()
