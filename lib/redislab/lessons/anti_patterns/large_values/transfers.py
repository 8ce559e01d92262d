"""Documents of any size, and clients that read or write one over and over."""

import functools
import json
import random
import threading
import time
import zlib

from redislab.world.servers import Server

GET, SET = "GET", "SET"


@functools.cache
def orders() -> bytes:
    """JSON of made-up orders."""
    made = random.Random(7)
    names = ("kettle", "lamp", "chair", "notebook", "umbrella", "headphones")
    rows = [
        {"order": made.randrange(10**6), "product": made.choice(names), "price": made.randrange(100, 99_999) / 100}
        for _ in range(2000)
    ]
    return json.dumps(rows).encode()


def document(size: int) -> bytes:
    """Orders, one behind the other, cut to `size` bytes."""
    return (orders() * (size // len(orders()) + 1))[:size]


class Transfers:
    """Readers or writers of one value, a thread and a connection each, until time is up."""

    def __init__(self, url: str):
        self.client = Server(url).client(max_connections=64, socket_timeout=30, decode_responses=False)

    def __call__(self, key: str, how: str, size: int, packed: bool, seconds: float, clients: int) -> dict:
        """How many transfers there were, and how many seconds they took, all together."""
        work, value = (self.write, document(size)) if how == SET else (self.read, None)
        taken, deadline = [], time.monotonic() + seconds

        def go_on():
            while time.monotonic() < deadline:
                began = time.monotonic()
                work(key, value, packed)
                taken.append(time.monotonic() - began)

        threads = [threading.Thread(target=go_on) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"done": len(taken), "seconds": sum(taken)}

    def write(self, key, value, packed) -> None:
        self.client.set(key, zlib.compress(value, 1) if packed else value, ex=600)

    def read(self, key, _, packed) -> None:
        held = self.client.get(key)
        if packed:
            zlib.decompress(held)
