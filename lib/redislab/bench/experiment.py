"""An experiment: the knobs a learner may set, what one request is, and what is read from it.

A new lab is one class, in the `lab.py` of its section:

    class GreetingLab(Experiment):
        "Clients read a greeting; the knobs say how many and how long it is."

        title = "Greeting"
        claim = "A GET takes well under a millisecond"

        rate = number(200.0, 10, 1000, label="Requests", unit="/s", log=True)
        size = number(100, 1, 100_000, label="Value", unit="B", log=True, integer=True)

        charts = (time_chart("Latency of a GET", "ms", log=True, p50="p50", p99="p99"),)
        presets = {"A large value": {"size": 100_000}}

        def setup(self, lab):
            self.client, self.key = lab.client(), lab.keys.entity("greeting", 1)

        @on("size")
        def store(self):
            self.client.set(self.key, "x" * self.size, ex=600)

        def request(self):
            self.client.get(self.key)
            return "read"

        def sample(self, window):
            return window.percentiles("read")

        sentence = "Half of the reads take under {p50:.2f} ms, one in a hundred over {p99:.2f} ms."
        verdict = "{p99:.2f} ms at p99, with values of {size:,} B"
"""

import difflib
import functools
import random
import time
from collections.abc import Callable
from dataclasses import replace

from traitlets import HasTraits

from redislab.bench.knobs import Knob, KnobTrait
from redislab.bench.load import PATIENCE, OpenLoop
from redislab.bench.mine import Mine
from redislab.bench.readings import MissingError, Readings, fill
from redislab.bench.session import Session
from redislab.bench.yours import YOURS, Yours
from redislab.errors import KnobError
from redislab.world.owned import Owned


def on(*names: str):
    """Mark a method that follows knobs: the bench calls it once after `setup`, and again whenever one of them changes."""

    def mark(method):
        method.follows = frozenset(names)
        return method

    return mark


def action(label: str):
    """Mark a method as a button: it runs in the bench while the load goes on."""

    def mark(method):
        method.action = label
        return method

    return mark


class Experiment(HasTraits):
    """Knobs are traits, charts are data, and the load is `request()`, sent at set times (open loop).

    A subclass says what to `setup`, what one `request` is, and what to `sample`. Those run in the bench, a process of its own,
    and so do the methods that follow knobs (`@on`); the twin in the kernel only holds the knobs.

    A panel opens with the first three knobs and the first two charts, so those come first that the section's question is about;
    what a class inherits comes last, unless it declares it again.

    Attributes:
        presets: by the name on the button, what differs from the knobs' defaults.
        repeats: whether it can be measured once more when it is done, by a method `again()`.
        waiting: what stands in place of the sentence while a value that it needs is missing.
        yours: how a learner's code is called, where no knob chooses it.
        mine: a learner's function or class (`ItsLab(mine=function)`), which in the bench stands beside the library's classes
            (`redislab.bench.mine.Called`); None if there is none.
        server: what is measured; the lab's server unless `setup` takes another one.
        rate: requests offered per second (a knob, in most labs); or override `mix` or `gap`.
        workers: requests that can be under way simultaneously.
        patience: seconds that a request may be late before it is given up; more where one is a whole round of measuring.
        span: seconds over which ratios, rates and percentiles are taken.
        window: seconds that a time axis shows.
    """

    title = ""
    claim = ""
    charts = ()
    presets = {}
    sentence = ""
    verdict = ""
    repeats = False
    waiting = "Waiting for the first figures."
    yours: Yours | None = None
    mine = None
    server = None
    workers = 32
    patience = PATIENCE
    span = 2.0
    window = 60.0

    def __init__(self, *, mine: Callable | None = None, **knobs):
        super().__init__()
        self._owned = Owned()
        self.set_knobs((self._offer(mine) if mine is not None else {}) | knobs)

    def _offer(self, code: Callable) -> dict:
        """Have a learner's code among the options of the knob that has room for it, and a bar; the knob, set to it."""
        knob = next((each for each in self.knobs().values() if each.yours), None)
        if not (self.yours or knob):
            raise KnobError(f"{type(self).__name__} compares no code of yours: leave out `mine`.")
        self.mine = Mine.of(code, self.yours or knob.yours)
        self.charts = tuple(chart.with_yours() for chart in self.charts)
        if not knob:
            return {}
        offered = replace(knob, options=(*knob.options, YOURS))
        self.knobs = lambda: type(self).knobs() | {knob.name: offered}
        return {knob.name: YOURS}

    def learners(self) -> list:
        """The code of a learner's that this calls."""
        return [self.mine] if self.mine else []

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """The knobs by name, in the order in which the class declares them; then those that it inherits."""
        traits = cls.class_traits()
        order = [name for base in cls.__mro__ for name in vars(base)]
        names = dict.fromkeys(name for name in order if isinstance(traits.get(name), KnobTrait))
        return {name: traits[name].knob for name in names}

    @classmethod
    def actions(cls) -> dict[str, str]:
        """Button labels by method name, in the order of the class."""
        return cls._marked("action")

    @classmethod
    def _marked(cls, mark: str) -> dict:
        """What `@action` or `@on` has noted of the methods, by name, in the order of the class."""
        members = [member for base in reversed(cls.__mro__) for member in vars(base).items()]
        return {name: getattr(member, mark) for name, member in members if hasattr(member, mark)}

    @classmethod
    def preset(cls, name: str) -> dict:
        """Every knob as the preset of that name has it: those that it does not mention, at their defaults."""
        return {name: knob.default for name, knob in cls.knobs().items()} | cls.presets[name]

    def settings(self) -> dict:
        """Where the knobs stand."""
        return {name: getattr(self, name) for name in self.knobs()}

    def set_knobs(self, knobs: dict) -> None:
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
        """Prepare on `lab` (redislab.world.Lab); runs once, and again at each reset.

        What `lab` gives (clients, private servers, handles on the database) is closed at the end, and the keys under
        `lab.prefix`, which is this run's own, are removed. Anything else that has to be closed goes through `owned`.
        """

    def owned(self, resource):
        """Return `resource`, and have the bench close it at the end: what was made last is closed first."""
        self._owned.add(resource)
        return resource

    def at_end(self, function, *arguments) -> None:
        """Have the bench call this at the end, in the order of `owned`."""
        self._owned.add(None, functools.partial(function, *arguments))

    def follow(self, changed) -> None:
        """Call the methods that follow any of these knobs, in the order of the class. One may return the names of further
        things that have changed because of it, and that later methods follow, such as "client".
        """
        changed = set(changed)
        for name, followed in self._marked("follows").items():
            if followed & changed:
                changed |= getattr(self, name)() or set()

    def request(self):
        """Send one request; return what it was ("read"), or a tuple of that and tags to count ("read", "hit").

        By default, each request calls one of the methods of `mix`.
        """
        kinds = self.mix()
        if not kinds:
            raise TypeError(f"{type(self).__name__} has to say what one request is: define request() or mix().")
        return random.choices([*kinds], [*kinds.values()])[0]()

    def mix(self) -> dict[Callable, float]:
        """Methods, each a kind of request, and how many of each are due per second: `{self.read: 90.0, self.write: 10.0}`."""
        return {}

    def gap(self, random) -> float:
        """Seconds until the next request is due: a Poisson process of `rate` per second, or of what `mix` adds up to."""
        return random.expovariate(sum(self.mix().values()) or self.rate)

    def load(self):
        """What is set on it: requests at their due times. It has `start`, `stop`, `drain` and `figures`."""
        request = self.mine.blamed(self.request) if self.mine else self.request
        return OpenLoop(request, self.gap, self.workers, patience=self.patience)

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

    def release(self) -> None:
        """The end, at reset, at close, and after a failed setup: close what is owned."""
        self._owned.close()

    # in the kernel

    def say(self, values: dict) -> str:
        """What the charts show now. `sentence` is a template, a tuple of them (see `fill`), or a method that returns a text or
        such a tuple; values that are missing lead to `waiting`."""
        said = self._told(self.sentence, values) or ("" if self.sentence == "" else self.waiting)
        return " ".join(filter(None, (values.get("mine"), values.get("saturated"), said)))

    def judge(self, values: dict) -> str | None:
        """This machine's figure against the claim, from `verdict`, which is like `sentence`; None while a value is missing."""
        return self._told(self.verdict, values)

    def _told(self, what, values: dict) -> str | None:
        try:
            said = what(Readings(values)) if callable(what) else what
            is_text = callable(what) and not isinstance(said, tuple)
            return said if is_text else fill(said, Readings(self.settings() | values))
        except MissingError:
            return None

    def done(self, values: dict) -> bool:
        """Whether nothing is left to be measured, so that `run` may end."""
        return False

    def conclude(self, values: dict) -> None:
        """It is done, with these values: a panel calls this once, for what is to be kept of them."""

    def findings(self, values: dict) -> list[list]:
        """A table below the charts, its head first; empty: there is none.

        A cell is text, coloured if it begins with ✓ or ✗; or a link: what it says, and the address.
        """
        return []

    def cards(self, values: dict) -> list:
        """What was found, each as a `Card` below the charts, in order."""
        return []

    def at_work(self):
        """The same load for redis-benchmark and memtier_benchmark, as the knobs stand (a `Load`); or why they cannot send it, a
        sentence."""
        return ""

    def run(self, seconds: float = 5.0, **knobs):
        """Measure for some seconds, without a screen, and return a `Recording`.

        Raises:
            KnobError: an unknown knob or a value out of bounds.
            ExperimentError: the experiment failed; the message says why.
        """
        self.set_knobs(knobs)
        with Session(self) as session:
            session.start()
            session.wait("running")
            deadline = time.monotonic() + seconds
            while (left := deadline - time.monotonic()) > 0 and not self.done(session.recording.last):
                session.wait(timeout=min(left, 0.1))
            session.pause()
            session.wait("paused")
            return session.recording
