import time

import pytest

from redislab.bench.session import Session


class Running:
    """An experiment under way, and a way to wait for what it is to show."""

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
                if wanted(sample):
                    return sample
            seen = len(self.samples)
        raise AssertionError(f"not seen within {timeout} s; the last was {self.session.recording.last}")

    def go_on(self, seconds: float) -> list[dict]:
        """The samples of the next `seconds` of running time."""
        began = len(self.samples)
        end = (self.samples[-1]["t"] if self.samples else 0) + seconds
        self.until(lambda sample: sample["t"] >= end, timeout=seconds + 20)
        return self.samples[began:]


@pytest.fixture
def running(lab):
    started = []

    def start(experiment):
        started.append(Running(experiment))
        return started[-1]

    yield start
    for each in started:
        each.session.close()
