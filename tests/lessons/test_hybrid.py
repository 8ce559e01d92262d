from redislab.lessons.caching_patterns.hybrid.lab import AHEAD, ASIDE, KINDS, OTHERS, PATTERNS, THROUGH
from redislab.lessons.labs import HybridLab
from tests.lessons.conftest import mean


def test_each_kind_behaves_as_the_pattern_that_it_is_sent_to(running):
    lab = running(HybridLab(writes=0.0, user=ASIDE, product=AHEAD))
    lab.stretch(lambda samples: mean(samples, "hits_product") > mean(samples, "hits_user") + 2)
    # If the two are swapped while it runs, expect them to behave so
    lab.experiment.set_knobs({"user": AHEAD, "product": ASIDE})
    lab.stretch(lambda samples: mean(samples, "hits_user") > mean(samples, "hits_product") + 2)


def test_write_through_keeps_what_a_write_takes_from_the_others(running):
    lab = running(HybridLab(writes=40.0, ttl=20.0, rate=150.0, user=THROUGH, product=ASIDE, order=ASIDE))
    others = ("hits_product", "hits_order")
    lab.stretch(lambda samples: all(mean(samples, "hits_user") > mean(samples, key) + 10 for key in others))


def test_a_writer_past_the_cache_leaves_every_kind_stale(running):
    lab = running(HybridLab(writes=20.0, user=ASIDE))
    lab.stretch(lambda samples: all(mean(samples, f"stale_{kind}") < 1 for kind in KINDS))
    lab.experiment.writers = OTHERS
    lab.stretch(lambda samples: all(mean(samples, f"stale_{kind}") > 3 for kind in KINDS))


def test_the_three_42s_are_three_things(running):
    lab = running(HybridLab())
    lab.act("ask")
    sample = lab.until(lambda sample: sample["asked"])
    assert sample["asked"] == {"user": True, "product": True, "order": True}
    lab.until(lambda sample: sample["hits_user"] and sample["hits_product"] and sample["hits_order"])
    assert "three entries" in lab.experiment.say(lab.samples[-1]) and lab.experiment.judge(lab.samples[-1])


def test_every_pattern_may_be_chosen_for_every_kind_while_it_runs(running):
    lab = running(HybridLab(rate=100.0))
    for pattern in PATTERNS:
        lab.experiment.set_knobs(dict.fromkeys(KINDS, pattern) | {"rtt": 1.0 if pattern == THROUGH else 0.0})
        assert not [sample.get("error") for sample in lab.go_on(2) if sample["errors"]]
