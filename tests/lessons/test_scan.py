from redislab.lessons.key_naming.finding.lab import BATCHES, COLON, EACH, UNDERSCORE, ScanLab


def test_one_match_costs_a_whole_sweep_with_either_separator_and_an_index_none(running):
    lab = running(ScanLab(keys=50_000, share=0, rate=3.0))
    for sign, key in ((COLON, "sweep :"), (UNDERSCORE, "sweep _")):
        lab.experiment.sign = sign
        looked = lab.until(lambda sample, key=key: sample["sweep"] and sample[key])
        assert looked["found"] == looked["held"] == 1
        assert looked["sweep"] > 20 * looked["index"]
    # Expect that the two are of one size
    assert 0.2 < looked["sweep :"] / looked["sweep _"] < 5
    assert "with underscores" in lab.experiment.verdict(looked)
    # and that they are forgotten when there are other keys
    lab.experiment.keys = 10_000
    assert lab.until(lambda sample: sample["made"] == 10_000 and sample["sweep"])["sweep :"] is None


def test_deleting_in_batches_is_faster_by_far_and_what_is_deleted_comes_back(running):
    lab = running(ScanLab(keys=20_000, share=10, count=1000, rate=3.0))
    assert lab.until(lambda sample: sample["found"])["found"] == 2000
    lab.session.act("delete_each")
    lab.session.act("unlink_batches")
    deleted = lab.until(lambda sample: sample[EACH] and sample[BATCHES])
    assert deleted[EACH] > 5 * deleted[BATCHES]
    again = lab.until(lambda sample: sample["progress"] == 1 and sample["sweep"])
    assert again["found"] == again["held"] == 2000
    assert "keys a second" in lab.experiment.sentence(again)


def test_count_and_matches_show_in_the_sweep(running):
    lab = running(ScanLab(keys=50_000, share=0, rate=3.0))
    small = lab.until(lambda sample: sample["sweep"])["sweep"]
    lab.experiment.count = 100_000
    lab.until(lambda sample: sample["sweep"] and sample["sweep"] < 0.8 * small)
    lab.experiment.share = 50
    lab.until(lambda sample: sample["found"] == sample["held"] == 25_000)
    for sample in lab.samples:
        assert lab.experiment.sentence(sample)
        lab.experiment.verdict(sample)
