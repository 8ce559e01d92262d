import psutil

from redislab.bench.session import Bench
from redislab.lessons.caching_patterns.write_behind.lab import MODULES, STREAM
from redislab.lessons.labs import WriteBehindLab
from tests.conftest import alive, settles
from tests.lessons.conftest import Running, mean


def applications() -> list[int]:
    """The processes of the bench's applications."""
    children = psutil.Process(Bench.shared().process.pid).children()
    return [child.pid for child in children if is_application(child)]


def is_application(process) -> bool:
    try:
        return "application" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


def kill(lab, short) -> dict:
    """Kill the application while writes wait, and give the first sample after it has recovered."""
    before = lab.until(lambda sample: sample["waiting"] > 20)
    lab.act("kill")
    lab.until(lambda sample: sample["away"])
    return lab.until(lambda sample: not sample["away"] and sample[f"risked_{short}"] > before[f"risked_{short}"])


def test_killed_with_the_modules_queue_writes_are_lost_and_with_the_stream_none(running):
    lab = running(WriteBehindLab(queue=MODULES, flush_ms=5000.0, batch=1000))
    found = kill(lab, "module")
    assert all(sample["gone_module"] is None for sample in lab.samples if not sample["risked_module"])
    assert found["gone_module"] == found["risked_module"] == found["lost"] > 0
    assert "wrong cause" in lab.experiment.judge(found)
    lab.experiment.set_knobs({"queue": STREAM, "flush_ms": 1000.0})
    for _ in range(2):
        found = kill(lab, "stream")
    assert found["risked_stream"] > 0 == found["gone_stream"] == found["lost"]
    assert "0 of" in lab.experiment.judge(found)
    lab.until(lambda sample: sample["persisted"] and sample["errors"] == 0)


def test_batches_cut_transactions_and_coalescing_cuts_rows(running):
    lab = running(WriteBehindLab(batch=1, db_ms=0.0, rate=150.0, hot=20, coalescing=False))
    one_by_one = lab.stretch(lambda samples: mean(samples, "transactions") > 0.8 * mean(samples, "statements") > 80)
    lab.experiment.set_knobs({"batch": 1000, "flush_ms": 1000.0})
    few = mean(one_by_one, "transactions") / 30
    batches = lab.stretch(lambda samples: mean(samples, "transactions") < few and mean(samples, "statements") > 80)
    lab.experiment.coalescing = True
    fewer = mean(batches, "statements") / 3
    lab.stretch(lambda samples: mean(samples, "statements") < fewer and mean(samples, "persisted") > 80)


def test_the_backlog_grows_past_the_databases_rate_and_batches_take_it_down(running):
    lab = running(WriteBehindLab(batch=1, db_ms=50.0, rate=150.0))  # 20 transactions a second at most
    lab.until(lambda sample: sample["waiting"] > 100)
    lab.stretch(
        lambda samples: (
            samples[-1]["waiting"] - samples[0]["waiting"] > 100
            and mean(samples, "persisted") < mean(samples, "acknowledged") / 2
        )
    )
    lab.experiment.set_knobs({"batch": 1000, "flush_ms": 100.0})
    lab.until(lambda sample: sample["waiting"] < 100)


def test_an_outage_ends_in_dead_letters_and_their_replay_in_the_database(running):
    lab = running(WriteBehindLab(rate=100.0, batch=50, flush_ms=100.0, hot=10_000))
    lab.until(lambda sample: sample["persisted"])
    lab.act("take_down")
    dead = lab.until(lambda sample: sample["dead"] > 20)
    assert "dead letters" in lab.experiment.say(dead)
    lab.act("bring_up")
    lab.until(lambda sample: sample["persisted"])
    lab.act("replay")
    lab.until(lambda sample: sample["dead"] == 0)
    assert lab.until(lambda sample: sample["waiting"] < 100)["lost"] == 0


def test_as_in_the_module_an_outage_loses_writes(running):
    lab = running(WriteBehindLab(queue=MODULES, rate=100.0, batch=10, hot=10_000))
    lab.until(lambda sample: sample["persisted"])
    lab.act("take_down")
    lost = lab.until(lambda sample: sample["lost"] > 10)
    assert (lost["dead"], lost["gone_module"]) == (0, None)  # nobody was killed
    assert "lost" in lab.experiment.say(lost)
    lab.act("bring_up")
    lab.until(lambda sample: sample["persisted"] > 50)


def test_closed_it_leaves_no_application_and_no_key(lab):
    shown = Running(WriteBehindLab(rate=300.0))
    shown.until(lambda sample: sample["waiting"] > 20)
    assert len(applications()) == 1
    assert list(lab.redis.scan_iter(f"{lab.prefix}:*{{writes*"))
    shown.close()
    assert not settles(applications)
    assert not settles(lambda: list(lab.redis.scan_iter(f"{lab.prefix}:*{{writes*")))


def test_when_the_bench_is_killed_the_application_goes_with_it(lab):
    shown = Running(WriteBehindLab())
    shown.until(lambda sample: sample["waiting"])
    (pid,) = applications()
    Bench.shared().process.kill()
    assert not settles(lambda: alive(pid))
    shown.close()
