from redislab.lessons.anti_patterns.keys_command.lab import COUNTS, KEYS, NOBODY, SCAN, KeysLab


def test_keys_keeps_the_neighbour_waiting_and_a_closed_loop_hides_it(running):
    lab = running(KeysLab(keys=300_000))
    stalled = lab.until(lambda sample: sample["worst"])
    assert stalled["found"] == 150_000
    # Expect that the wait is about the server's own time
    assert 0.5 * stalled["server"] < stalled["worst"]
    # and that the p99 of a closed loop says little of it
    last = lab.until(lambda sample: sample["worst"] and sample["due_p99"] > 3.5 * sample["closed_p99"], timeout=40)
    assert "closed loop" in lab.experiment.judge(last)
    # one slow PING stands for many that were due
    slow = {clock: sum(ms > 20 for _, ms in last[f"{clock}_pings"]) for clock in ("due", "closed")}
    assert slow["closed"] < 0.5 * slow["due"]


def test_count_decides_between_a_short_stall_and_a_short_sweep(running):
    lab = running(KeysLab(keys=100_000, way=SCAN, count=1000))
    assert lab.until(lambda sample: sample["worst"])["found"] == 50_000
    lab.session.act("try_all")
    last = lab.until(lambda sample: len(sample["scan_stall"]) >= len(COUNTS) and sample["keys_stall"], timeout=40)
    assert [count for count, _ in last["scan_stall"]] == list(COUNTS)
    total, stall = dict(last["scan_total"]), dict(last["scan_stall"])
    assert total[100] > total[100_000]
    assert stall[100_000] > 0.2 * last["keys_stall"][0][1]
    # Expect that other keys make another curve
    lab.experiment.keys = 10_000
    lab.until(lambda sample: sample["held"] == 10_000 and sample["way_asked"] == SCAN and sample["found"] == 5000)
    # and that KEYS which finds nothing has looked at everything all the same
    lab.experiment.set_knobs({"way": KEYS, "pattern": NOBODY, "keys": 100_000})
    nothing = lab.until(lambda sample: sample["way_asked"] == KEYS and sample["held"] == 100_000)
    assert nothing["found"] == 0 and nothing["server"] > 1
