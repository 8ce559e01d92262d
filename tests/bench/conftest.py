"""A session whose events are heard."""

import threading

import pytest

from redislab.bench import Sample, State
from redislab.bench.session import Session


class Ear:
    """Collects events, and waits for one."""

    def __init__(self):
        self.events, self._news = [], threading.Condition()

    def __call__(self, event):
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait(self, wanted, timeout=20.0):
        with self._news:
            assert self._news.wait_for(lambda: any(wanted(event) for event in self.events), timeout), self.events[-3:]
            return [event for event in self.events if wanted(event)][-1]

    def state(self, name):
        return self.wait(lambda event: isinstance(event, State) and event.name == name)

    def sample(self, wanted=lambda sample: True, timeout=20.0):
        return self.wait(lambda event: isinstance(event, Sample) and wanted(event), timeout)


@pytest.fixture
def opened(lab):
    sessions = []

    def open_(experiment):
        ear = Ear()
        sessions.append(Session(experiment, ear))
        return sessions[-1], ear

    yield open_
    for session in sessions:
        session.close()
