from redislab.lessons.anti_patterns.large_values.lab import SIZES, LargeValuesLab
from redislab.lessons.anti_patterns.large_values.transfers import GET, SET, document


def test_reading_ten_megabytes_delays_the_neighbour_and_nobody_does_not(running):
    lab = running(LargeValuesLab(clients=0))
    calm = lab.until(lambda sample: sample["stored"] and sample["p50"])
    assert calm["transfer"] is None and calm["moved"] == 0
    lab.experiment.set_knobs({"size": 10_000_000, "clients": 4})
    busy = lab.until(
        lambda sample: sample["measured"] == 10_000_000 and sample["p50"] and sample["p50"] > 3 * calm["p50"]
    )
    assert busy["moved"] > 10 and busy["p99"] > busy["p50"]
    assert "4" in lab.experiment.judge(busy)
    # Expect that the line's time is arithmetic: bits by bits a second
    assert busy["wire"] == 80.0
    lab.experiment.line = 10
    assert lab.until(lambda sample: sample["line"] == 10)["wire"] == 8.0


def test_every_size_gives_a_curve_and_another_way_another(running):
    lab = running(LargeValuesLab(size=1000))
    lab.until(lambda sample: sample["transfer"])
    lab.act("try_all")
    last = lab.until(lambda sample: len(sample["p50s"]) == len(SIZES), timeout=40)
    assert [size for size, _ in last["p50s"]] == list(SIZES)
    assert [size for size, _ in last["rule"]] == [100_000, 100_000]
    lab.experiment.how = SET
    lab.until(lambda sample: sample["how"] == SET and sample["transfer"] and len(sample["p50s"]) == 1)
    # Expect that compression sends less
    lab.experiment.set_knobs({"how": GET, "size": 1_000_000, "packed": True})
    packed = lab.until(lambda sample: sample["packed"] and sample["transfer"] and sample["measured"] == 1_000_000)
    assert packed["stored"] < 500_000 and packed["wire"] < 4
    assert sum(sample["errors"] for sample in lab.samples) == 0


def test_documents_are_cut_to_size():
    assert [len(document(size)) for size in SIZES] == list(SIZES)
