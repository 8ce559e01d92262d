from redislab.lessons.caching_patterns.hybrid.lab import AHEAD, ASIDE, KINDS, OTHERS, PATTERNS, THROUGH
from redislab.lessons.labs import HybridLab
from tests.lessons.conftest import mean


def settled(lab) -> list[dict]:
    lab.go_on(5)
    return lab.go_on(4)


def test_each_kind_behaves_as_the_pattern_that_it_is_sent_to(running):
    lab = running(HybridLab(writes=0.0, user=ASIDE, product=AHEAD))
    samples = settled(lab)
    assert mean(samples, "hits_product") > mean(samples, "hits_user") + 2
    # If the two are swapped while it runs
    lab.experiment.set_knobs({"user": AHEAD, "product": ASIDE})
    samples = settled(lab)
    # Expect them to behave so
    assert mean(samples, "hits_user") > mean(samples, "hits_product") + 2


def test_write_through_keeps_what_a_write_takes_from_the_others(running):
    lab = running(HybridLab(writes=40.0, ttl=20.0, rate=150.0, user=THROUGH, product=ASIDE, order=ASIDE))
    samples = settled(lab)
    assert mean(samples, "hits_user") > mean(samples, "hits_product") + 10
    assert mean(samples, "hits_user") > mean(samples, "hits_order") + 10


def test_a_writer_past_the_cache_leaves_every_kind_stale(running):
    lab = running(HybridLab(writes=20.0, user=ASIDE))
    samples = settled(lab)
    assert all(mean(samples, f"stale_{kind}") < 1 for kind in KINDS)
    lab.experiment.writers = OTHERS
    samples = settled(lab)
    assert all(mean(samples, f"stale_{kind}") > 3 for kind in KINDS)


def test_the_three_42s_are_three_things(running):
    lab = running(HybridLab())
    lab.session.act("ask")
    sample = lab.until(lambda sample: sample["asked"])
    assert sample["asked"] == {"user": True, "product": True, "order": True}
    lab.until(lambda sample: sample["hits_user"] and sample["hits_product"] and sample["hits_order"])
    assert "three entries" in lab.experiment.say(lab.samples[-1])


def test_every_pattern_may_be_chosen_for_every_kind_while_it_runs(running):
    lab = running(HybridLab(rate=100.0))
    for pattern in PATTERNS:
        lab.experiment.set_knobs(dict.fromkeys(KINDS, pattern) | {"rtt": 1.0 if pattern == THROUGH else 0.0})
        assert all(sample["errors"] == 0 for sample in lab.go_on(2))
