"""Section 5.6: a clinic for keyspaces. What is wrong, why it matters, and how to mend it; read-only."""

import json
import threading
import time

import redis
from traitlets import TraitError, observe, validate

from redislab.antipatterns import Survey, report
from redislab.bench import Chart, Experiment, Line, action, choice, number, text
from redislab.errors import KnobError, RedislabError
from redislab.lua import script

PATIENT, OURS, OTHER = "a shop with known faults", "this lab’s Redis", "the address below"
SCRIPTS, PIPELINES = "on the server, by scripts", "from here, by pipelines"
HOUR = 3600
KINDS = (  # %, name, bytes, TTL in s: what the shop has; beside it stand the keys of `admit`
    (38, "shop:product:#", 300, HOUR),
    (16, "shop:session:#", 200, 0),
    (12, "shop:cache:page:#", 400, HOUR),
    (3, "shop:cache:page:#", 400, 0),
    (20, "shop:user:#", 120, 0),
    (5, "Basket:#:Items", 100, HOUR),
    (3, "user_#_prefs", 100, HOUR),
    (3, "shop:otp:48#", 8, HOUR),
)
PLANTED = {
    ("missing TTL", "shop:session:*"),
    ("missing TTL", "shop:cache:page:*"),
    ("big key", "shop:export:*"),
    ("big key", "shop:log:orders"),
    ("naming: lower case", "Basket:*:Items"),
    ("naming: separator", "user_*_prefs"),
    ("naming: no secrets", "shop:otp:*"),
    ("encoding", "shop:review:*"),
    ("dangling index", "shop:picks:today"),
}
CHUNK = 2000  # keys that one call of the script writes
SHOWN = 40  # findings in the table
WEIGHTS = {3: "✗ danger", 2: "✗ warning", 1: "hint"}


class PasswordError(KnobError, TraitError):
    """A password was typed where it would be recorded; it is not kept (traitlets takes back what a TraitError refuses)."""


class ClinicLab(Experiment):
    """One audit after another, of the patient that is chosen, while a neighbour's PINGs show whether it disturbs anybody.

    The shop is generated on a server of its own, and what is wrong with it is known. Another Redis is only read: nothing
    is written to it, and nothing of it is kept but what the panel shows.
    """

    title = "Clinic"
    claim = "Use SCAN (non-blocking)"

    whom = choice(PATIENT, [PATIENT, OURS, OTHER], label="Patient", help="the last two are only read")
    address = text("redis://127.0.0.1:6379", label="Address", help="without user and password")
    looks = number(
        100_000, 100, 1_000_000, label="Sample", unit="keys", log=True, integer=True, help="all, if there are fewer"
    )
    road = choice(
        SCRIPTS, [SCRIPTS, PIPELINES], label="Read", help="pipelines are taken anyhow where scripts are refused"
    )
    keys = number(20_000, 2000, 1_000_000, label="Keys of the shop", log=True, integer=True)
    rate = number(100.0, 10, 500, label="A neighbour’s PINGs", unit="/s", log=True)

    charts = (
        Chart("Memory by pattern, MB", (Line("memory", "MB"),), kind="ranking"),
        Chart("Keys without a TTL", (Line("lasting", "keys"),), kind="ranking"),
        Chart("Findings", (Line("dangers", "danger"), Line("warnings", "warning"), Line("hints", "hint")), kind="bars"),
        Chart("A neighbour’s PING", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
    )
    presets = {
        "The shop, whole": {"whom": PATIENT, "keys": 20_000, "looks": 1_000_000, "road": SCRIPTS},
        "A quick sample": {"whom": PATIENT, "keys": 200_000, "looks": 2000, "road": SCRIPTS},
        "Without scripts": {"whom": PATIENT, "keys": 200_000, "looks": 1_000_000, "road": PIPELINES},
        "This lab’s Redis": {"whom": OURS},
    }
    workers, span = 8, 1.0
    worker = None

    def setup(self, lab):
        self.lab, self.shop, self.made = lab, None, 0
        self.client, self.where_it_is, self.trouble = None, "", ""
        self.found, self.took, self.share, self.doing = None, 0.0, 0.0, ""
        self.over, self.fresh = threading.Event(), threading.Event()
        self.worker = threading.Thread(target=self.work, daemon=True)
        self.worker.start()

    def teardown(self):
        self.over.set()
        self.fresh.set()
        self.worker.join(10)
        self.worker = self.client = None
        if self.shop:
            self.shop.close()

    @validate("address")
    def without_password(self, proposal):
        if "@" in proposal["value"] or "password" in proposal["value"]:
            raise PasswordError(
                "Leave user and password out: what a panel shows is recorded. Set REDISLAB_REDIS_URL before the kernel starts, "
                f"and choose {OURS!r}; or use python -m redislab audit in a terminal."
            )
        return proposal["value"]

    @observe("whom", "address", "looks", "road", "keys")
    def turned(self, change):
        if self.worker and (change.name != "address" or self.whom == OTHER):
            self.fresh.set()

    @action("Audit again")
    def again(self):
        self.fresh.set()

    def work(self):
        """Audit, then rest until there is something new to look at."""
        while not self.over.is_set():
            self.fresh.clear()
            self.found, self.share, self.trouble = None, 0.0, ""
            try:
                self.examine(self.admit())
            except (RedislabError, redis.RedisError) as failure:
                self.trouble = str(failure)
            self.share = self.share if self.fresh.is_set() else 1.0
            self.fresh.wait()

    def admit(self):
        """A client of whoever is to be looked at."""
        from redislab.world import Server

        if self.whom == PATIENT:
            self.shop = self.shop or self.lab.private_server()
            server = self.shop
        else:
            server = self.lab.server if self.whom == OURS else Server(self.address)
        self.where_it_is = f"{server.product} {server.version} at {server.host}:{server.port}"
        self.client = server.client(socket_timeout=10)
        if self.whom == PATIENT:
            self.furnish()
        return self.client

    def furnish(self):
        """As many keys as the knob says, and those faults that take a key of their own."""
        if self.made == self.keys:
            return
        self.doing, self.made = "writing the shop", 0
        self.client.flushall()
        populate, kinds = self.client.register_script(script("populate")), json.dumps(KINDS)
        while self.made < self.keys and not self.fresh.is_set():
            self.made = populate(args=[self.made, min(CHUNK, self.keys - self.made), kinds])
            self.share = 0.5 * self.made / self.keys
        ours = self.client.pipeline(transaction=False)
        ours.set("shop:export:1", "x" * 3_000_000, ex=HOUR)
        for start in range(0, 120_000, 20_000):
            ours.rpush("shop:log:orders", *range(start, start + 20_000))
        for id in range(200):
            ours.hset(f"shop:review:{id}", mapping={"stars": 4, "text": "well made " * 20})
        ours.sadd("shop:picks:today", *(f"shop:product:{id}" for id in range(0, 4 * self.keys, self.keys // 20)))
        ours.execute()

    def examine(self, client):
        survey = Survey(client, sample=self.looks, scripts=self.road == SCRIPTS)
        before, began, self.doing = self.share, time.perf_counter(), "keys looked at"
        for seen, goal in survey.walk():
            self.share, self.doing = before + (1 - before) * seen / max(1, goal), f"{seen:,} of {goal:,} keys looked at"
            if self.fresh.is_set():
                return
        self.took, self.found = time.perf_counter() - began, report(survey)

    def request(self):
        if self.client is None:
            return "nobody"
        self.client.ping()
        return "ping"

    def sample(self, window):
        found, weights = self.found, [finding.weight for finding in self.found or ()]
        patterns = found.patterns if found else []
        lasting = [(name, found.estimate(tally.lasting)) for name, tally in patterns if tally.lasting]
        return {
            "memory": [(name, float(f"{found.estimate(tally.memory) / 1e6:.3g}")) for name, tally in patterns[:8]],
            "lasting": sorted(lasting, key=lambda item: -item[1])[:8],
            "dangers": weights.count(3),
            "warnings": weights.count(2),
            "hints": weights.count(1),
            "p50": window.percentile("ping", 50),
            "p99": window.percentile("ping", 99),
            "seen": found.seen if found else 0,
            "planted": len(PLANTED & {(each.rule, each.subject) for each in found or ()}) if found else None,
            "found": [(each.weight, each.rule, each.subject, each.seen, each.why, each.cure) for each in found or ()],
            "basis": found.basis if found else "",
            "took": self.took if found else None,
            "trouble": self.trouble,
            "who": self.where_it_is,
            "progress": 1.0 if found or self.trouble else min(0.99, self.share),
            "progress_text": self.doing,
        }

    def sentence(self, values):
        if values["trouble"]:
            return values["trouble"]
        if values["took"] is None:
            return (
                f"Reading {values['who'] or 'nothing yet'}; nothing is written to it."
                if self.whom != PATIENT
                else "Reading."
            )
        graver = values["dangers"] + values["warnings"]
        return (
            f"{values['who']}: {values['basis']} It took {values['took']:.2f} s. {graver} to be mended, and "
            f"{values['hints']} hint{'s' * (values['hints'] != 1)}; the table below says why, and how."
        )

    def verdict(self, values):
        if values["took"] is None:
            return None
        said = f"Half of the neighbour’s PINGs take under {values['p50'] or 0:.2f} ms, 99 % under {values['p99'] or 0:.2f} ms"
        if self.whom == PATIENT:
            said = f"{values['planted']} of {len(PLANTED)} planted faults found by SCAN. {said}"
        return said

    def findings(self, values):
        if not values["found"]:
            return []
        rows = [["What", "Where, and what was seen", "Why it matters", "How to mend it"]]
        for weight, rule, subject, seen, why, cure in values["found"][:SHOWN]:
            rows.append([f"{WEIGHTS[weight]}: {rule}", f"{subject} – {seen}", why, cure])
        if (more := len(values["found"]) - SHOWN) > 0:
            rows.append([f"and {more} more", "", "", ""])
        return rows
