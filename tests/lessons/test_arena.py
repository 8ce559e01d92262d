from redislab.lessons.caching_patterns.choosing.lab import ASIDE, BEHIND, MODULES, PATTERNS, RANKINGS, figures
from redislab.lessons.labs import ArenaLab


def settled(lab, wanted=lambda sample: True) -> dict:
    """A sample with reads and writes of all four, that is as `wanted`."""
    return lab.until(lambda sample: lab.experiment.judge(sample) is not None and wanted(sample), 40)


def test_all_four_do_the_same_work_and_write_behind_does_not_wait_for_the_database(running):
    lab = running(ArenaLab(db_ms=20.0, writes=30.0))
    others = [name for name in PATTERNS if name != BEHIND]
    sample = settled(lab, lambda sample: all(sample[f"w50 {BEHIND}"] < sample[f"w50 {name}"] - 10 for name in others))
    assert sum(figures(sample, "failed").values()) == 0
    assert "with write-behind" in lab.experiment.say(sample)
    assert [line.partition(",")[0] for line in lab.experiment.judge(sample).splitlines()] == list(RANKINGS)


def test_an_application_that_is_killed_loses_nothing_that_it_acknowledged(running):
    lab = running(ArenaLab(writes=50.0))
    settled(lab)
    lab.act("kill_application")
    lab.until(lambda sample: sum(figures(sample, "failed").values()) > 0)
    lab.until(lambda sample: sum(figures(sample, "failed").values()) == 0, 40)
    lab.go_on(4)  # a queue that is worked off late does not lose
    assert sum(figures(settled(lab), "lost").values()) == 0


def test_as_in_the_module_the_queue_in_the_application_is_lost_with_it(running):
    lab = running(ArenaLab(code=MODULES, writes=50.0))
    settled(lab)
    for _ in range(5):  # its queue may just be empty
        lab.act("kill_application")
        sample = lab.go_on(5)[-1]
        if sample[f"lost {BEHIND}"]:
            break
    assert sample[f"lost {BEHIND}"] > 0 == sample[f"lost {ASIDE}"]


def test_without_redis_only_write_behind_refuses_and_only_its_writes(running):
    lab = running(ArenaLab(writes=30.0))
    settled(lab)
    lab.act("stop_redis")
    # Expect it when the breakers have opened, and what failed before that has left the window
    others = [name for name in PATTERNS if name != BEHIND]
    lab.until(
        lambda sample: (
            sample[f"failed {BEHIND}"] > 1
            and all(sample[f"failed {name}"] < sample[f"failed {BEHIND}"] / 4 for name in others)
        )
    )
    lab.act("start_redis")
    lab.until(lambda sample: sample["errors"] == 0, 40)


def test_other_code_is_another_application_while_it_runs(running):
    lab = running(ArenaLab(rate=100.0))
    for knobs in ({"code": MODULES}, {"rtt": 0.0}, {"threads": 1}, {"code": "ours", "rtt": 2.0}):
        lab.experiment.set_knobs(knobs)
        lab.go_on(2)
    lab.until(lambda sample: sample["errors"] == 0, 30)
