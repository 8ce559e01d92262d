"""What a new connection sends before its first command, counted on the wire."""

import functools
import inspect
from contextlib import ExitStack, suppress

from redis.connection import AbstractConnection

from redislab.world.network import Delay


def without_introduction() -> dict:
    """Options of a client that does not tell the server about itself, as far as this redis-py has them."""
    known = inspect.signature(AbstractConnection.__init__).parameters
    names = ["driver_info"] if "driver_info" in known else ["lib_name", "lib_version"]
    options = dict.fromkeys(name for name in names if name in known)
    with suppress(ImportError):
        from redis.maint_notifications import MaintNotificationsConfig

        options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    return options


class WireCounter:
    """Counts the round trips of new connections to some servers, by a proxy before each of them.

    A proxy does not see TCP's own handshake, which is one more.
    """

    def __init__(self):
        self._proxies = ExitStack()
        self._proxy = functools.cache(lambda server: self._proxies.enter_context(Delay(server.host, server.port)))

    def trips(self, server, **options) -> tuple[int, int]:
        """Round trips before a connection's first command, and of a command: the fewest of three connections, because what
        TLS sends on its own after the handshake may look like one more. `options` are those of `server.client`."""
        return min(self._trips_once(server, options) for _ in range(3))

    def close(self) -> None:
        self._proxies.close()

    def _trips_once(self, server, options: dict) -> tuple[int, int]:
        proxy = self._proxy(server)
        with server.client(via=proxy, max_connections=1, **options) as client:
            counts = [proxy.counted()["trips"]]
            for _ in range(2):
                client.get("nothing")
                counts.append(proxy.counted()["trips"])
        command = counts[2] - counts[1]
        return counts[1] - counts[0] - command, command
