"""Section 3.1: what is wrong with a name, and what a long one costs."""

from collections import Counter

from redislab.bench import Experiment, choice, number, on, ranking, text, time_chart, xy_chart
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
LENGTHS = (40, 48, 64, 96, 128, 192, 256, 384, 512)  # bytes of a name, the lab's prefix included


class LinterLab(Experiment):
    """A name under the rules, and its memory: it is stored, under the lab's prefix, beside names of other lengths."""

    title = "Names"

    key = text("user_123_profile", label="Your key", help="any name")
    many = number(1_000_000, 1000, 100_000_000, label="Keys like it", log=True, integer=True)
    value = number(10, 1, 1000, label="Value", unit="B", log=True, integer=True)
    sample_of = choice(GROWN, list(SAMPLES), label="A sample of names")

    charts = (
        xy_chart("Memory of a key by its name’s length", "B a key", x="name", x_unit="bytes, prefix included",
                 lengths="names of all lengths", typed="your key"),
        time_chart("All keys like it", "MB", total="with your name", least=f"with {LENGTHS[0]} bytes"),
        ranking("Names of the sample that break a rule", wide=True, broken="names"),
    )  # fmt: skip
    presets = {
        "Not structured": {"key": "userprofile123", "sample_of": BAD},
        "A secret in a name": {"key": "temp:otp:123456", "sample_of": BAD},
        "Well named": {"key": "user:123:profile:v2", "sample_of": GOOD},
        "A sentence for a name": {"key": "cache:page:" + "all-the-things-that-we-sell-" * 6 + "today:1"},
    }
    rate, workers = 50, 4

    def setup(self, lab):
        self.client, self.prefix = lab.client(), f"{lab.prefix}:"

    @on("key", "value")
    def store(self):
        names = [*(self.prefix.ljust(length, "x") for length in LENGTHS), self.prefix + self.key]
        pipeline = self.client.pipeline(transaction=False)
        for name in names:
            pipeline.set(name, "x" * self.value, ex=86_400)
        pipeline.execute()
        self.stored = names

    def request(self):
        self.client.get(self.stored[-1])
        return "get"

    def sample(self, window):
        names, pipeline = self.stored, self.client.pipeline(transaction=False)
        for name in names:
            pipeline.memory_usage(name)
        sizes = [(len(name.encode()), size) for name, size in zip(names, pipeline.execute(), strict=True)]
        sample = SAMPLES[self.sample_of].split()
        broken = Counter(finding.rule for name in sample for finding in lint(name))
        broken["consistent"] = len(inconsistent(sample))
        return {
            "broken": [(rule, broken[rule]) for rule in (*(rule.name for rule in RULES), "consistent")],
            "lengths": sizes[:-1],
            "typed": sizes[-1:],
            "at 128": dict(sizes)[128],
            "total": sizes[-1][1] * self.many / 1e6,
            "least": sizes[0][1] * self.many / 1e6,
            "faulty": sum(bool(lint(name)) for name in sample),
            "names": len(sample),
        }

    def sentence(self, values):
        pattern, found = recognise(self.key), lint(self.key)
        name = self.key if len(self.key) <= 40 else f"{self.key[:39]}…"
        said = f"{name or 'The empty name'} follows none of the six patterns."
        if pattern:
            said = f"{name} follows the pattern “{pattern.name}”, {pattern.shape}. {pattern.holds}"
        broken = f"breaks {len(found)} of {len(RULES)} rules" if found else "breaks no rule"
        ((length, size),) = values["typed"]
        return f"{said} It {broken}. With the lab’s prefix it has {length:,} bytes, and with its value it takes {size:,} B."

    def findings(self, values):
        found = {finding.rule: finding for finding in lint(self.key)}
        rows = [["Rule", "Your key", "Why", "How to mend it"]]
        for rule in RULES:
            seen, cure = (f"✗ {found[rule.name].seen}", found[rule.name].cure) if rule.name in found else ("✓", "")
            rows.append([rule.name, seen, rule.reason, cure])
        return rows

    def verdict(self, values):
        (short, least), *_, (long, most) = values["lengths"]
        each = (most - least) / (long - short)
        return (
            f"A byte of a name costs {each:.2f} B here: {least:,} B a key with {short} bytes, {most:,} B with {long}. "
            f"Of the sample, {values['faulty']} of {values['names']} names break a rule"
        )
