import pytest

from redislab.labs.pool import RAISE, PoolLab


@pytest.fixture
def pools(lab):
    made = []

    def make(**knobs):
        experiment = PoolLab(**knobs)
        experiment.server = lab.server
        experiment.setup(lab)
        made.append(experiment)
        experiment.REQUESTS = 200
        return experiment

    yield make
    for experiment in made:
        experiment.teardown()


@pytest.mark.parametrize("arrivals", [100.0, 200.0, 400.0])
def test_the_p99_is_on_its_flat_part_at_the_square_root_rule(pools, arrivals):
    experiment = pools(arrivals=arrivals, connections=64)
    for _ in range(4):  # a busy machine spoils one, and another W is another rule
        experiment.begin()
        sizes = experiment.theory({"p50": [], "p99": []})
        load, root = sizes["at load"], sizes["at root"]
        assert load == pytest.approx(arrivals * experiment.held) and experiment.held > 0.0095
        few, enough, many = (experiment.point(size) for size in (max(1, int(load) - 1), root, 2 * root))
        if enough["p99"] < 1.5 * many["p99"] + 5 and few["p99"] > 2 * enough["p99"] and few["p50"] > 2 * enough["p50"]:
            break
    # Expect that twice as many are no better, and that below the load everybody waits
    assert enough["p99"] < 1.5 * many["p99"] + 5
    assert few["p50"] > 2 * enough["p50"] and few["p99"] > 2 * enough["p99"]
    assert few["waited"] > many["waited"] and few["served"] < 0.95 * arrivals


def test_a_pool_that_raises_makes_errors_of_a_burst_that_waiting_would_have_served(pools):
    experiment = pools(connections=32)
    experiment.begin()
    few = int(experiment.theory({"p50": [], "p99": []})["at load"]) + 1
    assert experiment.point(few)["failed"] == 0
    experiment.full = RAISE
    assert experiment.point(few)["failed"] > 1


def test_a_sweep_draws_point_by_point_and_may_meet_a_server_that_is_full(running):
    lab = running(PoolLab(connections=9, arrivals=400.0, rtt=5.0))
    lab.session.act("limit")
    lab.until(lambda sample: sample["limited"])
    full = lab.until(lambda sample: sample["curve"] and sample["curve"][-1]["x"] == 9, timeout=60)
    assert max(point["failed"] for point in full["curve"]) > 5 and "takes 8 clients" in lab.experiment.sentence(full)
    assert [x for x, _ in full["p99"]] == sorted({x for x, _ in full["p99"]})
    lab.session.act("limit")
    lab.until(lambda sample: not sample["limited"])
    for sample in lab.samples:
        assert lab.experiment.sentence(sample)
        lab.experiment.verdict(sample)
