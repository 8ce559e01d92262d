"""Distance between a client and Redis: a proxy in a process of its own that adds a chosen round trip."""

import functools
import socket
import statistics
import time

from redislab.errors import StartError
from redislab.world.child import Child
from redislab.world.proxy import Proxy


class Delay(Child):
    """A way to `host:port` that takes `rtt` seconds longer; connect to `delay.host`, `delay.port` instead.

    The proxy itself costs some tenths of a millisecond. That is measured at the start and taken off what it adds, so
    that the round trip through it is close to the one asked for, from about 0.2 ms on. The TCP handshake is not delayed.

        with Delay(server.host, server.port) as delay:
            delay.rtt = 0.005
            client = server.client(via=delay)

    Raises:
        StartError: the proxy did not start.
    """

    def __init__(self, host: str, port: int, rtt: float = 0.0):
        try:
            super().__init__(functools.partial(Proxy, host, port), "delay")
            self.host, self.port = "127.0.0.1", self.call("port")
        except OSError as failure:
            raise StartError(
                f"The network delay did not start ({failure}). Are there free ports on 127.0.0.1?"
            ) from None
        self._own = 0.0
        self._calibrate()
        self.rtt = rtt

    @property
    def rtt(self) -> float:
        """Seconds asked for; `measured()` says what came of it. May be set while connections are open."""
        return self._rtt

    @rtt.setter
    def rtt(self, seconds: float) -> None:
        self._rtt = seconds
        self.call("set_delay", max(0.0, seconds - self._own) / 2)

    def measured(self, pings: int = 9) -> float:
        """Seconds that a PING takes through the proxy, the median of some.

        Raises:
            OSError: nothing answers behind it.
        """
        return _ping((self.host, self.port), pings)

    def counted(self) -> dict[str, int]:
        """What has passed so far: "connections", round "trips", bytes "sent" to the server and "received" from it.

        A round trip is counted when the client speaks after the server has; TCP's own handshake is not seen.
        """
        return self.call("counted")

    def __enter__(self) -> "Delay":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _calibrate(self) -> None:
        """What a wait of a millisecond really takes, on top of the way there and back.

        The least of some medians: whatever else the machine does adds to it, and would be taken off for good.
        """
        self.call("set_delay", 0.0005)
        try:
            self._own = max(0.0, min(self.measured(7) for _ in range(6)) - 0.001)
        except OSError:
            self._own = 0.0002  # nothing answers yet


def is_here(host: str) -> bool:
    """Whether a host is this machine, by one of its own addresses: only these can be bound."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as own:
            own.bind(address)
        return True
    except (OSError, UnicodeError):
        return False


def _ping(address: tuple[str, int], pings: int) -> float:
    """The wire alone: an inline PING and whatever comes back, +PONG or a request to log in."""
    taken = []
    with socket.create_connection(address, timeout=2) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(pings):
            began = time.perf_counter()
            connection.sendall(b"PING\r\n")
            if not connection.recv(256):
                raise OSError("closed")
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)
