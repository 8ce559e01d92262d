"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.caching_patterns.write_behind.lab import MODULES, STREAM, WriteBehindLab
from redislab.study.claim import Always, Bound, Claim


def surviving(stage) -> list[float]:
    """% of the rows with acknowledged writes that are not lost, when the application is killed and Redis is not."""
    experiment = WriteBehindLab(queue=MODULES, rate=200.0, hot=10_000, flush_ms=1000.0)
    with stage.take(experiment) as take:
        found, former = [], (0, 0)
        for _ in range(3):
            take.after(1.2)
            take.act("kill")
            last = take.until(lambda s, former=former: not s["away"] and s["risked_module"] > former[0])
            risked, gone = last["risked_module"] - former[0], last["gone_module"] - former[1]
            found.append(100 * (1 - gone / risked))
            former = last["risked_module"], last["gone_module"]
    return found


def transactions(stage, batch: int) -> list[float]:
    """Database transactions for each write that was acknowledged."""
    experiment = WriteBehindLab(queue=STREAM, batch=batch, rate=60.0, db_ms=1.0)
    with stage.take(experiment, span=1.5) as take:
        take.after(1.0)
        return take.every(1.6, 4, lambda sample: sample["acknowledged"] and per_write(sample))


def per_write(sample: dict) -> float | None:
    done = sample["transactions"]
    return None if done is None else done / sample["acknowledged"]


behind = functools.partial(Claim, section="1.3", lab="WriteBehindLab")

CLAIMS = (
    behind(
        "write-behind-load", 354, says="Write-behind reduces the load on the database",
        measures="database transactions for each acknowledged write", unit="", bound=Bound(high=0.5),
        measure=transactions, on="the batch", claimed=1,
        cases={"one by one": {"batch": 1}, "batches of 100": {"batch": 100}}, seconds=20.0,
    ),
    behind(
        "write-behind-loss", 358, says="Writes are lost if the cache fails (and so not while Redis is up)",
        measures="rows that outlive a kill of the application, Redis being up, as in the module", unit="%",
        bound=Always(low=100), measure=surviving, claimed=100, seconds=12.0,
    ),
)  # fmt: skip
