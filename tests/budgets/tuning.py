"""Budgets of section 4: pipelines in chunks, the load's punctuality, and the network delay."""

import statistics
import time

from redislab.bench.load import OpenLoop
from redislab.keys import KeyNamespace
from redislab.tuning import get_many, set_many
from redislab.world import start
from redislab.world.network import Delay
from tests.budgets.table import Row, in_turns

MANY = 1000


def pipelines(lab) -> list[Row]:
    """1,000 commands by ours, and by hand as redis-py's manual has it."""
    client, keys = lab.client(), KeyNamespace(f"{lab.prefix}:budget")
    names = [keys.entity("piped", id) for id in range(MANY)]
    values = dict.fromkeys(names, "x" * 100)

    def read_by_hand():
        pipeline = client.pipeline(transaction=False)
        for name in names:
            pipeline.get(name)
        return pipeline.execute()

    def write_by_hand():
        pipeline = client.pipeline(transaction=False)
        for name, value in values.items():
            pipeline.set(name, value, px=60_000)
        return pipeline.execute()

    set_many(client, values, ttl=60)
    assert read_by_hand() == get_many(client, names) == list(values.values())
    pairs = (
        ("get_many", lambda: get_many(client, names), read_by_hand),
        ("set_many", lambda: set_many(client, values, ttl=60), write_by_hand),
    )
    table = []
    for name, ours, theirs in pairs:
        mine, hand = in_turns(ours, theirs, rounds=15, calls=10)
        what = f"{name}, {MANY} keys in one pipeline: speed against the same by hand"
        table.append(Row(what, hand / mine, 1.0, high=False, note=f"{1e6 * mine / MANY:.1f} µs a command"))
    lab.redis.unlink(*names)
    return table


def punctuality(rate: float = 2000.0, seconds: float = 3.0) -> Row:
    """How far the requests that were offered are from those that were asked for, at even gaps; the median of three runs."""
    errors = []
    for _ in range(3):
        load = OpenLoop(lambda: "request", lambda random: 1 / rate, workers=8)
        load.start()
        began = time.perf_counter()
        time.sleep(seconds)
        _, offered = load.drain()
        errors.append(abs(offered / (time.perf_counter() - began) / rate - 1))
        load.stop()
    return Row(
        f"open loop at {rate:,.0f}/s: offered against asked for, off by", 100 * statistics.median(errors), 5, "%"
    )


def delay(lab) -> list[Row]:
    """The round trip through the proxy, as measured, and what it lets through."""
    server, worst, notes = lab.server, 0.0, []
    with Delay(server.host, server.port) as way:
        for asked in (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.010):
            way.rtt = asked
            measured = statistics.median(way.measured(21) for _ in range(7))
            worst = max(worst, abs(measured - asked) / max(0.1 * asked, 0.0002))
            notes.append(f"{1e3 * measured:.2f}")
        way.rtt = 0.0
        direct, through = lab.client(), lab.client(via=way)
        near, far = in_turns(pings(direct), pings(through), rounds=15, calls=3)
    return [
        Row(
            "delay of 0.2, 0.5, 1, 2, 5, 10 ms: error against 10 % or 0.2 ms", worst, 1.0, note=f"{', '.join(notes)} ms"
        ),
        Row("throughput through the delay, against direct", near / far, 0.3, high=False),
    ]


def pings(client):
    def send():
        pipeline = client.pipeline(transaction=False)
        for _ in range(MANY):
            pipeline.ping()
        pipeline.execute()

    return send


def rows() -> list[Row]:
    lab = start()
    return [*pipelines(lab), punctuality(), *delay(lab)]
