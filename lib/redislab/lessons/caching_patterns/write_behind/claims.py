"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.caching_patterns.write_behind.lab import MODULES, STREAM, WriteBehindLab
from redislab.study.claim import Always, Bound, Claim


def surviving(stage, queue: str) -> list[float]:
    """% of the acknowledged writes that outlive a kill of the application, some 600 in the 3 s before each; Redis stays up."""
    experiment = WriteBehindLab(queue=queue, rate=200.0, hot=10_000, batch=100, flush_ms=5000.0, db_ms=0.0)
    with stage.take(experiment) as take:
        found, former = [], {"taken": 0, "lost": 0}
        for _ in range(2):
            take.after(3.0)
            take.act("kill")
            take.until(lambda sample: sample["away"])
            last = take.until(lambda sample: not sample["away"])
            found.append(100 * (1 - (last["lost"] - former["lost"]) / (last["taken"] - former["taken"])))
            former = last
    return found


def transactions(stage, batch: int) -> list[float]:
    """Database transactions for each write that was acknowledged."""
    experiment = WriteBehindLab(queue=STREAM, batch=batch, rate=60.0, db_ms=1.0)
    with stage.take(experiment, span=1.5) as take:
        take.after(1.0)
        return take.every(1.6, 4, functools.partial(per_write, "transactions"))


def rows(stage, coalescing: bool, hot: int) -> list[float]:
    """Rows that are sent to the database for each write that was acknowledged."""
    experiment = WriteBehindLab(queue=STREAM, rate=200.0, db_ms=1.0, hot=hot, coalescing=coalescing)
    with stage.take(experiment, span=1.5) as take:
        take.after(1.5)
        return take.every(1.6, 4, functools.partial(per_write, "statements"))


def per_write(name: str, sample: dict) -> float | None:
    """How many there were for each write; None where there was no write, which says nothing."""
    return sample[name] / sample["acknowledged"] if sample["acknowledged"] and sample[name] is not None else None


behind = functools.partial(Claim, section="1.3", lab="WriteBehindLab")

CLAIMS = (
    behind(
        "write-behind-load", 354, says="Write-behind reduces the load on the database",
        measures="database transactions for each acknowledged write", unit="", bound=Bound(high=0.5),
        measure=transactions, on="the batch", claimed=1,
        cases={"one by one": {"batch": 1}, "batches of 100": {"batch": 100}}, seconds=20.0,
    ),
    behind(
        "coalescing", 354, says="Write-behind sends fewer rows to the database than are written",
        measures="rows sent to the database for each acknowledged write", unit="", bound=Bound(high=0.6), claimed=1,
        measure=rows, on="coalescing, and on how many rows are hot", seconds=26.0,
        cases={
            "each write (the module)": {"coalescing": False, "hot": 20},
            "the newest of 20 hot rows": {"coalescing": True, "hot": 20},
            "the newest of 10,000 rows": {"coalescing": True, "hot": 10_000},
        },
    ),
    behind(
        "write-behind-loss", 358, says="Writes are lost if the cache fails (and so not while Redis is up)",
        measures="acknowledged writes that outlive a kill of the application, in batches of 100 or 5 s", unit="%",
        bound=Always(low=100), measure=surviving, claimed=100, on="where the queue is",
        cases={"in the application (the module)": {"queue": MODULES}, "in a Redis Stream": {"queue": STREAM}},
        seconds=30.0,
    ),
)  # fmt: skip
