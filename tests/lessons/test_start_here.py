import pytest

from redislab.lessons.labs import FirstContact


def test_a_call_is_split_into_python_network_and_server():
    last = FirstContact().run(seconds=2).last
    assert last["python_us"] + last["network_us"] + last["server_us"] == pytest.approx(last["client_us"], rel=0.02)
    assert 0 < last["server_us"] < last["client_us"]
    assert 0 < last["p50"] <= last["p99"]


def test_an_added_round_trip_goes_to_the_network_and_is_shown_as_measured(running):
    lab = running(FirstContact(rate=100.0))
    lab.go_on(2)
    here = lab.until(lambda sample: sample.get("network_us", 1000) < 1000, timeout=60)  # quiet enough to see 4 ms more
    lab.experiment.rtt = 4.0
    # all is measured again and again, and a busy machine may spoil some; expect that it is not counted as the server's
    lab.until(
        lambda sample: (
            sample.get("network_us", 0) - here["network_us"] == pytest.approx(4000, rel=0.25)
            and sample["server_us"] < 200
        ),
        timeout=60,
    )
    lab.until(lambda sample: sample["round_trip_ms"] == pytest.approx(4.0, abs=0.8), timeout=60)


def test_a_large_value_costs_the_client_more_than_the_server():
    experiment = FirstContact()
    small, large = (experiment.run(seconds=2, size=size, rate=100.0).last for size in (100, 1_000_000))
    assert large["client_us"] > 2 * small["client_us"]
    assert large["client_us"] - small["client_us"] > 5 * (large["server_us"] - small["server_us"])


def test_the_round_trip_may_be_moved_while_it_runs(running):
    lab = running(FirstContact())
    lab.until(lambda sample: sample["p50"])
    for rtt in (2.0, 0.0, 5.0, 1.0):
        lab.experiment.rtt = rtt
        # a busy machine may be late for a request; that is over with the window
        lab.until(
            lambda sample, rtt=rtt: (
                sample["rtt"] == rtt and sample.get("network_us", -1) >= 800 * rtt and sample["errors"] == 0
            )
        )


def test_the_sentence_and_the_verdict_say_what_was_measured():
    experiment = FirstContact()
    last = experiment.run(seconds=1.5).last
    assert f"{last['server_us']:.1f} µs" in experiment.say(last)
    assert f"{last['server_share']:.1f} %" in experiment.judge(last)
