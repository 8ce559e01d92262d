import cloudpickle
import pytest

from redislab.lessons.data_modeling.complexity.exponents import fit, told
from redislab.lessons.data_modeling.complexity.lab import ComplexityLab
from redislab.lessons.data_modeling.complexity.table import (
    ADD,
    ALL,
    GET,
    HASH,
    LIST,
    OPERATIONS,
    RANGE,
    SET,
    SORTED_SET,
    STRING,
)


class Short(ComplexityLab):
    """The same, with a table that is soon full."""

    TABLE_STEPS = (100, 300, 1000)


cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))  # the bench does not import tests


def test_what_is_linear_grows_and_what_is_not_does_not():
    experiment = ComplexityLab()
    linear = experiment.run(operation=GET, structure=LIST, largest=30_000).last
    flat = experiment.run(operation=GET, structure=HASH, largest=30_000).last
    assert linear["exponent"] > 0.6
    assert abs(flat["exponent"]) < 0.35
    assert linear["times"] == linear["server"][-1][1] / linear["server"][0][1] > 20
    assert [n for n, _ in flat["server"]] == [100, 316, 1000, 3162, 10_000, 30_000]


def test_each_point_has_the_servers_time_and_the_clients():
    experiment = ComplexityLab()
    recording = experiment.run(operation=GET, structure=SORTED_SET, largest=3000, calls=100)
    assert recording.table["x"].tolist() == [100, 316, 1000, 3000]
    assert (recording.table["server_us"] < recording.table["client_us"]).all()
    assert recording.table["calls"].between(1, 120).all()
    assert "ZSCORE on a sorted set of 3,000 items" in experiment.say(recording.last)
    assert "O(log N) in the module, but it is O(1)" in experiment.judge(recording.last)


def test_all_of_a_string_is_not_for_nothing():
    last = ComplexityLab().run(operation=ALL, structure=STRING, largest=300_000).last
    # Valkey sends a large value without copying it first, so that only the client has to wait for it
    assert last["client"][-1][1] > 3 * last["client"][0][1]


def test_where_there_is_no_command_it_says_why():
    experiment = ComplexityLab()
    last = experiment.run(operation=RANGE, structure=SET).last
    assert last["curve"] == []
    assert "no order" in experiment.say(last)
    assert "N/A" in experiment.judge(last)


def test_the_whole_table_fills_every_cell_and_a_knob_leads_back_to_one(running):
    experiment = Short(largest=1000, calls=20)
    lab = running(experiment)
    lab.act("whole_table")
    last = lab.until(lambda sample: sample["progress"] == 1 and len(sample["curve"]) == 3 * 23, timeout=60)
    assert len(last["exponents"]) == 23
    head, *rows = experiment.findings(last)
    assert len(head) == 6 and [row[0] for row in rows] == list(OPERATIONS)
    assert all("N^" in text or text == "✓\u00a0N/A" for row in rows for text in row[1:])
    experiment.structure = HASH
    last = lab.until(lambda sample: sample["progress"] == 1 and sample["structure"] == HASH)
    assert [n for n, _ in last["server"]] == [100, 316, 1000]
    assert len(last["exponents"]) == 23  # what was measured stays


def test_the_fit_finds_the_power_of_a_power_law():
    exponent, line = fit([(n, 0.5 * n**0.7) for n in (100, 1000, 10_000, 100_000)])
    assert exponent == pytest.approx(0.7)
    assert line[-1] == pytest.approx((100_000, 0.5 * 100_000**0.7))
    assert fit([(100, 1.0), (1000, 2.0)]) == (None, [])


@pytest.mark.parametrize(
    ("operation", "structure", "exponent", "said"),
    [
        (GET, HASH, 0.04, "✓ O(1)\nN^0.0"),
        (GET, HASH, -0.04, "✓ O(1)\nN^0.0"),
        (GET, SORTED_SET, 0.1, "✗ O(log N) → O(1)\nN^0.1"),
        (RANGE, LIST, 0.1, "O(N)\nN^0.1"),  # right, but not to be seen: no mark
        (RANGE, SET, None, "✓ N/A"),
        (ADD, LIST, None, "O(1)"),
    ],
)
def test_a_cell_says_what_the_module_says_what_is_true_and_what_was_measured(operation, structure, exponent, said):
    exponents = {} if exponent is None else {(operation, structure): exponent}
    assert told(operation, structure, exponents).replace("\u00a0", " ") == said
