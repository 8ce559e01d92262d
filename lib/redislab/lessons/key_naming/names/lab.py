"""Section 3.1: what is wrong with a name, and what a long one costs."""

import secrets
from collections import Counter

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, choice, number, text
from redislab.keys import RULES, inconsistent, lint, recognise

GOOD, BAD, GROWN = "the module’s good ones", "the module’s bad ones", "names that have grown"
SAMPLES = {
    GOOD: "user:123 product:456 order:789 user:123:email user:123:session users:by_email:john@example.com "
    "products:by_sku:ABC123 users:active products:featured orders:by_date:2024-11 user:123:pageviews:2024-11-19 "
    "product:456:views:2024-11 site:visitors:2024-11-19 user:123:profile:v2 cache:product:456:v3",
    BAD: "user_123_profile user/123/profile User:123:Profile userprofile123 user_456_email product_123_cache "
    "user:by_email:john@example.com user:by_username:john_doe temp:otp:123456 temp:verification_code:abc123",
    GROWN: "user:1 user:2 users:3 User:4 user_5 user:6:profile:V2 user:7:profile:v2 7:user order:1 order:2 order::3 "
    "order:4:items session:a8f session:b1c token:eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl user:*:tmp cart:{9 "
    f"cache:page:{'very-' * 20}long-title:1 config",
}
LENGTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512)  # bytes of a name


class LinterLab(Experiment):
    """A name under the rules, and its memory: it is stored, under the lab's prefix, beside names of other lengths."""

    title = "Names"
    claim = "Use colons (:) as separators, lowercase, no special characters"

    key = text("user_123_profile", label="Your key", help="any name")
    sample_of = choice(GROWN, list(SAMPLES), label="A sample of names")
    value = number(10, 1, 1000, label="Value", unit="B", log=True, integer=True)
    many = number(1_000_000, 1000, 100_000_000, label="Keys like it", log=True, integer=True)

    charts = (
        Chart("Names of the sample that break a rule", (Line("broken", "names"),), kind="ranking", wide=True),
        Chart(
            "Memory of a key by its name’s length",
            (Line("lengths", "names of all lengths"), Line("mine", "your key")),
            unit="B a key",
            kind="xy",
            x_title="name",
            x_unit="bytes, prefix included",
        ),
        Chart("All keys like it", (Line("total", "with your name"), Line("least", "with 32 bytes")), unit="MB", low=0),
    )
    presets = {
        "Not structured": {"key": "userprofile123", "sample_of": BAD},
        "A secret in a name": {"key": "temp:otp:123456", "sample_of": BAD},
        "Well named": {"key": "user:123:profile:v2", "sample_of": GOOD},
        "A sentence for a name": {"key": "cache:page:" + "all-the-things-that-we-sell-" * 6 + "today:1"},
    }
    rate, workers = 50, 4

    def setup(self, lab):
        self.client, self.keys = lab.client(), lab.keys.tenant(f"names{secrets.token_hex(3)}")
        self.stored = []
        self.store()

    def teardown(self):
        if self.stored:
            self.client.unlink(*self.stored)
        self.stored = []

    @observe("key", "value")
    def store(self, _=None):
        """The typed name and those of all lengths, with the value that is wanted; the typed one comes last."""
        if not self.server:
            return
        names = [f"{self.keys.prefix}:".ljust(length, "x") for length in LENGTHS] + [f"{self.keys.prefix}:{self.key}"]
        pipeline = self.client.pipeline(transaction=False)
        pipeline.unlink(*self.stored, *names)
        for name in dict.fromkeys(names):
            pipeline.set(name, "x" * self.value, ex=3600)
        pipeline.execute()
        self.stored = names

    def request(self):
        self.client.get(self.stored[-1])
        return "get"

    def sample(self, window):
        names, pipeline = self.stored, self.client.pipeline(transaction=False)
        for name in names:
            pipeline.memory_usage(name)
        sizes = [(len(name.encode()), size) for name, size in zip(names, pipeline.execute(), strict=True) if size]
        sample = SAMPLES[self.sample_of].split()
        faults = Counter(finding.rule for name in sample for finding in lint(name))
        faults["consistent"] = len(inconsistent(sample))
        return {
            "broken": [(rule, faults[rule]) for rule in [*(rule.name for rule in RULES), "consistent"]],
            "lengths": sizes[:-1],
            "mine": sizes[-1:],
            "at 128": dict(sizes[:-1]).get(128),
            "total": sizes[-1][1] * self.many / 1e6,
            "least": sizes[0][1] * self.many / 1e6,
            "faulty": sum(bool(lint(name)) for name in sample),
            "names": len(sample),
        }

    def sentence(self, values):
        pattern, found = recognise(self.key), lint(self.key)
        name = self.key if len(self.key) <= 40 else f"{self.key[:39]}…"
        said = f"{name or 'The empty name'} follows none of the six patterns. "
        if pattern:
            said = f"{name} follows the pattern “{pattern.name}”, {pattern.shape}. {pattern.holds} "
        said += f"It breaks {len(found)} of {len(RULES)} rules. " if found else "It breaks no rule. "
        ((length, size),) = values["mine"]
        return f"{said}With the lab’s prefix it has {length:,} bytes, and with its value it takes {size:,} B."

    def findings(self, values):
        found = {finding.rule: finding for finding in lint(self.key)}
        rows = [["Rule", "Your key", "Why", "How to mend it"]]
        for rule in RULES:
            finding = found.get(rule.name)
            rows.append(
                [rule.name, f"✗ {finding.seen}" if finding else "✓", rule.reason, finding.cure if finding else ""]
            )
        return rows

    def verdict(self, values):
        (short, least), *_, (long, most) = values["lengths"]
        each = (most - least) / (long - short)
        return (
            f"{values['faulty']} of {values['names']} names break a rule. A byte of a name costs {each:.2f} B here: "
            f"{least:,} B a key with {short} bytes, {most:,} B with {long}"
        )
