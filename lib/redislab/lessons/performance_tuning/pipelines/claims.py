"""What is claimed of this section's subject, and how it is measured."""

import functools
import time
from statistics import median

import redis

from redislab.lessons.performance_tuning.pipelines.batches import GET, SET
from redislab.lessons.performance_tuning.pipelines.lab import PipeliningLab
from redislab.lessons.performance_tuning.round_trips import TRIP, TRIPS
from redislab.study.claim import Always, Bound, Claim, about, ratios
from redislab.study.stage import shared
from redislab.tuning import pipelined


@shared
def batches(stage, rtt: float, command: str = SET, sizes: tuple = (1, 100, 1000, 10_000)) -> dict[int, list[float]]:
    """Seconds a command, by the size of the batch, in turns."""
    with stage.take(PipeliningLab(rtt=rtt, command=command), only=sizes * 8, point_seconds=0.08) as take:
        curve = take.curve()
    return {size: [point["seconds"] for point in curve if point["x"] == size] for size in sizes}


def took(stage, size: int, unit: float, rtt: float) -> list[float]:
    """1,000 SETs, in batches of `size`."""
    return [1000 * unit * seconds for seconds in batches(stage, rtt=rtt)[size]]


def speedup(stage, slow: int, fast: int, **load) -> list[float]:
    found = batches(stage, **load)
    return ratios(found[slow], found[fast])


def memory(stage, most: int) -> list[float]:
    """MB of one pipeline with GETs of `most` values of 1 KB, client and server, ÷ of 1,000; the small ones first."""
    with stage.take(
        PipeliningLab(rtt=0.0, command=GET, size=1000), only=(1000,) * 4 + (most,) * 4, point_seconds=0.2
    ) as take:
        found = [point["client_mb"] + point["server_mb"] for point in take.curve()]
    return ratios(found[4:], found[:4])


def transactions(stage) -> list[float]:
    """Seconds in MULTI ÷ seconds without, the median of 40 turns: the difference is smaller than what a machine does besides."""
    client = stage.lab.client(max_connections=1)
    keys = stage.lab.keys.tenant("atomic", together=True)
    gets = [("GET", keys.entity("note", number)) for number in range(100)]
    found = []
    for _ in range(9):
        taken = [[clocked(client, gets, multi) for multi in (True, False)] for _ in range(40)]
        found.append(median(with_it / without for with_it, without in taken))
    client.close()
    return found


def clocked(client, commands: list, multi: bool) -> float:
    began = time.perf_counter()
    pipelined(client, commands, transaction=multi)
    return time.perf_counter() - began


def undone(stage) -> list[float]:
    """A transaction whose second command fails: % of the other two that are not done."""
    client, found = stage.lab.redis, []
    for _ in range(5):
        keys = stage.lab.keys.tenant("atomic", together=True)
        first, text, items = (keys.entity("note", name) for name in ("first", "text", "list"))
        client.set(text, "no number", ex=60)
        try:
            pipelined(client, [("SET", first, "1"), ("INCR", text), ("LPUSH", items, "1")], transaction=True)
        except redis.ResponseError:
            pass  # INCR's, as it has to be
        found.append(100 * (1 - client.exists(first, items) / 2))
        client.delete(first, text, items)
    return found


pipes = functools.partial(Claim, section="4.2", lab="PipeliningLab")

piped = functools.partial(pipes, cases=TRIPS, on=TRIP, seconds=15.0)

CLAIMS = (
    piped(
        "one-by-one", 1108, says="1,000 SETs, one by one, take 1–5 s", measures="1,000 SETs, one by one",
        unit="s", bound=about(1, 5), measure=functools.partial(took, size=1, unit=1.0), claimed=1,
    ),
    piped(
        "one-round-trip", 1116, says="One round trip for everything: the larger the pipeline, the better",
        measures="speed in pipelines of 10,000 ÷ of 1,000", unit="×", bound=Bound(low=1.25),
        measure=functools.partial(speedup, slow=1000, fast=10_000),
    ),
    piped(
        "pipeline-1-5-ms", 1117, says="1,000 SETs in one pipeline take 1–5 ms", measures="1,000 SETs in one pipeline",
        unit="ms", bound=about(1, 5), measure=functools.partial(took, size=1000, unit=1e3), claimed=5,
    ),
    piped(
        "pipelining-1000x", 1117, says="A pipeline of 1,000 is 1,000 times faster",
        measures="1,000 SETs one by one ÷ in one pipeline", unit="×", bound=about(1000),
        measure=functools.partial(speedup, slow=1, fast=1000), claimed=1000,
    ),
    piped(
        "hundred-users", 1133, says="100 users take 2 ms in one pipeline instead of 100 ms",
        measures="100 GETs one by one ÷ in one pipeline", unit="×", bound=about(50), claimed=50,
        measure=functools.partial(speedup, slow=1, fast=100, command=GET, sizes=(1, 100)), seconds=11.0,
    ),
    piped(
        "pipelining-100x", 1366, says="Pipelining is 100 times faster",
        measures="1,000 SETs one by one ÷ in one pipeline", unit="×", bound=about(100),
        measure=functools.partial(speedup, slow=1, fast=1000), claimed=100,
    ),
    pipes(
        "pipeline-memory", 1116, says="One round trip for everything costs no more than several: a pipeline of 10,000",
        measures="memory of a pipeline of 10,000 GETs of 1 KB ÷ of 1,000, client and server", unit="×",
        bound=Bound(high=2), measure=memory, cases={"": {"most": 10_000}}, claimed=1, seconds=7.0,
    ),
    pipes(
        "multi-all-or-nothing", 1141, says="In a transaction all commands succeed, or all fail",
        measures="commands undone because another one fails", unit="%", bound=Always(low=100),
        measure=undone, claimed=100, seconds=1.0,
    ),
    pipes(
        "without-multi", 1148, says="A pipeline without MULTI is faster", measures="100 GETs in MULTI ÷ without it",
        unit="×", bound=Bound(low=1.02), measure=transactions, seconds=2.0,
    ),
)  # fmt: skip
