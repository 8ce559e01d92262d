"""A client whose pool fits its load, and whose requests wait for a connection, but not for ever."""

from concurrent.futures import wait

import redis

from redislab.study.checks import CheckContext, Exercise, begin, requirement
from redislab.tuning import square_root

LOADS = (300, 0.010), (900, 0.010), (2000, 0.002)
HOLD = 0.05  # s for which each request of a burst holds its connection
LONGEST = 2.0  # s that a request may wait for a connection; the task says 1
STALL = 2500  # ms


class LoadContext(CheckContext):
    """A context whose function is given the URL of a server and a load, and returns a client."""

    def call(self, load=LOADS[0]):
        return self.function(self.server.url, *load)

    def burst(self, load) -> tuple[int, int, int]:
        """Three requests for each connection that the load needs, simultaneously: how many were sent, how many were
        answered, and on how many connections."""
        client, requests = self.call(load), 3 * square_root(*load)
        before = self.redis.info("stats")["total_connections_received"]
        calls = [begin(client.blpop, "empty", HOLD) for _ in range(requests)]
        answered = sum(call.exception() is None for call in calls)
        made = self.redis.info("stats")["total_connections_received"] - before
        client.connection_pool.disconnect()
        return requests, answered, made


class PoolThatWaits(Exercise):
    """L + 2√L connections in a blocking pool with a timeout."""

    name, context = "pool-that-waits", LoadContext

    @requirement("A burst uses L + 2√L connections: 7, 15 and 8 for three loads", hint=1)
    def sized(self, context):
        made = [context.burst(load)[2] for load in LOADS]
        wanted = [square_root(*load) for load in LOADS]
        return all(abs(one - other) <= 1 for one, other in zip(made, wanted, strict=True)), f"it used {made}"

    @requirement("Every request of the burst is answered", hint=2)
    def patient(self, context):
        requests, answered, _ = context.burst(LOADS[0])
        return answered == requests, f"{answered} of {requests} were answered"

    @requirement("If Redis hangs, a request that gets no connection raises after about a second", hint=3)
    def bounded(self, context):
        client = context.call()
        client.ping()
        context.redis.client_pause(STALL)
        calls = [begin(client.get, "key") for _ in range(3 * square_root(*LOADS[0]))]
        ended, held = wait(calls, LONGEST)  # which of them got a connection is a matter of luck: those hold it
        if not ended:
            return False, f"it was still waiting after {LONGEST:.0f} s"
        errors = [call.exception() for call in ended]
        wait(held)
        other = [error for error in errors if not isinstance(error, redis.RedisError)]
        seen = (other or errors)[0]
        return not other, f"it raised {type(seen).__name__}" if seen else "it was answered"
