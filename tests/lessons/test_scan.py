from redislab.lessons.key_naming.finding.lab import SWEEPS, ScanLab


def test_one_match_costs_a_whole_sweep_with_either_separator_and_an_index_none(running):
    lab = running(ScanLab(keys=50_000, share=0, rate=3.0))
    for sign, key in SWEEPS.items():
        lab.experiment.sign = sign
        looked = lab.until(lambda sample, key=key: sample["sweep"] and sample[key])
        assert looked["found"] == looked["found_by_index"] == 1
        assert looked["sweep"] > 20 * looked["index"]
    # Expect that the two are of one size
    looked = lab.until(
        lambda sample: (
            sample["colon_ms"] and sample["underscore_ms"] and 0.2 < sample["colon_ms"] / sample["underscore_ms"] < 5
        )
    )
    assert "with underscores" in lab.experiment.judge(looked)
    # and that they are forgotten when there are other keys
    lab.experiment.keys = 10_000
    assert lab.until(lambda sample: sample["held"] == 10_000 and sample["sweep"])["colon_ms"] is None


def test_deleting_in_batches_is_faster_by_far_and_what_is_deleted_comes_back(running):
    lab = running(ScanLab(keys=20_000, share=10, count=1000, rate=3.0))
    assert lab.until(lambda sample: sample["found"])["found"] == 2000
    lab.act("delete_each")
    lab.act("unlink_batches")
    deleted = lab.until(lambda sample: sample["del_rate"] and sample["unlink_rate"])
    assert deleted["unlink_rate"] > 5 * deleted["del_rate"]
    again = lab.until(lambda sample: sample["progress"] == 1 and sample["sweep"])
    assert again["found"] == again["found_by_index"] == 2000
    assert "are deleted with UNLINK in batches" in lab.experiment.say(again)


def test_count_and_matches_show_in_the_sweep(running):
    lab = running(ScanLab(keys=50_000, share=0, rate=3.0))
    small = lab.until(lambda sample: sample["sweep"])["sweep"]
    lab.experiment.count = 100_000
    lab.until(lambda sample: sample["sweep"] and sample["sweep"] < 0.8 * small)
    lab.experiment.share = 50
    lab.until(lambda sample: sample["found"] == sample["found_by_index"] == 25_000)
