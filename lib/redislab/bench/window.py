"""The last seconds of a load: percentiles, rates and ratios."""

import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field

from redislab.bench.latencies import Latencies

GIVEN_UP = "given up"  # the tag of a request that was never sent
SLOT = 0.25  # s; the window moves on in steps of this


@dataclass
class Slot:
    """What ended within one step of the window: counts by tag, and latencies by kind of request."""

    began: float = 0.0
    offered: int = 0
    ended: int = 0
    tags: Counter = field(default_factory=Counter)
    latencies: dict[str, Latencies] = field(default_factory=lambda: defaultdict(Latencies))

    def add(self, outcomes, offered: int) -> None:
        self.offered += offered
        self.ended += len(outcomes)
        for outcome in outcomes:
            self.tags.update({"error", GIVEN_UP} & {"error", *outcome.tags} if outcome.error else outcome.tags)
            self.latencies[outcome.tags[0]].record(outcome.seconds)

    def merge(self, other: "Slot") -> None:
        self.offered += other.offered
        self.ended += other.ended
        self.tags.update(other.tags)
        for name, latencies in other.latencies.items():
            self.latencies[name].update(latencies)


class Window:
    """What an experiment samples from. `total` holds the whole run, everything else the last `span` seconds."""

    def __init__(self, span: float = 2.0, timer=time.perf_counter):
        self.span, self._timer = span, timer
        self.restart()

    def restart(self) -> None:
        """Forget everything, as at a reset."""
        self.total = Slot(self._timer())
        self.interval = Slot(self._timer())
        self.resume()

    def resume(self) -> None:
        """Forget the last seconds, as after a pause."""
        self._slots = deque([Slot(self._timer())])
        self._totals: dict[str, deque] = {}

    def add(self, outcomes, offered: int) -> None:
        """Take in what has ended since the last call; `interval` then holds just that."""
        now = self._timer()
        if now - self._slots[-1].began >= SLOT:
            self._slots.append(Slot(now))
        while len(self._slots) > 1 and now - self._slots[1].began >= self.span:
            self._slots.popleft()
        self.interval = Slot(now)
        self.interval.add(outcomes, offered)
        self._slots[-1].merge(self.interval)
        self.total.merge(self.interval)
        self._recent = None

    def count(self, tag: str, amount: float) -> None:
        """Add to a tag what no request carried, such as the hits that a theory expects of this interval."""
        self._slots[-1].tags[tag] += amount
        self._recent = None

    @property
    def recent(self) -> Slot:
        """The slots of the last `span` seconds, merged."""
        if self._recent is None:
            self._recent = Slot(self._slots[0].began)
            for slot in self._slots:
                self._recent.merge(slot)
        return self._recent

    @property
    def seconds(self) -> float:
        return max(self._timer() - self._slots[0].began, 1e-3)

    def percentile(self, name: str, percentile: float) -> float | None:
        """Milliseconds from due time to end of the requests called `name`; None if there were none."""
        latencies = self.recent.latencies.get(name)
        return latencies.milliseconds(percentile) if latencies else None

    def percentiles(self, name: str, prefix: str = "") -> dict[str, float | None]:
        """`{"p50": …, "p99": …}` of the requests called `name`; `prefix` goes before both keys."""
        return {f"{prefix}p{percentile}": self.percentile(name, percentile) for percentile in (50, 99)}

    def rate(self, tag: str) -> float:
        """Requests per second that carried this tag."""
        return self.recent.tags[tag] / self.seconds

    def share(self, tag: str, of: str) -> float | None:
        """Requests with `tag` as a percentage of those with `of`; None if there were none."""
        whole = self.recent.tags[of]
        return 100 * self.recent.tags[tag] / whole if whole else None

    def growth(self, name: str, total: float) -> float | None:
        """Per second, from a total that only grows (statements sent, say) and is read at each sample; None at first."""
        readings = self._totals.setdefault(name, deque())
        readings.append((self._timer(), total))
        while len(readings) > 2 and readings[-1][0] - readings[0][0] > self.span:
            readings.popleft()
        (then, before), (now, after) = readings[0], readings[-1]
        return (after - before) / (now - then) if now > then else None

    def per_call(self, name: str, work) -> float | None:
        """Microseconds that the server has spent on a call, from `commandstats`; None if there was none."""
        calls, busy = self.growth(f"calls of {name}", work.calls), self.growth(f"busy with {name}", work.usec)
        return busy / calls if calls else None
