"""What an experiment measured: a table of samples, and the whole run in histograms."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redislab.bench.window import Slot

if TYPE_CHECKING:
    import pandas as pd

PERCENTILES = {"p50 ms": 50, "p90 ms": 90, "p99 ms": 99, "p99.9 ms": 99.9, "max ms": 100}


@dataclass
class Recording:
    """`samples` are dicts of the time in s, the knobs and the values.

    Attributes:
        seconds: how long the load ran.
        total: the requests of the whole run, counted by tag, and their latencies.
        where: server, version and client of the measurement.
    """

    title: str = ""
    samples: list[dict] = field(default_factory=list)
    where: dict = field(default_factory=dict)
    seconds: float = 0.0
    total: Slot = field(default_factory=Slot)

    @property
    def rows(self) -> list[dict]:
        """Of a load the samples; of a sweep the points of its newest curve, each with t (s) and the knobs."""
        if "curve" not in self.last:
            return list(self.samples)  # as they are now: another thread adds to them
        facts = {name: value for name, value in self.last.items() if not isinstance(value, (list, dict))}
        return [{**facts, **point} for point in self.last["curve"]] or [facts]

    @property
    def table(self) -> "pd.DataFrame":
        """A row a sample, or a row a point of a sweep: t (s), the knobs, the values."""
        import pandas as pd  # half a second that no panel has to wait for

        return pd.DataFrame(self.rows)

    def to_csv(self) -> str:
        return self.table.to_csv(index=False)

    @property
    def last(self) -> dict:
        """The newest sample."""
        return self.samples[-1] if self.samples else {}

    @property
    def summary(self) -> "pd.DataFrame":
        """A row for each kind of request: how many, and percentiles in ms from due time to end."""
        import pandas as pd

        rows = {
            name: {"requests": latencies.total(), **{k: latencies.milliseconds(p) for k, p in PERCENTILES.items()}}
            for name, latencies in self.total.latencies.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def __repr__(self) -> str:
        ended, errors = self.total.ended, self.total.tags["error"]
        return f"<Recording of {self.title}: {ended} requests in {self.seconds:.1f} s, {errors} errors>"
