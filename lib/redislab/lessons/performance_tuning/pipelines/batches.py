"""A client that sends commands in batches, in a process of its own, and the memory that this takes on both sides."""

import functools
import threading
import time
from contextlib import suppress
from pathlib import Path

from redislab.keys import KeyNamespace
from redislab.tuning import pipelined
from redislab.world.servers import Server

SET, GET = "SET", "GET"


class Batches:
    """A job of a WorkerPool: sends commands in batches until time is up; a batch of 1 goes without a pipeline."""

    def __init__(self, url: str):
        server = Server(url)
        self.client = functools.cache(lambda via: server.client(via=via, max_connections=2, socket_timeout=30))
        self.at_first = None

    def __call__(self, via, sends, size: int, multi: bool, seconds: float, batch: int) -> dict:
        """
        Args:
            sends: SET, GET, or a learner's function that reads, with the prefix of its keys.
        """
        client = self.client(via)
        client.ping()
        mine = None if sends in (SET, GET) else sends[0]
        send = reading(client, *sends) if mine else functools.partial(plain, client, sends, size, multi)
        self.at_first = self.at_first or memory_now()
        forget_peak()
        work = functools.partial(repeat, send, batch, time.monotonic() + seconds)
        done = mine.result(work) if mine else work()
        return {"done": done, "memory": max(0, memory_peak() - self.at_first)}


def repeat(send, batch: int, deadline: float) -> int:
    """How many commands were sent until then."""
    done = 0
    while time.monotonic() < deadline:
        send(batch)
        done += batch
    return done


def plain(client, command: str, size: int, multi: bool, batch: int) -> None:
    commands = commands_of(command, size, batch)
    if batch == 1:
        client.execute_command(*next(commands))
    else:
        pipelined(client, commands, chunk=batch, transaction=multi)


def reading(client, mine, prefix: str):
    """A learner's function, called for so many ids."""
    read = mine(client, KeyNamespace(prefix)).read

    def send(batch: int) -> None:
        values = read([number % 1000 for number in range(batch)])
        if len(values) != batch:
            raise mine.wrong(f"It returned {len(values):,} values for {batch:,} ids.")

    return send


def commands_of(command: str, size: int, batch: int):
    value = ("x" * size,) if command == SET else ()
    return ((command, f"key:{i % 1000}", *value) for i in range(batch))


def memory_now() -> int:
    """Bytes of this process in memory; 0 where there is no /proc."""
    return _status("VmRSS")


def memory_peak() -> int:
    """The most since `forget_peak`; 0 where there is no /proc."""
    return _status("VmHWM")


def forget_peak() -> None:
    """Where that is not allowed, the peak stays that of all batches so far, which were smaller."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status(line: str) -> int:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return 1024 * int(text.partition(f"{line}:")[2].split()[0])


class BufferPeak:
    """Looks again and again at what the server holds for its clients: what they sent, and what they have not yet taken.

        with BufferPeak(client) as buffers:
            ...
        buffers.growth

    Attributes:
        growth: bytes at the peak, above what there was before.
    """

    def __init__(self, client):
        self._client, self._over = client, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "BufferPeak":
        self._before, self.growth = self._held(), 0
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self.growth = max(self.growth, self._held() - self._before)

    def _held(self) -> int:
        return self._client.info("memory").get("mem_clients_normal", 0)
