import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from redislab.lessons.performance_tuning.pools.clock import PoolClock


@pytest.mark.parametrize("connections", [1, 2])
def test_a_request_waits_while_others_hold_all_connections(lab, connections):
    client = lab.client(max_connections=connections)
    clock = PoolClock(client)

    def block(seconds):
        client.blpop([lab.keys.entity("nothing", 1)], timeout=seconds)

    with ThreadPoolExecutor(1) as other:
        blocked = other.submit(block, 0.3)
        time.sleep(0.1)
        client.ping()
        waited = clock.waited
        blocked.result()
    assert (waited > 0.1) == (connections == 1)
    assert max(clock.held) > 0.25 and min(clock.held) < 0.1
