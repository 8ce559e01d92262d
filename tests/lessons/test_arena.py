from redislab.lessons.caching_patterns.choosing.lab import ASIDE, BEHIND, MODULES, PATTERNS, RANKINGS, figures
from redislab.lessons.labs import ArenaLab


def settled(lab) -> dict:
    """A sample with reads and writes of all four, some seconds on."""
    lab.go_on(6)
    return lab.until(lambda sample: lab.experiment.judge(sample) is not None, 40)


def test_all_four_do_the_same_work_and_write_behind_does_not_wait_for_the_database(running):
    lab = running(ArenaLab(db_ms=20.0, writes=30.0))
    sample = settled(lab)
    writes, failed = figures(sample, "w50"), figures(sample, "failed")
    assert all(writes[BEHIND] < writes[name] - 10 for name in PATTERNS if name != BEHIND)
    assert sum(failed.values()) == 0
    assert "with write-behind" in lab.experiment.say(sample)
    assert [line.partition(",")[0] for line in lab.experiment.judge(sample).splitlines()] == list(RANKINGS)


def test_an_application_that_is_killed_loses_nothing_that_it_acknowledged(running):
    lab = running(ArenaLab(writes=50.0))
    settled(lab)
    lab.session.act("kill_application")
    lab.until(lambda sample: sum(figures(sample, "failed").values()) > 0)
    lab.until(lambda sample: sum(figures(sample, "failed").values()) == 0, 40)
    assert sum(figures(settled(lab), "lost").values()) == 0


def test_as_in_the_module_the_queue_in_the_application_is_lost_with_it(running):
    lab = running(ArenaLab(code=MODULES, writes=50.0))
    settled(lab)
    for _ in range(5):  # its queue may just be empty
        lab.session.act("kill_application")
        sample = lab.go_on(8)[-1]
        if sample[f"lost {BEHIND}"]:
            break
    assert sample[f"lost {BEHIND}"] > 0 == sample[f"lost {ASIDE}"]


def test_without_redis_only_write_behind_refuses_and_only_its_writes(running):
    lab = running(ArenaLab(writes=30.0))
    settled(lab)
    lab.session.act("stop_redis")
    sample = lab.until(lambda sample: sample["down"] and sample[f"failed {BEHIND}"] > 1)
    sample = lab.go_on(9)[-1]  # the breakers have opened, and what failed before that has left the window
    failed = figures(sample, "failed")
    assert all(failed[name] < failed[BEHIND] / 4 for name in PATTERNS if name != BEHIND)
    lab.session.act("start_redis")
    lab.until(lambda sample: sample["errors"] == 0, 40)


def test_other_code_is_another_application_while_it_runs(running):
    lab = running(ArenaLab(rate=100.0))
    lab.go_on(2)
    for knobs in ({"code": MODULES}, {"rtt": 0.0}, {"threads": 1}, {"code": "ours", "rtt": 2.0}):
        lab.experiment.set_knobs(knobs)
        lab.go_on(3)
    lab.until(lambda sample: sample["errors"] == 0, 30)
