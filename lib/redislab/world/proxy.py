"""A TCP proxy that adds a round trip, in a child process.

A `select` loop and not epoll: epoll rounds waits up to whole milliseconds in Python before 3.12.
"""

import asyncio
import contextlib
import selectors
import socket
import threading
from collections import deque

FULL = 1 << 22  # bytes on their way in one direction before the sender has to wait


class Proxy:
    """Listens on a free port of 127.0.0.1, and connects each client to the target."""

    def __init__(self, host: str, port: int):
        self.target, self.delay = (host, port), 0.0
        self.counts = {"connections": 0, "trips": 0, "sent": 0, "received": 0}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
        threading.Thread(target=self._serve, daemon=True).start()

    def port(self) -> int:
        return self._listener.getsockname()[1]

    def set_delay(self, one_way: float) -> None:
        self.delay = one_way

    def counted(self) -> dict[str, int]:
        return dict(self.counts)

    def _serve(self) -> None:
        serving = self.loop.create_server(lambda: ClientEnd(self), sock=self._listener, backlog=512)
        self.loop.run_until_complete(serving)
        self.loop.run_forever()


class End(asyncio.Protocol):
    """One end of a connection through the proxy: what arrives here leaves at the `other` end, after the delay."""

    def __init__(self, proxy: Proxy, other: "End | None" = None):
        self.proxy, self.other = proxy, other
        self._flying, self._size, self._ended = deque(), 0, False

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Send it on when the delay is over, and pause the sender if too much is on its way."""
        self._flying.append(data)
        self._size += len(data)
        self.proxy.loop.call_later(self.proxy.delay, self._land)
        self._regulate()

    def eof_received(self) -> bool:
        self.data_received(b"")
        return True  # the other direction stays open

    def resume_writing(self) -> None:
        self.other._regulate()

    def connection_lost(self, failure) -> None:
        if self.other is not None:
            self.other.transport.close()

    def _land(self) -> None:
        data = self._flying.popleft()  # the oldest, also where the delay was shortened meanwhile
        self._size -= len(data)
        if data:
            self.other.transport.write(data)
            self._regulate()
        else:
            with contextlib.suppress(OSError):  # that end is gone already
                self.other.transport.write_eof()
            self._ended = True
            if self.other._ended:
                self.transport.close()

    def _regulate(self) -> None:
        if self._size + self.other.transport.get_write_buffer_size() > FULL:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()


class ClientEnd(End):
    """Where a client has connected. It counts: a round trip begins when the client speaks after the server has."""

    def __init__(self, proxy: Proxy):
        super().__init__(proxy)
        self.asking = False

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        transport.pause_reading()
        self._dialling = self.proxy.loop.create_task(self._dial())

    def data_received(self, data: bytes) -> None:
        if data:
            self.proxy.counts["sent"] += len(data)
            self.proxy.counts["trips"] += not self.asking
            self.asking = True
        super().data_received(data)

    async def _dial(self) -> None:
        try:
            dialling = self.proxy.loop.create_connection(lambda: ServerEnd(self.proxy, self), *self.proxy.target)
            _, self.other = await asyncio.wait_for(dialling, 1)
        except OSError:
            return self.transport.abort()  # as a client sees a server that is not there
        self.proxy.counts["connections"] += 1
        self.transport.resume_reading()


class ServerEnd(End):
    """The proxy's own connection to the target."""

    def data_received(self, data: bytes) -> None:
        self.proxy.counts["received"] += len(data)
        self.other.asking &= not data
        super().data_received(data)
