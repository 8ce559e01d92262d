import pytest

from redislab.lessons.performance_tuning.pools.lab import FEW, RAISE, PoolLab
from redislab.tuning import busy, square_root


@pytest.fixture
def pools(lab):
    """Make labs whose points can be measured one by one, here."""
    made = []

    def make(**knobs):
        experiment, branch = PoolLab(**knobs), lab.branch("pool")
        experiment.requests, experiment.shortest = 150, 1.0
        made.append((experiment, branch))
        experiment.setup(branch)
        experiment.follow({"rtt"})
        return experiment

    yield make
    for experiment, branch in made:
        experiment.release()
        branch.close()


@pytest.mark.quiet
@pytest.mark.parametrize("rate", [200.0, 300.0, 500.0])
def test_the_p99_is_on_its_flat_part_at_the_square_root_rule(pools, rate):
    experiment = pools(rate=rate, connections=64)
    for _ in range(4):  # a busy machine spoils one, and another W is another rule
        experiment.begin()
        load, root = busy(rate, experiment.held), square_root(rate, experiment.held)
        assert experiment.held > 0.0095
        few, enough, many = (experiment.point(size) for size in (max(1, int(load / 2)), root, 2 * root))
        if enough["p99"] < 1.5 * many["p99"] + 5 and few["p99"] > 2 * enough["p99"] and few["p50"] > 2 * enough["p50"]:
            break
    # Expect that twice as many are no better, and that below the load everybody waits
    assert enough["p99"] < 1.5 * many["p99"] + 5
    assert few["p50"] > 2 * enough["p50"] and few["p99"] > 2 * enough["p99"]
    assert few["waited"] > many["waited"] and few["served"] < 0.95 * rate


def test_a_pool_that_raises_makes_errors_of_a_burst_that_waiting_would_have_served(pools):
    experiment = pools(connections=32)
    experiment.begin()
    few = int(busy(experiment.rate, experiment.held) / 2) + 1
    assert experiment.point(few)["failed"] == 0
    experiment.full = RAISE
    assert experiment.point(few)["failed"] > 1


def test_a_server_that_is_full_refuses_what_the_pool_would_have(pools):
    experiment = pools(rate=400.0, rtt=5.0)
    experiment.admin.config_set("maxclients", FEW)
    assert experiment.point(2 * FEW)["failed"] > 0
    experiment.admin.config_set("maxclients", 10_000)
    assert experiment.point(2 * FEW)["failed"] == 0


def test_a_sweep_draws_point_by_point(running):
    lab = running(PoolLab(connections=4, rate=600.0, rtt=5.0))
    whole = lab.until(lambda sample: sample.get("progress") == 1, timeout=60)
    sizes = [x for x, _ in whole["p99"]]
    assert sizes == sorted(set(sizes)) and sizes[-1] == 4
    assert whole["p50"][0][1] > whole["p50"][-1][1]
    # Expect that what is enough is known when all sizes are, and not before
    p99 = dict(whole["p99"])
    assert p99[whole["enough"]] <= 1.1 * p99[4] and all(p99[x] > 1.1 * p99[4] for x in sizes if x < whole["enough"])
    assert all(sample["enough"] is None for sample in lab.samples if len(sample["p99"]) < len(sizes))
    lab.act("limit")
    limited = lab.until(lambda sample: sample["limit"] and sample["progress"] == 1, timeout=60)
    assert "takes 8 clients" in lab.experiment.say(limited)


@pytest.mark.quiet
def test_the_verdict_compares_the_rules():
    experiment = PoolLab(connections=8, rate=600.0, rtt=2.0)
    experiment.requests, experiment.shortest = 100, 0.3
    last = experiment.run().last
    assert last["busy"] == pytest.approx(600 * last["held_ms"] / 1e3)
    assert last["module_size"] < last["root_size"] <= 8
    assert f"L + 2√L = {last['root_size']} connections" in experiment.judge(last)
