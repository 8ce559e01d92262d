import pytest

from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE
from redislab.lessons.labs import WriteThroughLab
from tests.lessons.conftest import mean


def test_cache_first_leaves_the_cache_and_the_database_with_different_rows(running):
    lab = running(WriteThroughLab(order=CACHE_FIRST))
    seen = lab.stretch(lambda samples: mean(samples, "differs") > 10)
    assert "False" in lab.experiment.judge(seen[-1])


def test_db_first_does_too_if_less_often(running):
    lab = running(WriteThroughLab(order=DB_FIRST, writers=16))
    seen = lab.until(lambda sample: sample["differs"], timeout=60)
    assert seen["uncommitted"] == 0
    assert "False with DB first" in lab.experiment.judge(seen)


@pytest.mark.parametrize("knobs", [{}, {"writers": 24, "failures": 30.0}, {"rtt": 1.0}])
def test_db_then_delete_leaves_none_and_shows_nothing_uncommitted(running, knobs):
    lab = running(WriteThroughLab(order=DB_THEN_DELETE, **knobs))
    last = lab.until(lambda sample: sample["races"] >= 10)
    assert {sample["differs"] for sample in lab.samples} <= {None, 0}
    assert {sample["uncommitted"] for sample in lab.samples} <= {None, 0}
    assert lab.experiment.judge(last).startswith("True of this order")


def test_a_slow_commit_that_fails_is_read_meanwhile_and_takes_the_entry_with_it(running):
    lab = running(WriteThroughLab(order=CACHE_FIRST, writers=1, commit_ms=200.0, failures=50.0))
    lab.stretch(
        lambda samples: (
            mean(samples, "uncommitted") > 8
            and mean(samples, "lost") > 0.5
            and mean(samples, "lost") == pytest.approx(mean(samples, "failed"), rel=0.2)
        )
    )
    # If the order is turned to the right one while it runs, expect writes to fail as before, and no more than that
    lab.experiment.order = DB_THEN_DELETE
    lab.stretch(
        lambda samples: mean(samples, "failed") > 0.5 and mean(samples, "uncommitted") == mean(samples, "lost") == 0
    )


def test_a_write_takes_a_commit_and_a_round_trip(running):
    lab = running(WriteThroughLab(order=DB_FIRST, writers=1, commit_ms=0.0))
    lab.until(lambda sample: sample["p50"] and sample["p50"] < 100)
    lab.experiment.set_knobs({"commit_ms": 100.0, "rtt": 5.0})
    lab.until(lambda sample: sample["p50"] and sample["p50"] >= 104)


def test_without_redis_cache_first_writes_nothing_and_the_other_orders_write_all(running):
    lab = running(WriteThroughLab(order=CACHE_FIRST, writers=2))
    lab.until(lambda sample: sample["committed"] > 5 and not sample["failed"])
    lab.act("stop_redis")
    refused = lab.until(lambda sample: sample["down"] and sample["failed"] > 2 and not sample["committed"])
    assert "0 writes a second are committed" in lab.experiment.say(refused) + lab.experiment.judge(refused)
    for order in (DB_FIRST, DB_THEN_DELETE):
        lab.experiment.order = order
        lab.until(
            lambda sample, order=order: sample["order"] == order and sample["committed"] > 5 and not sample["failed"]
        )
    lab.act("start_redis")
    lab.until(lambda sample: not sample["down"] and sample["races"] >= 5)
