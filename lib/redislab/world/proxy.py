"""A TCP proxy that adds a round trip. Run as a script of its own: python -I -S proxy.py HOST PORT

It prints the port that it listens on, on 127.0.0.1. Each line on stdin is a new delay in seconds for one way, or "?",
which is answered with what has passed so far, as JSON; when stdin closes, it ends.

A `select` loop and not epoll: epoll rounds waits up to whole milliseconds in Python before 3.12.
"""

import json
import os
import selectors
import socket
import sys
import threading
import time
from collections import deque

CHUNK = 1 << 18
FULL = 1 << 22  # bytes on their way in one direction before the sender has to wait


class Pipe:
    """One direction: what was read, and when it may be written."""

    def __init__(self, source: socket.socket, sink: socket.socket):
        self.source, self.sink, self.flying, self.size, self.ended = source, sink, deque(), 0, False
        self.asking = None  # on the way to the server: whether the client spoke last
        self.asked = None  # on the way back: the other one

    def read(self, due: float) -> None:
        try:
            data = self.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.ended = not data
        self.flying.append((due, memoryview(data)))
        self.size += len(data)

    def write(self, now: float) -> bool:
        """Pass on what is due. False once the connection is over."""
        while self.flying and self.flying[0][0] <= now:
            due, data = self.flying.popleft()
            if not data:
                self.sink.shutdown(socket.SHUT_WR)
                return True
            try:
                sent = self.sink.send(data)
            except BlockingIOError:
                sent = 0
            self.size -= sent
            if sent < len(data):
                self.flying.appendleft((due, data[sent:]))
                return True
        return True

    @property
    def due(self) -> float:
        return self.flying[0][0] if self.flying else float("inf")


class Proxy:
    """Listens, and joins each connection to one of its own to the target by two pipes."""

    def __init__(self, target: tuple[str, int]):
        self.target, self.delay = target, 0.0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.selector = selectors.SelectSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.pairs: dict[socket.socket, tuple[Pipe, Pipe]] = {}
        self.counts = {"connections": 0, "trips": 0, "sent": 0, "received": 0}

    def serve(self) -> None:
        while True:
            soonest = min((pipe.due for pair in self.pairs.values() for pipe in pair), default=float("inf"))
            timeout = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
            for key, _ in self.selector.select(timeout):
                key.data() if callable(key.data) else self.read(key.data)
            now = time.monotonic()
            for client, pair in list(self.pairs.items()):
                self.flush(client, pair, now)

    def accept(self) -> None:
        client, _ = self.listener.accept()
        try:
            server = socket.create_connection(self.target, timeout=1)
        except OSError:
            return client.close()  # as a client sees a server that is not there
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs[client] = pair = Pipe(client, server), Pipe(server, client)
        pair[0].asking, pair[1].asked = False, pair[0]
        self.counts["connections"] += 1
        for pipe in pair:
            self.selector.register(pipe.source, selectors.EVENT_READ, pipe)

    def read(self, pipe: Pipe) -> None:
        before = pipe.size
        pipe.read(time.monotonic() + self.delay)
        self.count(pipe, pipe.size - before)
        if pipe.ended or pipe.size > FULL:
            self.selector.unregister(pipe.source)

    def count(self, pipe: Pipe, size: int) -> None:
        """A round trip begins when the client speaks, after the server has or before anybody has."""
        if pipe.asking is None:
            self.counts["received"] += size
            pipe.asked.asking &= not size
        elif size:
            self.counts["sent"] += size
            self.counts["trips"] += not pipe.asking
            pipe.asking = True

    def flush(self, client, pair, now: float) -> None:
        try:
            for pipe in pair:
                pipe.write(now)
                if not pipe.ended and pipe.size < FULL and pipe.source not in self.selector.get_map():
                    self.selector.register(pipe.source, selectors.EVENT_READ, pipe)
        except OSError:
            return self.close(client)
        if all(pipe.ended and not pipe.flying for pipe in pair):
            self.close(client)

    def close(self, client) -> None:
        for pipe in self.pairs.pop(client):
            if pipe.source in self.selector.get_map():
                self.selector.unregister(pipe.source)
            pipe.source.close()


def obey(proxy: Proxy) -> None:
    """In a thread, since not every system can select on a pipe: take new delays until the owner lets go."""
    for line in sys.stdin:
        if line.strip() == "?":
            print(json.dumps(proxy.counts), flush=True)
        else:
            proxy.delay = float(line)
    os._exit(0)


if __name__ == "__main__":
    proxy = Proxy((sys.argv[1], int(sys.argv[2])))
    threading.Thread(target=obey, args=(proxy,), daemon=True).start()
    print(proxy.listener.getsockname()[1], flush=True)
    proxy.serve()
