"""A load in several processes: what they did, and what bounded them."""

import contextlib
import functools
import os
import time

import pytest

from redislab.bench.worker_pool import BUSY, WorkerPool
from redislab.world import Server


class Spin:
    def __call__(self, seconds):
        began = time.process_time()
        while time.process_time() - began < seconds:
            pass
        return {"done": 1, "pid": os.getpid()}


class Wait:
    def __call__(self, seconds):
        time.sleep(seconds)
        return {"done": 1}


class Burden:
    """Has the server work, and nobody else."""

    def __init__(self, url):
        self.client = Server(url).client(socket_timeout=30)

    def __call__(self, steps):
        self.client.eval("for i = 1, tonumber(ARGV[1]) do end", 0, steps)
        return {"done": 1}


@pytest.fixture
def pool(request):
    pool = WorkerPool(request.param, processes=2)
    yield pool
    pool.close()


@pytest.mark.parametrize("pool", [Spin], indirect=True)
def test_workers_are_processes_of_their_own_and_a_busy_one_is_the_bound(lab, pool):
    round = pool.run(lab.redis, 0.3)
    assert round.counts["done"] == len(pool) == 2
    assert len({worker.process.pid for worker in pool.workers} | {os.getpid()}) == 3
    assert round.client * round.seconds == pytest.approx(0.3, abs=0.1)  # of processor, however busy the machine is
    assert round._replace(client=0.9).bound == "client"


@pytest.mark.parametrize("pool", [Wait], indirect=True)
def test_who_only_waits_is_bound_by_the_network(lab, pool):
    round = pool.run(lab.redis, 0.3)
    assert round.bound == "network" and round.client < 0.2 and round.seconds >= 0.3


def test_a_server_at_work_is_the_bound(lab):
    with contextlib.closing(WorkerPool(functools.partial(Burden, lab.server.url), processes=1)) as pool:
        round = pool.run(lab.redis, 30_000_000)
        assert round.server > 4 * round.client
        assert round._replace(server=BUSY + 0.1).bound == "server"


@pytest.mark.parametrize("pool", [Wait], indirect=True)
def test_each_member_may_be_told_something_else(lab, pool):
    assert pool.run(lab.redis, each=lambda index: (0.2 * index,)).seconds == pytest.approx(0.2, abs=0.15)
