"""Section 4: connections, pipelines and scripts."""

import functools
import secrets
import time
from statistics import median

import redis

from redislab import labs
from redislab.course.claims.claim import Always, Bound, Claim, Possible, about
from redislab.course.claims.stage import shared
from redislab.errors import CapabilityError
from redislab.labs.connection import FRESH, POOLED
from redislab.labs.counters import LUA, RACE
from redislab.labs.lua import EVAL, EVALSHA
from redislab.labs.rate_limits import MODULE_LUA, MODULE_SLIDING
from redislab.tuning import pipelined

TRIPS = {"loopback": {"rtt": 0.0}, "1 ms": {"rtt": 1.0}, "5 ms": {"rtt": 5.0}}
NEAR = {name: TRIPS[name] for name in ("loopback", "1 ms")}
TRIP = "the round trip"


# 4.1 Connections


@shared
def connecting(stage, rtt: float) -> list[float]:
    """New ÷ pooled, by turns."""
    with stage.take(labs.ConnectionLab(rtt=rtt, rate=100.0)) as take:
        readings = {POOLED: [], FRESH: []}
        for how in (POOLED, FRESH) * 4:
            take.turn(how=how)
            key = "ms pooled" if how == POOLED else "ms new"
            readings[how] += take.every(0.5, 1, lambda sample, key=key: sample[key])
    return ratios(readings[FRESH], readings[POOLED])


def ratios(them, others) -> list[float]:
    return [one / other for one, other in zip(them, others, strict=True)]


def in_rows(stage, rtt: float, tls: bool = False) -> list[float]:
    """Calls in a row without the pool ÷ with it."""
    with stage.take(labs.NoPoolLab(rtt=rtt, tls=tls, rate=5.0), ROW=0.3) as take:
        rows = lambda sample: sample["row pooled"] and sample["row fresh"]  # noqa: E731
        found = []
        for _ in range(5):
            former = take.until(lambda sample: True)["row fresh"]
            take.act("measure_rows")
            last = take.until(lambda sample, former=former: rows(sample) and sample["row fresh"] != former)
            if tls and last["why_not"]:
                raise CapabilityError(f"no TLS, because {last['why_not']}")
            found.append(last["row fresh"] / last["row pooled"])
    return found


def forgotten(stage) -> list[float]:
    """Calls of a function that makes a client and does not close it: % of the connections that are gone a moment later."""
    if stage.lab.server.cluster:
        raise CapabilityError("clients of a cluster keep connections to every node")

    def function(name):
        redis.Redis.from_url(stage.lab.server.url, client_name=name).ping()

    found = []
    for _ in range(5):
        name = f"forgotten-{secrets.token_hex(3)}"
        for _ in range(20):
            function(name)
        time.sleep(0.05)  # the server has to hear of it
        left = sum(each["name"] == name for each in stage.lab.redis.client_list())
        found.append(100 * (1 - left / 20))
    return found


@shared
def crowded(stage, rate: float, rtt: float, sizes: tuple) -> list[dict]:
    """Pools of these sizes, in turns."""
    with stage.take(labs.PoolLab(arrivals=rate, rtt=rtt), only=sizes * 4, REQUESTS=150, SHORTEST=0.5) as take:
        return take.curve()


def waiting(stage, size: int, **load) -> list[float]:
    return [point["waited"] for point in crowded(stage, sizes=(size,), **load)]


def smallest(stage, sizes: tuple, **load) -> list[float]:
    """The smallest of the pools, in each round, with which at most 1 % wait; the largest, if none is enough."""
    curve = crowded(stage, sizes=sizes, **load)
    rounds = [curve[start : start + len(sizes)] for start in range(0, len(curve), len(sizes))]
    return [next((point["x"] for point in each if point["waited"] <= 1), sizes[-1]) for each in rounds]


# 4.2 Pipelining


@shared
def batches(stage, rtt: float) -> dict[int, list[float]]:
    """Seconds a SET, by the size of the batch, in turns."""
    sizes = (1, 100, 1000, 10_000)
    with stage.take(labs.PipeliningLab(rtt=rtt), only=sizes * 8, POINT=0.08) as take:
        curve = take.curve()
    return {size: [point["seconds"] for point in curve if point["x"] == size] for size in sizes}


def took(stage, size: int, unit: float, rtt: float) -> list[float]:
    """1,000 SETs, in batches of `size`."""
    return [1000 * unit * seconds for seconds in batches(stage, rtt=rtt)[size]]


def speedup(stage, slow: int, fast: int, rtt: float) -> list[float]:
    found = batches(stage, rtt=rtt)
    return ratios(found[slow], found[fast])


def transactions(stage) -> list[float]:
    """Seconds in MULTI ÷ seconds without, the median of 40 turns: the difference is smaller than what a machine does besides."""
    client = stage.lab.client(max_connections=1)
    gets = [("GET", stage.lab.keys.entity("{atomic}", number)) for number in range(100)]
    found = []
    for _ in range(9):
        taken = [[clocked(client, gets, multi) for multi in (True, False)] for _ in range(40)]
        found.append(median(with_it / without for with_it, without in taken))
    client.close()
    return found


def clocked(client, commands: list, multi: bool) -> float:
    began = time.perf_counter()
    list(pipelined(client, commands, transaction=multi))
    return time.perf_counter() - began


def undone(stage) -> list[float]:
    """A transaction whose second command fails: % of the other two that are not done."""
    client, found = stage.lab.redis, []
    for _ in range(5):
        first, text, items = (stage.lab.keys.entity("{atomic}", name) for name in ("first", "text", "list"))
        client.set(text, "no number", ex=60)
        try:
            list(pipelined(client, [("SET", first, "1"), ("INCR", text), ("LPUSH", items, "1")], transaction=True))
        except redis.ResponseError:
            pass  # INCR's, as it has to be
        found.append(100 * (1 - client.exists(first, items) / 2))
        client.delete(first, text, items)
    return found


# 4.3 Scripts


@shared
def lost(stage) -> dict[str, list[float]]:
    """% of the increments that are lost, round by round."""
    with stage.take(labs.CountersLab(method=RACE, clients=8), ROUND=0.3) as take:
        found = {}
        for method in (RACE, LUA):
            take.turn(method=method)
            take.until(lambda sample, method=method: sample["lost"] is not None)
            found[method] = take.changes(5, lambda sample: sample["lost"], by=lambda sample: sample["rate"])
    return found


def scripts(stage, size: int) -> list[float]:
    """EVAL ÷ EVALSHA."""
    with stage.take(labs.LuaLab(size=size, rate=200.0)) as take:
        return take.every(0.4, 8, lambda sample: sample[EVAL] and sample[EVALSHA] and sample[EVAL] / sample[EVALSHA])


def decisions(stage, rtt: float) -> list[float]:
    """The module's rate limit by four commands ÷ by its script, in turns; no request is refused."""
    found = {MODULE_SLIDING: [], MODULE_LUA: []}
    experiment = labs.RateLimitLab(limit=200, period=0.5, rate=200.0, threads=1, rtt=rtt)
    with stage.take(experiment, EVERY=100) as take:
        for algorithm in (MODULE_SLIDING, MODULE_LUA) * 4:
            take.turn(algorithm=algorithm)
            found[algorithm] += take.every(0.7, 1, lambda sample: sample["p50"])
    return ratios(found[MODULE_SLIDING], found[MODULE_LUA])


pools, pipes, races = (
    functools.partial(Claim, section="4.1", lab="PoolLab", on="the load"),
    functools.partial(Claim, section="4.2", lab="PipeliningLab"),
    functools.partial(Claim, section="4.3", lab="CountersLab", unit="%", seconds=6.0),
)
piped = functools.partial(pipes, cases=TRIPS, on=TRIP, seconds=15.0)

CLAIMS = (
    Claim(
        "pool-reuse", 1049, "4.1", "Reusing connections pays",
        "a GET on a new connection ÷ on a pooled one", "×", Bound(low=1.5), "ConnectionLab",
        connecting, NEAR, TRIP, seconds=12.0,
    ),
    Claim(
        "connection-lost", 1075, "4.1", "A client's connection is lost when the function that made it returns",
        "connections that are gone a moment later", "%", Always(low=100), "ConnectionLab",
        forgotten, claimed=100, seconds=1.0,
    ),
    pools(
        "pool-formula", 1081, says="Requests/s × duration × 1.5 connections are enough",
        measures="requests that have to wait for a connection, 300/s at 10 ms, in a pool of that size",
        unit="%", bound=Bound(high=1), measure=waiting,
        cases={"5 connections": {"rate": 300.0, "rtt": 10.0, "size": 5}}, seconds=5.0,
    ),
    pools(
        "pool-typical", 1092, says="An API with little traffic needs 10–20 connections",
        measures="the smallest pool with which at most 1 % of the requests wait",
        unit="connections", bound=Bound(10, 20), measure=smallest,
        cases={
            "300/s, loopback": {"rate": 300.0, "rtt": 0.0, "sizes": (1, 2)},
            "300/s, 10 ms": {"rate": 300.0, "rtt": 10.0, "sizes": (7, 9, 11)},
            "600/s, 10 ms": {"rate": 600.0, "rtt": 10.0, "sizes": (10, 12, 14)},
        },
        claimed=10, seconds=25.0,
    ),
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
        measures="100 commands one by one ÷ in one pipeline", unit="×", bound=about(50),
        measure=functools.partial(speedup, slow=1, fast=100), claimed=50,
    ),
    piped(
        "pipelining-100x", 1366, says="Pipelining is 100 times faster",
        measures="1,000 SETs one by one ÷ in one pipeline", unit="×", bound=about(100),
        measure=functools.partial(speedup, slow=1, fast=1000), claimed=100,
    ),
    pipes(
        "multi-all-or-nothing", 1141, says="In a transaction all commands succeed, or all fail",
        measures="commands that are not done, of those beside the one that fails", unit="%", bound=Always(low=100),
        measure=undone, claimed=100, seconds=1.0,
    ),
    pipes(
        "without-multi", 1148, says="A pipeline without MULTI is faster", measures="100 GETs in MULTI ÷ without it",
        unit="×", bound=Bound(low=1.02), measure=transactions, seconds=2.0,
    ),
    Claim(
        "lua-round-trips", 1163, "4.3", "A script saves round trips",
        "a rate limit by four commands ÷ by a script", "×", Bound(low=1.5), "RateLimitLab",
        decisions, NEAR, TRIP, seconds=15.0,
    ),
    races(
        "lua-atomic", 1163, says="A script is atomic: there are no race conditions",
        measures="increments by a script that are not lost", bound=Always(low=100),
        measure=lambda stage: [100 - share for share in lost(stage)[LUA]], claimed=100,
    ),
    races(
        "get-set-race", 1173, says="Another client can come between GET and SET",
        measures="increments by GET and SET that are lost", bound=Possible(low=1),
        measure=lambda stage: lost(stage)[RACE],
    ),
    Claim(
        "eval-cost", 1190, "4.3", "A script may be sent with each call, by EVAL",
        "a call by EVAL ÷ by EVALSHA", "×", Bound(high=1.25), "LuaLab", scripts,
        {"100 B": {"size": 100}, "10 KB": {"size": 10_000}, "100 KB": {"size": 100_000}}, "the script's size",
        claimed=1, seconds=14.0,
    ),
)  # fmt: skip
ALSO = (
    Claim(
        "no-pool", 1327, "5.5", "A new connection for each request is bad, a shared pool is good",
        "a GET that connects first ÷ by the pool, in a row", "×", Bound(low=1.5), "NoPoolLab", in_rows,
        {**NEAR, "1 ms, TLS": {"rtt": 1.0, "tls": True}}, "the way there", seconds=15.0,
    ),
)  # fmt: skip
