import threading
import time

import pytest

from redislab.bench.load import OpenLoop
from tests.conftest import settles


def run(request, gap, seconds, workers=8):
    load = OpenLoop(request, gap, workers)
    load.start()
    threading.Event().wait(seconds)
    load.stop()
    return load.drain()


@pytest.mark.quiet
def test_requests_are_offered_at_the_rate_asked_for():
    outcomes, offered = run(lambda: "read", lambda random: 1 / 500, 1.0)
    assert abs(offered - 500) <= 25
    assert len(outcomes) == offered
    assert {outcome.tags for outcome in outcomes} == {("read",)}


@pytest.mark.quiet
def test_latency_counts_from_the_due_time_and_not_from_the_sending():
    # Given one worker and requests due every 10 ms, each of which takes 30 ms
    outcomes, _ = run(lambda: time.sleep(0.03) or "slow", lambda random: 0.01, 0.6, workers=1)
    # Expect that the n-th waits for the n before it: latency grows by 20 ms a request
    seconds = [outcome.seconds for outcome in outcomes]
    assert seconds[0] < 0.05
    assert seconds[-1] > 0.02 * (len(seconds) - 1)


def test_a_request_that_cannot_be_sent_in_time_is_given_up_as_an_error():
    blocked = threading.Event()

    def request():
        blocked.wait(1.0)
        return "late"

    load = OpenLoop(request, lambda random: 0.1, workers=1, patience=0.3)
    load.start()
    time.sleep(1.2)
    blocked.set()
    load.stop()
    outcomes, _ = load.drain()
    assert any(outcome.tags == ("given up",) and outcome.error for outcome in outcomes)


def test_what_a_request_raises_is_its_outcome_and_the_load_goes_on():
    def fails():
        raise ConnectionError("refused")

    outcomes, offered = run(fails, lambda random: 0.01, 0.3)
    assert len(outcomes) == offered > 10
    assert {outcome.error for outcome in outcomes} == {"ConnectionError: refused"}


def test_tags_after_the_first_are_kept_with_the_outcome():
    outcomes, _ = run(lambda: ("read", "hit"), lambda random: 0.05, 0.2)
    assert outcomes[0].tags == ("read", "hit")


def test_stop_ends_every_thread_and_start_begins_again_at_now():
    before = threading.active_count()
    load = OpenLoop(lambda: "read", lambda random: 0.01, workers=4)
    for _ in range(3):
        load.start()
        time.sleep(0.1)
        load.stop()
        assert threading.active_count() == before
    outcomes, _ = load.drain()
    assert max(outcome.seconds for outcome in outcomes) < 0.2  # nothing counts the pause as latency


def test_a_load_that_begins_again_before_its_workers_have_ended_has_no_more_of_them():
    load = OpenLoop(lambda: time.sleep(0.05) or "slow", lambda random: 0.001, workers=4)
    before = threading.active_count()
    for _ in range(4):
        load.start()
        time.sleep(0.02)
        load.stop(timeout=0.0)
    load.start()
    assert not settles(lambda: threading.active_count() > before + 4)
    load.stop()
