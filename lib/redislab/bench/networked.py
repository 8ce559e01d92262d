"""Experiments that put a network between the client and Redis."""

import threading
import time

from traitlets import observe

from redislab.bench.experiment import Experiment
from redislab.bench.knobs import number

AGAIN = 3.0  # s between two measurements of the round trip


class Networked(Experiment):
    """An experiment with the added round trip as a knob.

    `connect(server)` in `setup` makes `self.client`; it leads through a delay proxy while the knob is above 0 and
    straight to the server at 0. `connected()` is called whenever the client is a new one. What is shown beside the
    charts is the round trip as measured, every few seconds, not as asked for.
    """

    rtt = number(
        0.0, 0, 10, label="Added round trip", unit="ms", step=0.1, help="added by a proxy; 0 goes straight to Redis"
    )
    client = None
    measured_ms = None
    _delay = None
    _options = {}
    _measured_at = 0.0

    def connect(self, server, **options) -> None:
        self.server, self._options = server, options
        self._reroute()

    def connected(self) -> None:
        """`self.client` is a new one: build on it what is to be measured."""

    def status(self) -> dict:
        if time.monotonic() - self._measured_at > AGAIN:
            self._measure_soon()
        return {"round_trip_ms": self.measured_ms}

    def teardown(self) -> None:
        if self._delay is not None:
            self._delay.close()
        self._delay = self.client = None

    @observe("rtt")
    def _reroute(self, change=None) -> None:
        if self.server is None:
            return  # the kernel's twin
        if self.rtt and self._delay is None:
            from redislab.world.network import Delay

            self._delay = Delay(self.server.host, self.server.port)
        if self._delay is not None:
            self._delay.rtt = self.rtt / 1e3
        if change is None or not (change.old and change.new):
            self.client = self.server.client(via=self._delay if self.rtt else None, **self._options)
            self.connected()
        self._measure_soon()

    def _measure_soon(self) -> None:
        self._measured_at = time.monotonic()
        threading.Thread(target=self._measure, daemon=True).start()

    def _measure(self) -> None:
        delay = self._delay if self.rtt else None
        bare = delay and not self.server.url.startswith("rediss")  # TLS lets no PING in that is not its own
        try:
            self.measured_ms = 1e3 * (delay.measured() if bare else self.server.round_trip(via=delay))
        except Exception:  # the server may just have been stopped; the charts say so
            self.measured_ms = None
