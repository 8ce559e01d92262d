import pytest

from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE
from redislab.lessons.labs import WriteThroughLab
from tests.lessons.conftest import mean


def test_cache_first_leaves_the_cache_and_the_database_with_different_rows(running):
    lab = running(WriteThroughLab(order=CACHE_FIRST))
    assert mean(lab.go_on(6)[-20:], "differs") > 10
    assert "False" in lab.experiment.judge(lab.samples[-1])


def test_db_first_does_too_if_less_often(running):
    lab = running(WriteThroughLab(order=DB_FIRST, writers=16))
    seen = lab.until(lambda sample: sample["differs"], timeout=60)
    assert seen["uncommitted"] == 0
    assert "False with DB first" in lab.experiment.judge(seen)


@pytest.mark.parametrize("knobs", [{}, {"writers": 24, "failures": 30.0}, {"rtt": 1.0}])
def test_db_then_delete_leaves_none_and_shows_nothing_uncommitted(running, knobs):
    lab = running(WriteThroughLab(order=DB_THEN_DELETE, **knobs))
    samples = lab.go_on(6)
    assert samples[-1]["races"] >= 10
    assert {sample["differs"] for sample in samples} <= {None, 0}
    assert {sample["uncommitted"] for sample in samples} <= {None, 0}
    assert lab.experiment.judge(samples[-1]).startswith("True of this order")


def test_a_slow_commit_that_fails_is_read_meanwhile_and_takes_the_entry_with_it(running):
    lab = running(WriteThroughLab(order=CACHE_FIRST, writers=1, commit_ms=200.0, failures=50.0))
    samples = lab.go_on(7)[-20:]
    assert mean(samples, "uncommitted") > 8
    assert mean(samples, "lost") == pytest.approx(mean(samples, "failed"), rel=0.2)
    assert mean(samples, "lost") > 0.5
    # If the order is turned to the right one while it runs
    lab.experiment.order = DB_THEN_DELETE
    lab.go_on(6)
    after = lab.go_on(3)
    # Expect writes to fail as before, and no more than that
    assert mean(after, "failed") > 0.5
    assert mean(after, "uncommitted") == mean(after, "lost") == 0


def test_a_write_takes_a_commit_and_a_round_trip(running):
    lab = running(WriteThroughLab(order=DB_FIRST, writers=1, commit_ms=0.0))
    quick = lab.go_on(4)[-1]["p50"]
    lab.experiment.set_knobs({"commit_ms": 100.0, "rtt": 5.0})
    lab.go_on(6)
    assert lab.go_on(2)[-1]["p50"] >= 104 > quick
