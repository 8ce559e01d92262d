"""Where a claim is measured: labs as the learner drags them, without a page, one after the other."""

import functools
import math
import threading
import time
from collections.abc import Callable

import redis

from redislab.bench import Experiment, Session
from redislab.errors import CapabilityError, ExperimentError, RedislabError
from redislab.world import start

SLICE = 0.1  # s between two looks at whether it is to stop
READY = 60.0  # s that a lab may take to be set up


class StoppedError(RedislabError):
    """Stop was pressed, or a panel was started, which pauses whatever else is measured."""

    def __str__(self) -> str:
        return "It was stopped: a panel, or another run, was started meanwhile. Run it again."


class Stage:
    """What the claims of one run are measured on. What two of them share is measured once a run.

    Attributes:
        stop: set it, and what is under way ends within a tenth of a second.
        tick: called ten times a second, or so, while something is measured.
    """

    def __init__(self):
        self.stop = threading.Event()
        self.tick: Callable = lambda: None
        self.kept: dict = {}
        self.where: dict = {}

    @property
    def lab(self):
        """The learner's lab, for what no experiment measures."""
        made = start()
        self.where |= {"server": f"{made.server.product} {made.server.version}", "backend": made.server.backend}
        return made

    def documented(self, *commands: str) -> dict[str, dict]:
        """What the server's own documentation says of these commands, or of all; since Redis 7.

        Raises:
            CapabilityError: it has none.
        """
        try:
            told = self.lab.redis.execute_command("COMMAND DOCS", *commands)
        except redis.RedisError as refusal:
            raise CapabilityError(f"the server does not say what it knows of its commands ({refusal})") from None
        if not told:
            raise CapabilityError("the server has no documentation of its commands")
        return {name: _mapped(facts) for name, facts in _mapped(told).items()}

    def take(self, experiment: Experiment, **attributes) -> "Take":
        """Run an experiment: `with stage.take(labs.KeysLab(keys=1000), span=1.0) as take: …`

        Args:
            attributes: of this one instance, such as a shorter round.
        """
        for name, value in attributes.items():
            setattr(experiment, name, value)
        return Take(self, experiment)


def _mapped(reply) -> dict:
    """A map as RESP 3 has it; RESP 2 has a list of names and values in turn."""
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


def shared(measure: Callable) -> Callable:
    """A measurement that several claims read: with the same arguments it is made once on a stage."""

    @functools.wraps(measure)
    def once(stage: Stage, **arguments):
        key = (measure, *sorted(arguments.items()))
        if key not in stage.kept:
            stage.kept[key] = measure(stage, **arguments)
        return stage.kept[key]

    return once


def having(*names: str) -> Callable[[dict], dict | None]:
    """Reads whole samples: those in which no value of these names is missing, which would be neither 0 nor 100 %."""
    return lambda sample: None if None in map(sample.get, names) else sample


class Take(Session):
    """An experiment under way. Samples are dicts of the time in s, the knobs and the values; each is looked at
    once.
    """

    def __init__(self, stage: Stage, experiment: Experiment):
        super().__init__(experiment)
        self._stage, self._seen = stage, 0

    def __enter__(self) -> "Take":
        try:
            self.start()
            deadline = time.monotonic() + READY
            while self.state != "running":
                self._step(deadline, "ready")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._stage.where |= self.recording.where
        self.close()

    @property
    def samples(self) -> list[dict]:
        return self.recording.samples

    def set_knobs(self, **knobs) -> None:
        """Set knobs; samples from before that are not looked at."""
        self.experiment.set_knobs(knobs)
        self.until(lambda sample: all(sample[name] == value for name, value in knobs.items()))

    def act(self, name: str) -> None:
        """Press a button; samples from before that are not looked at."""
        super().act(name)
        self._seen = len(self.samples)

    def until(self, wanted: Callable[[dict], bool], timeout: float = 30.0) -> dict:
        """The next sample that is as wanted.

        Raises:
            ExperimentError: it failed, or there is none in time.
            StoppedError: it is no longer wanted.
        """
        deadline = time.monotonic() + timeout
        while True:
            self._seen = min(self._seen, len(self.samples))  # a reset begins a new list
            while self._seen < len(self.samples):
                self._seen += 1
                if wanted(sample := self.samples[self._seen - 1]):
                    return sample
            self._running()
            self._step(deadline, f"as far as was expected within {timeout:.0f} s")

    def after(self, seconds: float) -> dict:
        """The sample that comes so much later."""
        end = self._now + seconds
        return self.until(lambda sample: sample["t"] >= end, seconds + 20)

    def every(self, seconds: float, count: int, read: Callable) -> list:
        """Readings of samples that are so far apart; where there is nothing to be read, None or False, of the next one."""
        found = []
        for _ in range(count):
            self.after(seconds)
            found.append(read(self.until(lambda sample: read(sample) is not None and read(sample) is not False)))
        return found

    def changes(self, count: int, read: Callable[[dict], object], by: Callable | None = None) -> list:
        """Readings of the next rounds; a round is new when what `by` reads has changed, or else the reading itself."""
        by, found = by or read, []
        former = by(self.until(lambda sample: True))
        while len(found) < count:
            sample = self.until(lambda sample, former=former: by(sample) not in (None, former))
            former = by(sample)
            found.append(read(sample))
        return found

    def most(self, seconds: float, count: int, read: Callable[[dict], float]) -> list[float]:
        """The largest reading in each of `count` times of so many seconds."""
        found = [-math.inf] * count
        for place in range(count):
            end = self._now + seconds
            while (sample := self.until(lambda sample: True))["t"] < end:
                found[place] = max(found[place], read(sample))
        return found

    def curve(self) -> list[dict]:
        """All points of a sweep."""
        return self.until(self.experiment.done, timeout=90.0)["curve"]

    @property
    def _now(self) -> float:
        return self.samples[self._seen - 1]["t"] if self._seen else 0.0

    def _step(self, deadline: float, wanted: str) -> None:
        """Take in what comes in the next moment."""
        if self._stage.stop.is_set():
            raise StoppedError
        self._stage.tick()
        if time.monotonic() > deadline:
            raise ExperimentError(f"{self.experiment.title} was not {wanted}.")
        self.wait(timeout=SLICE)

    def _running(self) -> None:
        if self.state != "running":
            raise StoppedError
