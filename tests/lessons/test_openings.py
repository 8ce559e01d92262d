"""From every finding of every audit to a lab with its figures in its knobs."""

import pytest

from redislab.antipatterns import AUDITS, audit
from redislab.keys import Finding
from redislab.lessons.anti_patterns.clinic.openings import OPENINGS, opening


@pytest.fixture(scope="module")
def sick(lab):
    """A server with something for every audit, under a policy that finds nothing to evict."""
    server = lab.private_server(maxmemory="400mb", maxmemory_policy="volatile-lru")
    client = server.client(socket_timeout=20)
    pipeline = client.pipeline(transaction=False)
    for number in range(3000):
        pipeline.set(f"shop:session:{number}", "x" * 100)
    for number in range(600):
        pipeline.set(f"shop:product:{number}", "x", ex=3600)
        pipeline.zadd(f"shop:board:{number % 2}", {f"player:{number}": number})
    for number in range(60):
        pipeline.hset(f"shop:review:{number}", mapping={"text": "word " * 60})
    pipeline.hset("shop:form:1", mapping={f"field-{number}": number for number in range(900)})
    pipeline.rpush("shop:log:orders", *range(20_000))
    pipeline.set("Shop_1_Picture", "x" * 200_000)
    pipeline.xadd("shop:backlog:orders", {"id": 1})
    pipeline.sadd("shop:picks:today", *(f"shop:product:{number}" for number in range(500, 900)))
    pipeline.zadd("shop:online:now", {f"shop:session:{number}": number for number in range(2990, 3010)})
    pipeline.execute()
    yield client
    server.close()


def found_by(client, *audits, policy="volatile-lru") -> dict[tuple[str, str], Finding]:
    client.config_set("maxmemory-policy", policy)
    return {(finding.rule, finding.subject): finding for finding in audit(client, *audits)}


@pytest.mark.parametrize("each", AUDITS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("policy", ["volatile-lru", "allkeys-lfu"])
def test_each_finding_of_each_audit_opens_a_lab_whose_cell_works(sick, each, policy):
    from redislab import labs

    found = found_by(sick, each, policy=policy)
    assert found or policy != {"nothing_to_evict": "volatile-lru"}.get(each.__name__, "allkeys-lfu")
    for finding in found.values():
        opened = opening(finding)
        made = eval(opened.line, {"labs": labs, "panel": lambda experiment: experiment})
        assert type(made) is opened.lab and opened.knobs and made.settings() == opened.make().settings()
        knobs = made.knobs()
        for name, value in opened.knobs.items():
            assert knobs[name].kind not in ("number", "integer") or value in knobs[name].stops


def test_the_knobs_stand_at_what_was_found(sick):
    found = found_by(sick)
    knobs = {key: opening(finding).knobs for key, finding in found.items()}
    assert knobs["missing TTL", "shop:session:*"] == {"policy": "volatile-lru", "with_ttl": 0, "limit": 150}
    assert knobs["big key", "shop:log:orders"]["largest"] == 20_000
    assert 200_000 <= knobs["big key", "Shop_*_Picture"]["size"] <= 250_000  # with what its allocator adds
    assert knobs["naming: separator", "Shop_*_Picture"]["key"] == "Shop_1_Picture"
    assert knobs["encoding", "shop:form:*"]["fields"] == 900
    assert knobs["encoding", "shop:review:*"]["value"] == 80
    # what expires leaves its entries behind; what does not was removed without them
    assert knobs["dangling index", "shop:picks:today"]["products"] == 400
    assert 0 <= knobs["dangling index", "shop:online:now"]["rtt"] < 10
    assert "Memory limit" in str(opening(found["nothing to evict", "the whole keyspace"]).notes)


@pytest.mark.parametrize(
    ("elements", "knob", "said"),
    [
        (2_000_000, 1_000_000, "Largest N: your 2,000,000 items; the lab goes to 1,000,000 items"),
        (10_000, 10_000, ""),
        (123_456, 120_000, "Largest N: your 123,456 items; the nearest stop is 120,000 items"),
        (12, 1000, "Largest N: your 12 items; the lab begins at 1,000 items"),
    ],
)
def test_what_a_knob_does_not_have_is_said(elements, knob, said):
    figures = {"kind": "zset", "elements": elements, "bytes": None}
    opened = opening(Finding("big key", "shop:*", "", "", "", figures=figures))
    assert opened.knobs["largest"] == knob and opened.notes == ((said,) if said else ())


def test_what_is_unknown_leaves_its_knob_where_it_is():
    figures = {"policy": None, "with_ttl": None, "limit": None, "keys": 3, "bytes": None, "lasting": None}
    opened = opening(Finding("missing TTL", "shop:*", "", "", "", figures=figures))
    assert opened.knobs == {} and opened.line == "panel(labs.MissingTtlsLab())"


def test_no_other_audit_leads_anywhere():
    with pytest.raises(LookupError):
        OPENINGS["none of these"]
