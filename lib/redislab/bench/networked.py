"""Experiments that put a network between the client and Redis."""

import threading
import time
from typing import NamedTuple

from redislab.bench.experiment import Experiment, on
from redislab.bench.knobs import number

AGAIN = 3.0  # s between two measurements of the round trip


class Address(NamedTuple):
    """Where to dial instead of at the server; it may travel to another process."""

    host: str
    port: int


def round_trip(default: float = 0.0, step: float = 0.1, help: str = "added by a proxy; 0 goes straight to Redis"):
    """The knob, in ms, as a lab has it whose lesson begins with another one than 0."""
    return number(default, 0, 10, label="Added round trip", unit="ms", step=step, help=help)


class Networked(Experiment):
    """An experiment with the added round trip as a knob.

    `connect(server)` in `setup` says where to; then `self.client` leads through a delay proxy while the knob is above 0, and
    straight to the server at 0. A method that builds on the client follows it: `@on("client", "size")`. A further client that
    goes the same way is `self.server.client(via=self.via)`, in another process, too. What is shown beside the charts is the
    round trip as measured, every few seconds, not as asked for.
    """

    rtt = round_trip()
    client = None
    via: Address | None = None
    measured_ms = None
    _delays = {}  # one for each server, by port, kept to the end: requests may still be under way through it
    _measured_at = 0.0

    def connect(self, server, **options) -> set[str]:
        """Have `self.client` lead to this server; `options` are those of `server.client`. A method that follows a knob returns
        what this returns, and those that follow the client are called."""
        self.server, self._options, self.client = server, options, None
        return self._route()

    def status(self) -> dict:
        if time.monotonic() - self._measured_at > AGAIN:
            self._measure_soon()
        return {"round_trip_ms": self.measured_ms}

    @on("rtt")
    def _route(self) -> set[str]:
        """Set the delay; a client that goes another way than before is a new one."""
        from redislab.world.network import Delay

        port, before = self.server.port, self.via
        if self.rtt and port not in self._delays:
            self._delays = self._delays | {port: self.owned(Delay(self.server.host, port))}
        if delay := self._delays.get(port):
            delay.rtt = self.rtt / 1e3
        self.via = Address(delay.host, delay.port) if self.rtt else None
        self._measure_soon()
        if self.client and self.via == before:
            return set()
        self.client = self.server.client(via=self.via, **self._options)
        return {"client"}

    def _measure_soon(self) -> None:
        self._measured_at = time.monotonic()
        threading.Thread(target=self._measure, daemon=True).start()

    def _measure(self) -> None:
        delay = self._delays.get(self.server.port) if self.rtt else None
        bare = delay and not self.server.url.startswith("rediss")  # TLS lets no PING in that is not its own
        try:
            self.measured_ms = 1e3 * (delay.measured() if bare else self.server.round_trip(via=delay))
        except Exception:  # the server may just have been stopped; the charts say so
            self.measured_ms = None
