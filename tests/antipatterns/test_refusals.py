"""What a user may not ask is unknown, not gone; and no more is asked than an audit needs."""

import contextlib

import pytest
import redis

from redislab.antipatterns import Survey, audit, report, walk
from redislab.antipatterns.audit import PERCENTILES
from redislab.errors import StartError
from redislab.world import Server
from tests.antipatterns.conftest import filled

ROADS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "pipelines"])


@pytest.fixture
def shop(client):
    """1,000 keys of a bank, and 100 of a shop, one of them a sorted set of 20,000."""
    filled(client, "bank:account:", 1000)
    filled(client, "shop:page:", 99)
    client.zadd("shop:board:1", {f"member-{number:06}": number for number in range(20_000)})
    client.expire("shop:board:1", 5000)
    return client


@pytest.fixture
def guest(own, client):
    """`guest(rules)` is a client of a user who may do no more than that."""
    with contextlib.ExitStack() as opened:

        def make(*rules: str):
            client.execute_command("ACL", "SETUSER", "guest", "reset", "on", ">word", *rules)
            made = redis.Redis(host=own.host, port=own.port, username="guest", password="word", socket_timeout=20)
            return opened.enter_context(made)

        yield make


@ROADS
@pytest.mark.parametrize("rules", [("~shop:*", "+@all"), ("~shop:*", "+@read"), ("%R~shop:*", "+@read")])
def test_keys_that_may_not_be_read_are_counted_as_such(shop, guest, scripts, rules):
    found = audit(guest(*rules), scripts=scripts)
    assert (found.seen, found.survey.refused, found.total) == (100, 1000, 1100)
    assert not found.complete and "1,000 of 1,100 keys could not be read" in found.basis
    assert "All" not in found.basis
    assert {pattern for pattern, _ in found.patterns} == {"shop:page:*", "shop:board:*"}
    # and nothing is said of more keys than could be read
    assert all(found.estimate(tally.keys) == tally.keys for _, tally in found.patterns)
    assert found.as_dict()["refused"] == 1000 and found.as_dict()["complete"] is False


@ROADS
@pytest.mark.parametrize(("rule", "ask"), [("-pttl", "ttl"), ("-memory", "size"), ("-object", "kind")])
def test_what_may_not_be_asked_is_unknown(shop, guest, scripts, rule, ask):
    found = audit(guest("~*", "+@all", rule), scripts=scripts)
    assert found.seen == found.total == 1100 and found.survey.refused == 0
    assert not found.complete and found.survey.unknown == {ask: 1100}
    assert "1,100 keys is unknown" in found.basis
    # the long one is found all the same
    (big,) = (finding for finding in found if finding.rule == "big key")
    assert "zset of 20,000" in big.seen and "0 B" not in big.seen


@ROADS
def test_a_type_that_the_encoding_does_not_tell_is_unknown(shop, guest, scripts):
    shop.hset("shop:user:1", "name", "Ann")
    found = audit(guest("~*", "+@all", "-type"), scripts=scripts)
    assert not found.complete and found.survey.unknown == {"kind": 1}


@ROADS
def test_without_sizes_no_size_is_claimed(shop, guest, scripts):
    found = audit(guest("~*", "+@all", "-memory"), scripts=scripts)
    assert all(
        row["bytes"] is None and set(row["percentiles"].values()) == {None} for row in found.as_dict()["patterns"]
    )
    assert not any(" B" in finding.seen or "memory" in finding.seen for finding in found)


@ROADS
def test_a_missing_ttl_is_not_claimed_where_ttls_are_unknown(shop, guest, scripts):
    shop.set("shop:cache:1", 1)
    found = audit(guest("~*", "+@all", "-pttl"), scripts=scripts)
    assert "missing TTL" not in {finding.rule for finding in found} and not found.complete


@pytest.mark.parametrize("refused", ["", "-dbsize", "-info", "-config", "-eval_ro", "-hello", "-client"])
def test_what_is_only_good_to_have_may_be_refused(shop, guest, refused):
    found = audit(guest("~*", "+@all", *refused.split()))
    assert found.seen == found.total == 1100 and found.complete
    assert ("eviction policy is unknown" in found.basis) == (refused == "-info")
    assert {"big key"} <= {finding.rule for finding in found}


def test_reading_is_enough(shop, guest):
    shop.sadd("shop:picks:now", "shop:page:1", "shop:page:9999")
    found = audit(guest("~*", "-@all", "+@read"))
    assert found.complete and found.seen == 1101
    assert {"big key", "dangling index"} <= {finding.rule for finding in found}
    assert found.as_dict()["patterns"][0]["percentiles"].keys() == {f"p{percent}" for percent in PERCENTILES}


def test_members_that_may_not_be_asked_for_make_a_report_incomplete(shop, guest):
    shop.sadd("shop:picks:now", "shop:page:1", "shop:page:9999")
    found = audit(guest("~*", "+@all", "-srandmember"))
    assert not found.complete and "members of sets were refused" in found.basis
    assert "dangling index" not in {finding.rule for finding in found}


def test_a_script_that_is_refused_an_answer_gives_way_to_pipelines(shop, guest):
    survey = Survey(guest("~*", "+@all", "-memory"))
    assert list(survey.walk())
    shop.config_resetstat()
    pages = list(walk(guest("~*", "+@all", "-memory")))
    assert all(fact.size is None and fact.ttl > 0 for page in pages for fact in page)
    assert (
        shop.info("commandstats")["cmdstat_pttl"]["calls"] > 1100
    )  # the script's first page, and then all by pipelines
    assert report(survey).survey.why


@pytest.mark.parametrize(
    "allowed", ["+@read", "+@read +command", "+@read +cluster|slots", "+@read +cluster|slots +command"]
)
def test_on_a_cluster_two_commands_more_are_needed_and_named(cluster, allowed):
    admin = redis.Redis(port=cluster.port, decode_responses=True)
    admin.execute_command("ACL", "SETUSER", "guest", "reset", "on", ">word", "~*", *allowed.split())
    admin.set("{shop}:page:1", 1, ex=100)
    server = Server(f"redis://guest:word@127.0.0.1:{cluster.port}", any_version=True)
    if allowed.endswith("slots +command"):
        found = audit(server.client())
        assert found.complete and found.seen == admin.dbsize()
    else:
        with pytest.raises(StartError, match=r"\+cluster\|slots and \+command"):
            server.client()


@ROADS
def test_large_members_are_not_transferred(client, guest, scripts):
    for number in range(5):
        client.sadd(f"shop:blob:{number}", *(f"{place}:{'x' * 200_000}" for place in range(20)))
    sent = {}
    for rules in ("+@all", "+@all -memory"):
        reader = guest("~*", *rules.split())
        before = client.info("stats")["total_net_output_bytes"]
        audit(reader, scripts=scripts)
        sent[rules] = client.info("stats")["total_net_output_bytes"] - before
    assert sent["+@all"] < 100_000
    assert sent["+@all -memory"] < 5 * 200_000 + 100_000  # one of each, to see how long they are


@pytest.mark.parametrize("kind", ["set", "zset"])
def test_one_long_member_among_short_ones_ends_the_look(client, kind):
    names = [f"shop:page:{number}" for number in range(3000)] + [f"{number}:{'x' * 100_000}" for number in range(20)]
    client.set("shop:page:1", 1, ex=100)
    if kind == "set":
        client.sadd("shop:mixed:1", *names)
    else:
        client.zadd("shop:mixed:1", dict.fromkeys(names, 1))
    before = client.info("stats")["total_net_output_bytes"]
    found = audit(client)
    assert client.info("stats")["total_net_output_bytes"] - before < 100 * 100_000
    assert found.complete
