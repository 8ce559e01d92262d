"""Caching libraries on one expiring key: where they are installed, one load at an expiry, and readers wait or do not."""

import pytest

from redislab.lessons.caching_patterns.libraries.lab import OTHERS, PLAIN, STALE
from redislab.lessons.labs import LibrariesLab
from tests.lessons.conftest import mean

WAIT, OLD = ("cashews, lock", "aiocache"), ("dogpile.cache", "cashews, early")


def test_all_of_them_are_here_with_the_tests_packages():
    assert {*OTHERS} == {*WAIT, *OLD}


@pytest.mark.parametrize("name", [*WAIT, *OLD])
def test_a_library_loads_once_at_an_expiry(running, name):
    lab = running(LibrariesLab(cache_of=name, concurrency=10))
    once = lab.until(lambda sample: sample.get(f"calls {name}") == 1, timeout=40)
    assert name in lab.experiment.say(once) and "1 database calls for 10" in lab.experiment.judge(once)


def test_who_waits_for_a_lock_waits_more_than_who_gets_the_old_value_and_the_bars_keep_both(running):
    lab = running(
        LibrariesLab(cache_of=WAIT[0], concurrency=10, recompute_ms=1000.0)
    )  # busy or not, half a second is a wait
    lab.until(lambda sample: sample.get(f"slow {WAIT[0]}"), timeout=40)
    lab.experiment.cache_of = OLD[0]
    lab.stretch(lambda samples: mean(samples, f"slow {OLD[0]}") < mean(samples, f"slow {WAIT[0]}"))


def test_ours_are_beside_them(running):
    lab = running(LibrariesLab(cache_of=PLAIN, concurrency=10))
    lab.until(lambda sample: (sample["calls"] or 0) >= 8)
    lab.experiment.cache_of = STALE
    lab.until(lambda sample: sample.get(f"calls {STALE}") == 1, timeout=40)
