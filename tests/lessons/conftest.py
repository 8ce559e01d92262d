import statistics
import time

import pytest

from redislab.bench.session import Session


class Running:
    """An experiment under way, and a way to wait for what it is to show. Of every sample that comes something can be said."""

    def __init__(self, experiment):
        self.experiment, self.session = experiment, Session(experiment)
        self.session.start()
        self.session.wait("running")

    @property
    def samples(self) -> list[dict]:
        return self.session.recording.samples

    def until(self, wanted, timeout=20.0) -> dict:
        """The first sample from now on that is as `wanted`."""
        seen, deadline = len(self.samples), time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.session.wait(timeout=0.1)
            for sample in self.samples[seen:]:
                self._say(sample)
                if wanted(sample):
                    return sample
                seen += 1
        raise AssertionError(f"not seen within {timeout} s; the last was {self.session.recording.last}")

    def _say(self, sample: dict) -> None:
        assert self.experiment.say(sample)
        self.experiment.judge(sample)
        self.experiment.findings(sample)

    def go_on(self, seconds: float) -> list[dict]:
        """The samples of the next `seconds` of running time."""
        began = len(self.samples)
        end = (self.samples[-1]["t"] if self.samples else 0) + seconds
        self.until(lambda sample: sample["t"] >= end, timeout=seconds + 20)
        return self.samples[began:]


def mean(samples, key) -> float:
    """Of the samples that have it."""
    return statistics.mean(sample[key] for sample in samples if sample[key] is not None)


def late(samples, key) -> float:
    """The same of the last ones."""
    return mean(samples[-15:], key)


@pytest.fixture
def running(lab):
    started = []

    def start(experiment):
        started.append(Running(experiment))
        return started[-1]

    yield start
    for each in started:
        each.session.close()
