import math
import statistics

import pytest

from redislab.errors import ExperimentError
from redislab.study.stage import Stage, Take


class Running(Take):
    """An experiment under way, as the claims have it; it waits for samples from now on, and something can be said of each."""

    def __init__(self, experiment):
        super().__init__(Stage(), experiment)
        self.__enter__()

    def until(self, wanted, timeout=20.0) -> dict:
        """The first sample from now on that is as `wanted`."""
        self._seen = len(self.samples)
        try:
            return super().until(lambda sample: self._said(sample) and wanted(sample), timeout)
        except ExperimentError as failure:
            raise AssertionError(f"{failure} The last sample: {self.recording.last}") from None

    def _said(self, sample: dict) -> str:
        self.experiment.judge(sample)
        self.experiment.findings(sample)
        said = self.experiment.say(sample)
        assert said
        return said

    def go_on(self, seconds: float) -> list[dict]:
        """The samples of the next `seconds` of running time."""
        began = len(self.samples)
        end = (self.samples[-1]["t"] if self.samples else 0) + seconds
        self.until(lambda sample: sample["t"] >= end, timeout=seconds + 20)
        return self.samples[began:]

    def stretch(self, wanted, seconds: float = 3.0, timeout: float = 40.0) -> list[dict]:
        """The samples of the first `seconds` from now on that, taken together, are as `wanted`: what varies takes some."""
        began = len(self.samples)

        def recent(sample) -> list[dict]:
            return [each for each in self.samples[began:] if sample["t"] - seconds <= each["t"] <= sample["t"]]

        start = self.until(lambda sample: True)["t"]
        return recent(self.until(lambda sample: sample["t"] >= start + seconds and wanted(recent(sample)), timeout))


def mean(samples, key) -> float:
    """Of the samples that have it; where none has, not a number, which compares with nothing."""
    values = [sample[key] for sample in samples if sample[key] is not None]
    return statistics.mean(values) if values else math.nan


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
        each.close()
