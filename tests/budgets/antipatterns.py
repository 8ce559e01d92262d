"""Audits of a million keys, beside what redis-cli takes for less, on one server in one run; and how long a neighbour waits."""

import statistics
import subprocess
import sys
import time

from redislab.antipatterns import audit, heavy_prefixes
from redislab.lessons.anti_patterns.clinic.shop import KINDS
from redislab.lessons.anti_patterns.filler import Filler
from redislab.world import start
from tests.budgets.table import Row

KEYS = 1_000_000
NEIGHBOUR = """
import socket, sys, time
line, wait = socket.create_connection((sys.argv[1], int(sys.argv[2]))), []
line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
print("ready", flush=True)
for _ in sys.stdin:
    break
due = time.perf_counter()
while not sys.stdin in __import__("select").select([sys.stdin], [], [], 0)[0]:
    due += 0.002
    time.sleep(max(0, due - time.perf_counter()))
    began = time.perf_counter()
    line.sendall(b"PING\\r\\n")
    line.recv(64)
    wait.append(1e3 * (time.perf_counter() - began))
wait.sort()
print(len(wait), wait[len(wait) // 2], wait[int(0.99 * len(wait))], wait[int(0.999 * len(wait))], wait[-1], flush=True)
"""


class Neighbour:
    """A process that sends a PING every 2 ms; `waited` afterwards is how many, and p50, p99, p99.9 and the longest in ms."""

    def __init__(self, server):
        command = [sys.executable, "-c", NEIGHBOUR, server.host, str(server.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._process.stdout.readline()

    def __enter__(self):
        self._process.stdin.write("begin\n")
        return self

    def __exit__(self, *_):
        self._process.stdin.write("end\n")
        self.waited = [float(word) for word in self._process.stdout.readline().split()]
        self._process.stdin.close()
        self._process.wait()


def fill(server) -> None:
    filler = Filler(server.client(socket_timeout=20))
    filler.want(KEYS, KINDS)
    filler.wait(300)
    filler.close()


def taken(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def audits(lab) -> list[Row]:
    """All audits, the memory alone, and all by pipelines; redis-cli's two walks between them."""
    server = lab.private_server(save="")
    fill(server)
    client = server.client(socket_timeout=20)

    def cli(option):
        command = ["redis-cli", "-h", server.host, "-p", str(server.port), option]
        return taken(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))

    ours, memory, theirs = [], [], {}
    for option in (None, "--bigkeys", None, "--memkeys", None):
        if option:
            theirs[option] = cli(option)
        ours.append(taken(lambda: audit(client)))
        memory.append(taken(lambda: audit(client, heavy_prefixes)))
    big, mem = theirs["--bigkeys"], theirs["--memkeys"]
    pipelines = taken(lambda: audit(client, scripts=False))
    with (alone := Neighbour(server)):
        time.sleep(5)
    beside = [Neighbour(server) for _ in range(3)]
    for neighbour in beside:
        with neighbour:
            audit(client)
    server.close()
    _, _, p99, _, longest = (
        statistics.median(figures) for figures in zip(*(each.waited for each in beside), strict=True)
    )
    note = f"median of 3; p99 {p99:.1f} ms; the longest without an audit, on this machine: {alone.waited[-1]:.1f} ms"
    return [
        against("all audits of 1M keys, against redis-cli --bigkeys", ours, big),
        against("the memory audit, against redis-cli --memkeys", memory, mem),
        Row("all audits by pipelines, against --bigkeys", pipelines / big, 1.0, note=f"{pipelines:.1f} s"),
        Row("the longest that a neighbour waits meanwhile", longest, 10, unit="ms", note=note),
    ]


def against(what: str, ours: list[float], theirs: float) -> Row:
    """The median of some runs around one of theirs, which takes a minute; of five, it lies within them in 15 of 16 cases."""
    middle, within = statistics.median(ours), (min(ours) / theirs, max(ours) / theirs)
    return Row(what, middle / theirs, 0.2, note=f"{middle:.1f} s against {theirs:.1f} s, median of 5", within=within)


def rows():
    yield from audits(start())


if __name__ == "__main__":
    for row in rows():
        print(row)
