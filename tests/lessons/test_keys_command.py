from redislab.lessons.anti_patterns.keys_command.lab import COUNTS, KEYS, NOBODY, SCAN, KeysLab


def test_keys_keeps_the_neighbour_waiting_and_a_closed_loop_hides_it(running):
    lab = running(KeysLab(keys=300_000))

    def slow(sample, clock) -> int:
        return sum(ms > 20 for _, ms in sample[f"{clock}_pings"])

    # Expect that the wait is about the server's own time
    stalled = lab.until(lambda sample: sample["worst"] and sample["worst"] > 0.5 * sample["server"], timeout=60)
    assert stalled["found"] == 150_000
    # and that a closed loop says little of it, by its p99 and since one slow PING stands for many that were due
    last = lab.until(
        lambda sample: (
            sample["worst"]
            and sample["due_p99"] > 3.5 * sample["closed_p99"]
            and slow(sample, "closed") < 0.5 * slow(sample, "due")
        ),
        timeout=60,
    )
    assert "closed loop" in lab.experiment.judge(last)


def test_count_decides_between_a_short_stall_and_a_short_sweep(running):
    lab = running(KeysLab(keys=100_000, way=SCAN, count=1000))
    assert lab.until(lambda sample: sample["worst"])["found"] == 50_000
    lab.act("try_all")

    def decides(sample) -> bool:
        """Whether it shows. No PING may fall into a short sweep, and a busy machine delays now this, now that: then once more."""
        total, stall = dict(sample["scan_total"]), dict(sample["scan_stall"])
        whole = [*stall] == [*COUNTS] and sample["keys_stall"]
        if whole and total[100] > total[100_000] and stall[100_000] > 0.2 * sample["keys_stall"][0][1]:
            return True
        if sample["way_asked"] == KEYS:  # the last of a round
            lab.act("try_all")
        return False

    lab.until(decides, timeout=60)
    # Expect that other keys make another curve
    lab.experiment.keys = 10_000
    lab.until(lambda sample: sample["held"] == 10_000 and sample["way_asked"] == SCAN and sample["found"] == 5000)
    # and that KEYS which finds nothing has looked at everything all the same
    lab.experiment.set_knobs({"way": KEYS, "pattern": NOBODY, "keys": 100_000})
    nothing = lab.until(lambda sample: sample["way_asked"] == KEYS and sample["held"] == 100_000)
    assert nothing["found"] == 0 and nothing["server"] > 1
