from redislab.lessons.anti_patterns.missing_ttls.lab import LFU, LRU, NOEVICTION, VOLATILE, MissingTtlsLab


def full(sample):
    return sample["t"] > 2 and sample["used"] > 0.95 * sample["most"]


def test_volatile_without_ttls_refuses_writes_and_with_them_evicts(running):
    lab = running(MissingTtlsLab(policy=VOLATILE, scans=20))
    refused = lab.until(lambda sample: full(sample) and sample["failed"] > 10)
    assert refused["evicted"] == 0 and refused["lasting"] == refused["held"]
    assert "fail" in lab.experiment.judge(refused)
    lab.experiment.with_ttl = 100
    # Expect that what is there has no TTL yet: it begins with an empty cache
    lab.act("empty_cache")
    evicting = lab.until(lambda sample: sample["with_ttl"] and sample["evicted"] and sample["evicted"] > 10)
    lab.until(lambda sample: sample["failed"] == 0 and sample["lasting"] < 0.05 * sample["held"])
    assert evicting["errors"] == 0


def test_lfu_keeps_its_hits_under_a_scan_better_than_lru(running):
    lab = running(MissingTtlsLab(policy=LRU, scans=60))
    lru = lab.until(lambda sample: sample[f"hits {LRU}"])[f"hits {LRU}"]
    lab.experiment.policy = LFU
    last = lab.until(lambda sample: sample[f"hits {LFU}"])
    assert last[f"hits {LFU}"] > lru + 3
    assert last["evicted"] > 0 and last["used"] < 1.1 * last["most"]
    # and that the bars are of like conditions
    lab.experiment.scans = 0
    lab.until(lambda sample: sample[f"hits {LRU}"] is None)


def test_short_ttls_keep_the_memory_below_its_limit_without_eviction(running):
    lab = running(MissingTtlsLab(policy=NOEVICTION, with_ttl=100, ttl=1.0, limit=100, scans=50))
    level = lab.until(lambda sample: sample["expired"] and sample["expired"] > 10)
    assert lab.go_on(2)[-1]["used"] < 0.9 * level["most"]
    assert all(sample["failed"] == 0 for sample in lab.samples)
    lab.experiment.limit = 10
    lab.until(lambda sample: sample["failed"] > 0 or full(sample))
