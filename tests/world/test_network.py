"""Distance: a round trip that is asked for, and measured."""

import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import redis

from redislab.world.network import Delay
from tests.conftest import settles


@pytest.fixture
def delay(lab):
    with Delay(lab.server.host, lab.server.port) as delay:
        yield delay


@pytest.mark.quiet
@pytest.mark.parametrize("asked", [0.0005, 0.002, 0.010])
def test_the_round_trip_is_close_to_the_one_asked_for(delay, asked):
    delay.rtt = asked
    measured = statistics.median(delay.measured(21) for _ in range(5))
    assert measured == pytest.approx(asked, rel=0.1, abs=0.0004)


def test_it_may_be_changed_while_connections_are_open(lab, delay):
    client = lab.client(via=delay)

    def took():
        began = time.perf_counter()
        client.ping()
        return time.perf_counter() - began

    client.ping()
    delay.rtt = 0.05
    assert not settles(lambda: took() < 0.045, 5)
    delay.rtt = 0.0
    assert not settles(lambda: took() > 0.045, 5)


def test_what_goes_through_arrives_whole_both_ways(lab, delay):
    delay.rtt = 0.001
    client, key = lab.client(via=delay, decode_responses=False, socket_timeout=20), lab.keys.entity("big", 1)
    for size in (1, 100_000, 5_000_000):
        value = os.urandom(size)
        client.set(key, value, ex=60)
        assert client.get(key) == value
    client.delete(key)


@pytest.mark.quiet
@pytest.mark.parametrize("commands", [100, 300])
def test_a_pipeline_takes_one_round_trip(lab, delay, commands):
    """Nagle's algorithm would hold up what arrives in several pieces for 40 ms."""
    delay.rtt = 0.002
    client, key, taken = lab.client(via=delay), lab.keys.entity("packets", 1), []
    for _ in range(21):
        pipeline = client.pipeline(transaction=False)
        for _ in range(commands):
            pipeline.set(key, "x" * 100, ex=60)
        began = time.perf_counter()
        pipeline.execute()
        taken.append(time.perf_counter() - began)
    client.delete(key)
    assert statistics.median(taken) < 0.025


def test_many_connections_at_once(lab, delay):
    delay.rtt = 0.005
    client = lab.client(via=delay, max_connections=60, socket_timeout=10)
    key = lab.keys.entity("count", 1)
    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(lambda _: client.incr(key), range(500))) == list(range(1, 501))
    client.delete(key)


def test_it_carries_at_least_a_third_of_what_goes_directly(lab, delay):
    def rate(client):
        pipeline, began = client.pipeline(transaction=False), time.perf_counter()
        for _ in range(10):
            for _ in range(1000):
                pipeline.ping()
            pipeline.execute()
        return 10_000 / (time.perf_counter() - began)

    direct, through = lab.client(), lab.client(via=delay)
    ratios = [rate(through) / rate(direct) for _ in range(5)]
    assert statistics.median(ratios) >= 0.3


def test_a_redis_that_is_gone_is_an_error_at_once_and_back_when_it_is(lab):
    with contextlib.closing(lab.private_server()) as server, Delay(server.host, server.port, 0.001) as delay:
        client = server.client(via=delay)
        client.ping()
        server.kill()
        began = time.perf_counter()
        for _ in range(3):
            with pytest.raises(redis.ConnectionError):
                client.ping()
        assert time.perf_counter() - began < 2
        server.restart()
        assert client.ping()


def test_the_end_of_one_side_reaches_the_other(lab, delay):
    with socket.create_connection((delay.host, delay.port), timeout=5) as connection:
        connection.sendall(b"PING\r\nQUIT\r\n")
        received = b""
        while chunk := connection.recv(100):
            received += chunk
    assert received.startswith(b"+PONG")


OWNER = """
import sys
from redislab.world.network import Delay
delay = Delay("127.0.0.1", 1)
print(delay.process.pid, flush=True)
sys.stdin.read()
"""


def test_a_proxy_ends_with_its_owner():
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    proxy = int(owner.stdout.readline())
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    assert not settles(lambda: psutil.pid_exists(proxy))


def test_it_counts_connections_round_trips_and_bytes(lab, delay):
    before = delay.counted()

    def since():
        return {name: count - before[name] for name, count in delay.counted().items()}

    with socket.create_connection((delay.host, delay.port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"
        assert since() == {"connections": 1, "trips": 1, "sent": 6, "received": 7}
        connection.sendall(b"PING\r\nPING\r\n")  # two commands, one round trip
        received = b""
        while len(received) < 14:
            received += connection.recv(100)
        assert since() == {"connections": 1, "trips": 2, "sent": 18, "received": 21}
