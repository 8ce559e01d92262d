"""Section 5.4: databases by number, what they keep apart, and what they do not."""

import contextlib
import threading

import redis

from redislab.bench import Experiment, action, bars, choice, dashed, number, on, solid, time_chart
from redislab.errors import StartError
from redislab.lessons.anti_patterns.filler import Filler
from redislab.lessons.anti_patterns.neighbour import DUE, Neighbour
from redislab.lessons.anti_patterns.select_command.applications import DB, MOST, ONCE, PREFIX, WAYS, Applications

REPORTS, EXPORTS = 100_000, 30_000  # keys of the third application, and further ones of 1 KB


class SelectLab(Experiment):
    """Two applications write into a database each, from threads that all write to both; a third one has database 2.

    Each thread writes a key for application 0, one for application 1, and so on. With select() once, application 1 has a client on
    which it was called at the start; each time: both share one, and call it before each write. With prefixes both use database 0,
    as is meant. Where a key has ended up is asked at the end of each round. The private server has 24 MB and evicts at random, so
    that it shows immediately whose keys go.
    """

    title = "SELECT"

    way = choice(ONCE, WAYS, label="Kept apart by")
    threads = number(8, 1, MOST, label="Threads", integer=True, help="they share the clients")
    asks = number(0.0, 0, 2, label="KEYS in database 2", unit="/s", step=0.5, help="by the third application")
    rate = number(10.0, 1, 20, label="Rounds", unit="/s", log=True, help="in each, a thread writes four keys")

    charts = (
        time_chart("Keys in a database that was not meant", "%", misplaced="misplaced"),
        time_chart("Keys in each database", "keys", db0="db 0", db1="db 1", meant0=dashed("meant for 0"),
                   meant1=solid("meant for 1", dash="dot", role="predicted")),
        time_chart("Application 0’s PING", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Evicted, of all databases", "keys/s", evicted="keys"),
        bars("One write", "ms", **{f"ms {way}": way for way in WAYS}),
    )  # fmt: skip
    presets = {
        "The module’s bad example": {},
        "It worked in the test": {"threads": 1},
        "A client for each": {"way": DB},
        "Prefixes, and a noisy third": {"way": PREFIX, "asks": 1.0},
    }
    waiting = "Waiting for the first round."
    workers = 2
    patience = 60.0

    def setup(self, lab):
        self.lab, self.server = lab, lab.private_server(maxmemory="24mb", maxmemory_policy="allkeys-random")
        self.applications = self.owned(Applications(self.server))
        self.third = self.server.client(db=2, socket_timeout=10)
        self.filler, self.neighbour = self.owned(Filler(self.third)), self.owned(Neighbour(self.server))
        self.filler.want(REPORTS, [(100, "report:#", 20, 0)])
        self.alone, self.answer = threading.Lock(), ""
        self.filler.wait()

    @on("way", "threads")
    def start_over(self):
        with self.alone:  # the round under way ends as it began
            self.applications.start(self.way)

    @on("asks")
    def forget(self):
        self.neighbour.forget()

    @action("FLUSHALL, meant for db 1")
    def flush(self):
        self.applications.databases[1].flushall()
        self.filler.again()

    @action("30 MB for db 2")
    def fill(self):
        """The third application stores more than there is room for."""
        for start in range(0, EXPORTS, 500):
            with self.third.pipeline(transaction=False) as pipeline:
                for number in range(start, start + 500):
                    pipeline.set(f"export:{number}", "x" * 1000, ex=20)
                pipeline.execute()

    @action("SELECT 1 on a cluster")
    def ask_cluster(self):
        """A cluster of one node is started for the question."""
        try:
            with contextlib.closing(self.lab.private_cluster(1)) as cluster:
                cluster.node_client(0).execute_command("SELECT", 1)
            self.answer = "OK"
        except (StartError, redis.RedisError) as refusal:
            self.answer = str(refusal)

    def mix(self):
        return {self.write: self.rate, self.list_keys: self.asks}

    def list_keys(self):
        self.third.keys("nobody:*")
        return "keys"

    def write(self):
        with self.alone:
            written, misplaced = self.applications.write(self.threads)
        return "round", *["written"] * written, *["misplaced"] * misplaced

    def sample(self, window):
        self.neighbour.look()
        held, meant = self.third.info("keyspace"), self.applications.meant()
        return {
            **{f"ms {way}": self.applications.timings.median(way) for way in WAYS},
            **{f"db{db}": held.get(f"db{db}", {}).get("keys", 0) for db in (0, 1)},
            **{f"meant{db}": meant[db] for db in (0, 1)},
            **self.neighbour.percentiles(DUE),
            "misplaced": window.share("misplaced", of="written"),
            "evicted": window.growth("evicted", self.third.info("stats")["evicted_keys"]),
            "answer": self.answer,
        }

    sentence = (
        "{db0:,} keys in database 0 ({meant0:,} meant) and {db1:,} in database 1 ({meant1:,} meant): {misplaced:.0f} % are not where "
        "they were meant to be. One PING of application 0 in a hundred takes over {p99:,.1f} ms.",
        "A node of a cluster answers SELECT 1 with: {answer}",
    )
    verdict = (
        "{way}, {threads} threads: {misplaced:.0f} % of the keys are in the wrong database; one memory and one thread serve all "
        "databases (PING p99 {p99:,.1f} ms)"
    )
