"""What is claimed of this section's subject, and how it is measured."""

import secrets
import time

import redis

from redislab.errors import CapabilityError
from redislab.lessons.performance_tuning.connections.lab import ConnectionLab
from redislab.lessons.performance_tuning.round_trips import NEAR, TRIP
from redislab.study.claim import Always, Bound, Claim
from redislab.study.stage import shared


@shared
def connecting(stage, rtt: float) -> list[float]:
    """New ÷ pooled, mixed."""
    with stage.take(ConnectionLab(rtt=rtt, rate=100.0)) as take:
        return take.every(1.0, 5, lambda sample: sample["times"])


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
)  # fmt: skip
