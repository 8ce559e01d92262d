"""Section 5.6: a clinic for keyspaces. What is wrong, why it matters, and how to mend it; read-only."""

import time
from dataclasses import asdict

import redis
from traitlets import TraitError, validate

from redislab.antipatterns import Survey, report
from redislab.antipatterns.ticket import ticket
from redislab.bench import Card, Sweep, action, bars, choice, number, ranking, text, time_chart
from redislab.errors import KnobError, RedislabError
from redislab.keys import Finding
from redislab.lessons import LESSONS
from redislab.lessons.anti_patterns.clinic.openings import opening
from redislab.lessons.anti_patterns.clinic.shop import FAULTS, KINDS, add_faults
from redislab.lessons.anti_patterns.filler import Filler
from redislab.lessons.anti_patterns.neighbour import DUE, Neighbour
from redislab.world.servers import Server

PATIENT, OURS, OTHER = "a shop with known faults", "this lab’s Redis", "the address below"
SCRIPTS, PIPELINES = "on the server, by scripts", "from here, by pipelines"
SHOWN = 40  # findings in the table
MOODS = {3: "danger", 2: "warning", 1: "hint"}


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
    looks = number(100_000, 100, 1_000_000, label="Sample", unit="keys", log=True, integer=True, help="at most")
    read_by = choice(SCRIPTS, [SCRIPTS, PIPELINES], label="Read", help="where scripts are refused, by pipelines anyway")
    keys = number(20_000, 2000, 1_000_000, label="Keys of the shop", log=True, integer=True)

    charts = (
        bars("Findings", dangers="danger", warnings="warning", hints="hint"),
        time_chart("A neighbour’s slowest PING", "ms", log=True, stall="slowest"),
        ranking("Memory by pattern, MB", memory="MB"),
        ranking("Keys without a TTL", lasting="keys"),
    )
    presets = {
        "The shop, whole": {"looks": 1_000_000},
        "A quick sample": {"keys": 200_000, "looks": 2000},
        "Without scripts": {"keys": 200_000, "looks": 1_000_000, "read_by": PIPELINES},
        "This lab’s Redis": {"whom": OURS},
    }
    waiting = "The audit is under way."

    def setup(self, lab):
        self.lab, self.shop, self.neighbour, self.patient = lab, None, None, None

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
        self.trouble, self.who, self.result = "", "", {"took": None, "found": [], "memory": [], "lasting": []}

    def points(self):
        return [self.whom]

    def point(self, whom):
        """An audit. A patient that cannot be audited is said in words: the next one may be better."""
        try:
            self.admit(self.server_of(whom))
            if whom == PATIENT:
                self.fill_shop()
            return self.examine()
        except (RedislabError, redis.RedisError) as failure:
            self.trouble = str(failure)
            return {}

    def server_of(self, whom) -> Server:
        if whom == PATIENT and self.shop is None:
            self.shop = self.lab.private_server()
            self.filler = self.owned(Filler(self.shop.client()))
        return {PATIENT: self.shop, OURS: self.lab.server}.get(whom) or Server(self.address)

    def admit(self, server):
        """Let a neighbour in, unless this is the patient of before."""
        self.who = server.name
        self.client = server.client(socket_timeout=10)
        if self.patient is None or self.patient.url != server.url:
            former, rate = self.neighbour, 200 if server is self.shop else 20
            self.neighbour, self.patient = self.owned(Neighbour(server, rate=rate)), server
            if former:
                former.close()

    def fill_shop(self):
        self.filler.want(self.keys, KINDS)
        while not self.filler.whole and not self.stopping:
            self.report(0.5 * self.filler.share, "writing the shop")
            time.sleep(0.02)
        add_faults(self.client, self.keys)

    def examine(self) -> dict:
        survey = Survey(self.client, sample=self.looks, scripts=self.read_by == SCRIPTS)
        began = time.monotonic()
        for seen, goal in survey.walk():
            goal = goal or 2 * seen  # it may be unknown
            self.report(0.5 + 0.5 * seen / max(1, goal), f"{seen:,} of {goal:,} keys looked at")
            if self.stopping:
                return {}
        found, ended = report(survey), time.monotonic()
        self.neighbour.look()
        waits = [latency for _, latency in self.neighbour.between(DUE, began, ended)]
        met = {"took": ended - began, "pings": len(waits), "slowest": max(waits, default=None)}
        self.result = described(found) | met
        return {"seen": found.seen, "took": ended - began}

    def sample(self, window):
        stall = self.neighbour.look() if self.neighbour else None
        return self.result | {"stall": stall, "trouble": self.trouble, "who": self.who}

    def sentence(self, values):
        if values.get("trouble"):
            return values["trouble"]
        return (
            "{who}: {basis} It took {took:.2f} s. Dangers: {dangers}, warnings: {warnings}, hints: {hints}. The cards below "
            "say why they matter and what to do, and each opens the lab that shows it.",
        )

    def verdict(self, values):
        pings = values["pings"]
        said = f"{values['planted']} of {len(FAULTS)} planted faults found by SCAN. " if self.whom == PATIENT else ""
        if not pings:
            return f"{said}It was over before the neighbour’s next PING"
        return f"{said}The slowest of the neighbour’s {pings} PINGs meanwhile took {values['slowest']:.1f} ms"

    def cards(self, values):
        found = [Finding(**each) for each in values["found"]]
        more = len(found) - SHOWN
        rest = [Card("hint", f"and {more} more", said="A smaller pattern, or the command line, shows those.")]
        return [card(finding, values["who"]) for finding in found[:SHOWN]] + (rest if more > 0 else [])


def card(finding: Finding, where: str) -> Card:
    """A finding, with the lab that shows it at its figures."""
    opened = opening(finding)
    return Card(
        mood=MOODS[finding.weight],
        title=finding.rule,
        subject=finding.subject,
        said=f"{finding.seen[:1].upper()}{finding.seen[1:]}.",
        rows=(("Why it matters", finding.why), ("What to do", finding.cure), ("How to check it", finding.check)),
        link=link(finding.lab),
        opens=opened.make,
        offer=f"Open the lab: {opened.lab.title}",
        note=". ".join(filter(None, (opened.stands, *opened.notes))),
        copy=ticket(finding, where, opened.line),
        copy_label="Text for a ticket",
    )


def link(lab: str) -> tuple[str, str]:
    """Where a finding's lab is, as a notebook beside this one: the section's title, and its address."""
    address = lab.removeprefix("notebooks/")
    number, _, rest = address.partition("#")[2].partition("-")
    title = LESSONS.titles.get(number)
    return (f"{number} {title}" if title else f"{number}-{rest}".replace("-", " ")), address


def described(found) -> dict:
    """A report (redislab.antipatterns.Report) as values of a sample."""
    weights = [finding.weight for finding in found]
    lasting = [(name, found.estimate(tally.lasting)) for name, tally in found.patterns if tally.lasting]
    return {
        "memory": [(name, float(f"{found.estimate(tally.memory) / 1e6:.3g}")) for name, tally in found.patterns[:8]],
        "lasting": sorted(lasting, key=lambda item: -item[1])[:8],
        "dangers": weights.count(3),
        "warnings": weights.count(2),
        "hints": weights.count(1),
        "seen": found.seen,
        "planted": len(FAULTS & {(each.rule, each.subject) for each in found}),
        "found": [asdict(finding) for finding in found],
        "basis": found.basis,
    }
