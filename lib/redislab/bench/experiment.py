"""An experiment: what a learner may turn, what one request is, and what is read from it."""

import difflib
import time

from traitlets import HasTraits

from redislab.bench.knobs import Knob, KnobTrait
from redislab.bench.load import PATIENCE, OpenLoop
from redislab.errors import KnobError


def action(label: str):
    """Mark a method as a button: it runs in the bench while the load goes on."""

    def mark(method):
        method.action = label
        return method

    return mark


class Experiment(HasTraits):
    """Knobs are traits, charts are data, and the load is `request()`, sent at set times (open loop).

    A subclass says what to `setup`, what one `request` is, and what to `sample`. Those three run in the bench,
    a process of its own; the twin in the kernel only holds the knobs. A new lab is one such class.

    Attributes:
        server: what is measured; the lab's server unless `setup` takes another one.
        rate: requests offered per second (a knob, in most labs); or override `gap`.
        workers: requests that can be under way at once.
        patience: seconds that a request may be late before it is given up; more where one is a whole round of measuring.
        span: seconds over which ratios, rates and percentiles are taken.
        window: seconds that a time axis shows.
    """

    title = ""
    claim = ""
    charts = ()
    presets = {}
    server = None
    workers = 32
    patience = PATIENCE
    span = 2.0
    window = 60.0

    def __init__(self, **knobs):
        super().__init__()
        self.turn(knobs)

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """The knobs by name, in the order in which the class declares them."""
        traits = cls.class_traits()
        order = [name for base in reversed(cls.__mro__) for name in vars(base)]
        names = dict.fromkeys(name for name in order if isinstance(traits.get(name), KnobTrait))
        return {name: traits[name].knob for name in names}

    @classmethod
    def actions(cls) -> dict[str, str]:
        """Button labels by method name, in the order of the class."""
        found = {}
        for base in reversed(cls.__mro__):
            found |= {name: member.action for name, member in vars(base).items() if hasattr(member, "action")}
        return found

    def settings(self) -> dict:
        """Where the knobs stand."""
        return {name: getattr(self, name) for name in self.knobs()}

    def turn(self, knobs: dict) -> None:
        """Set several knobs.

        Raises:
            KnobError: an unknown knob or a value out of bounds; nothing is changed then.
        """
        known = self.knobs()
        for name, value in knobs.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise KnobError(f"{type(self).__name__} has no knob {name!r}.{hint} Its knobs: {', '.join(known)}.")
            known[name].check(value)
        with self.hold_trait_notifications():
            for name, value in knobs.items():
                setattr(self, name, value)

    # in the bench

    def setup(self, lab) -> None:
        """Prepare on `lab` (redislab.world.Lab); runs once, and again at each reset."""

    def request(self):
        """Send one request; return what it was ("read"), or a tuple of that and tags to count ("read", "hit")."""
        raise TypeError(f"{type(self).__name__} has to say what one request is: define request().")

    def gap(self, random) -> float:
        """Seconds until the next request is due: a Poisson process of `rate` per second."""
        return random.expovariate(self.rate)

    def load(self):
        """What is set on it: requests at their due times. It has `start`, `stop`, `drain` and `figures`."""
        return OpenLoop(self.request, self.gap, self.workers, patience=self.patience)

    def sample(self, window) -> dict:
        """Read the charts' values from the last `span` seconds (redislab.bench.window.Window)."""
        return {}

    def where(self) -> dict:
        """What stands beside the charts: the server, its version and where it comes from."""
        server = self.server
        return {"server": f"{server.product} {server.version}", "backend": server.backend}

    def status(self) -> dict:
        """Readings that go with every sample without being drawn, such as the measured round trip."""
        return {}

    def teardown(self) -> None:
        """Give back what setup took; runs at reset, at close, and after a failed setup."""

    # in the kernel

    def sentence(self, values: dict) -> str:
        """What the charts show now, in one sentence."""
        return ""

    def verdict(self, values: dict) -> str | None:
        """This machine's figure against the claim; None while there is too little to say."""
        return None

    def done(self, values: dict) -> bool:
        """Whether nothing is left to be measured, so that `run` may end."""
        return False

    def findings(self, values: dict) -> list[list[str]]:
        """A table below the charts, its head first; a cell that begins with ✓ or ✗ is coloured. Empty: there is none."""
        return []

    def run(self, seconds: float = 5.0, **knobs):
        """Measure for some seconds, without a screen, and return a `Recording`.

        Raises:
            KnobError: an unknown knob or a value out of bounds.
            ExperimentError: the experiment failed; the message says why.
        """
        from redislab.bench.session import Session  # the session knows experiments, not the other way round

        self.turn(knobs)
        with Session(self) as session:
            session.start()
            session.wait("running")
            deadline = time.monotonic() + seconds
            while (left := deadline - time.monotonic()) > 0 and not self.done(session.recording.last):
                session.wait(timeout=min(left, 0.1))
            session.pause()
            session.wait("paused")
            return session.recording
