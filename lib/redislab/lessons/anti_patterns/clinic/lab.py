"""Section 5.6: a clinic for keyspaces. What is wrong, why it matters, and how to mend it; read-only."""

import time

import redis
from traitlets import TraitError, validate

from redislab.antipatterns import Survey, report
from redislab.bench import Chart, Line, Sweep, action, choice, number, text
from redislab.errors import KnobError, RedislabError
from redislab.lessons.anti_patterns.filler import Filler
from redislab.lessons.anti_patterns.neighbour import DUE, Neighbour

PATIENT, OURS, OTHER = "a shop with known faults", "this lab’s Redis", "the address below"
SCRIPTS, PIPELINES = "on the server, by scripts", "from here, by pipelines"
HOUR = 3600
KINDS = (  # %, name, bytes, TTL in s: what the shop has, beside the keys of `furnish`
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
SHOWN = 40  # findings in the table
WEIGHTS = {3: "✗ danger", 2: "✗ warning", 1: "hint"}


class PasswordError(KnobError, TraitError):
    """A password was typed where it would be recorded; it is not kept (traitlets takes back what a TraitError refuses)."""


class ClinicLab(Sweep):
    """One audit of the patient that is chosen, and a neighbour, in a process of its own, whose PINGs show whom it disturbs.

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

    charts = (
        Chart("Memory by pattern, MB", (Line("memory", "MB"),), kind="ranking"),
        Chart("Keys without a TTL", (Line("lasting", "keys"),), kind="ranking"),
        Chart("Findings", (Line("dangers", "danger"), Line("warnings", "warning"), Line("hints", "hint")), kind="bars"),
        Chart("A neighbour’s slowest PING", (Line("stall", "slowest"),), unit="ms", log_y=True),
    )
    presets = {
        "The shop, whole": {"whom": PATIENT, "keys": 20_000, "looks": 1_000_000, "road": SCRIPTS},
        "A quick sample": {"whom": PATIENT, "keys": 200_000, "looks": 2000, "road": SCRIPTS},
        "Without scripts": {"whom": PATIENT, "keys": 200_000, "looks": 1_000_000, "road": PIPELINES},
        "This lab’s Redis": {"whom": OURS},
    }
    shop = filler = neighbour = patient = None

    def setup(self, lab):
        self.lab = lab
        self.begin()

    def teardown(self):
        for each in (self.filler, self.neighbour, self.shop):
            if each:
                each.close()
        self.shop = self.filler = self.neighbour = self.patient = None

    @validate("address")
    def without_password(self, proposal):
        if "@" in proposal["value"] or "password" in proposal["value"]:
            raise PasswordError(
                "Leave user and password out: what a panel shows is recorded. Set REDISLAB_REDIS_URL before the kernel "
                f"starts, and choose {OURS!r}; or use python -m redislab audit in a terminal."
            )
        return proposal["value"]

    @action("Audit again")
    def again(self):
        super().again()

    def begin(self):
        self.found, self.took, self.trouble, self.who, self.waits = None, 0.0, "", "", []

    def points(self):
        return [self.whom]

    def point(self, whom):
        """An audit. Who cannot be looked at is said in words: the next one may be better."""
        try:
            self.admit(whom)
            if whom == PATIENT:
                self.furnish()
            return self.examine()
        except (RedislabError, redis.RedisError) as failure:
            self.trouble = str(failure)
            return {}

    def admit(self, whom):
        """Reach who is to be looked at, and let a neighbour in."""
        from redislab.world import Server

        if whom == PATIENT:
            self.shop = self.shop or self.lab.private_server()
        server = {PATIENT: self.shop, OURS: self.lab.server}.get(whom) or Server(self.address)
        self.who = f"{server.product} {server.version} at {server.host}:{server.port}"
        self.client = server.client(socket_timeout=10)
        if self.patient is None or self.patient.url != server.url:
            former, self.neighbour = self.neighbour, Neighbour(server, rate=200 if whom == PATIENT else 20)
            self.patient = server
            if former:
                former.close()

    def furnish(self):
        """As many keys as the knob says, and those faults that take a key of their own."""
        self.filler = self.filler or Filler(self.client)
        self.filler.want(self.keys, KINDS)
        while not self.filler.whole and not self.stopping:
            self.report(0.5 * self.filler.share, "writing the shop")
            time.sleep(0.02)
        ours, step = self.client.pipeline(transaction=False), max(1, self.keys // 20)
        ours.set("shop:export:1", "x" * 3_000_000, ex=HOUR).unlink("shop:log:orders", "shop:picks:today")
        for start in range(0, 120_000, 20_000):
            ours.rpush("shop:log:orders", *range(start, start + 20_000))
        for id in range(200):
            ours.hset(f"shop:review:{id}", mapping={"stars": 4, "text": "well made " * 20})
        ours.sadd("shop:picks:today", *(f"shop:product:{id}" for id in range(0, 4 * self.keys, step)))
        ours.execute()

    def examine(self) -> dict:
        survey = Survey(self.client, sample=self.looks, scripts=self.road == SCRIPTS)
        began = time.monotonic()
        for seen, goal in survey.walk():
            self.report(0.5 + 0.5 * seen / max(1, goal), f"{seen:,} of {goal:,} keys looked at")
            if self.stopping:
                return {}
        found, ended = report(survey), time.monotonic()
        self.neighbour.look()
        self.waits = sorted(latency for _, latency in self.neighbour.between(DUE, began, ended))
        self.took, self.found = ended - began, found
        return {"seen": found.seen, "took": self.took}

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
            "stall": self.neighbour.look() if self.neighbour else None,
            "seen": found.seen if found else 0,
            "planted": len(PLANTED & {(each.rule, each.subject) for each in found or ()}),
            "found": [(each.weight, each.rule, each.subject, each.seen, each.why, each.cure) for each in found or ()],
            "basis": found.basis if found else "",
            "took": self.took if found else None,
            "pings": len(self.waits),
            "slowest": max(self.waits, default=None),
            "trouble": self.trouble,
            "who": self.who,
        }

    def sentence(self, values):
        if values["trouble"]:
            return values["trouble"]
        if values["took"] is None:
            return f"Reading {values['who'] or 'nobody yet'}."
        graver, hints = values["dangers"] + values["warnings"], values["hints"]
        return (
            f"{values['who']}: {values['basis']} It took {values['took']:.2f} s. {graver} thing{'s' * (graver != 1)} to mend, "
            f"and {hints} hint{'s' * (hints != 1)}; the table below says why, and how."
        )

    def verdict(self, values):
        if values["took"] is None:
            return None
        said = f"{values['planted']} of {len(PLANTED)} planted faults found by SCAN. " if self.whom == PATIENT else ""
        if not values["pings"]:
            return f"{said}It was over before the neighbour’s next PING"
        return f"{said}The slowest of the neighbour’s {values['pings']} PINGs meanwhile took {values['slowest']:.1f} ms"

    def findings(self, values):
        if not values["found"]:
            return []
        rows = [["What", "Where, and what was seen", "Why it matters", "How to mend it"]]
        for weight, rule, subject, seen, why, cure in values["found"][:SHOWN]:
            rows.append([f"{WEIGHTS[weight]}: {rule}", f"{subject} – {seen}", why, cure])
        if (more := len(values["found"]) - SHOWN) > 0:
            rows.append([f"and {more} more", "", "", ""])
        return rows
