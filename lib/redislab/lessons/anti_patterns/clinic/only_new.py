"""A gate for a build: it fails on findings that are new or have become worse, and not on those that are known."""

from redislab.antipatterns import audit
from redislab.study.checks import CheckContext, Exercise, requirement

KNOWN, MORE = 300, 700  # cached pages without a TTL, at first and later
LARGE, LARGER = 200_000, 20_000_000  # bytes
WARNING = 2


class GateContext(CheckContext):
    """A context whose function is given two reports, as `audit --json` writes them, of a server with known faults."""

    def prepare(self) -> None:
        self.write("shop:cache:page", KNOWN)
        self.redis.set("shop:export:1", "x" * LARGE, ex=600)
        self.before = self.report()

    def write(self, name: str, count: int) -> None:
        self.redis.mset({f"{name}:{number}": "x" * 50 for number in range(count)})

    def report(self, **options) -> dict:
        return audit(self.redis, **options).as_dict()

    def call(self, **options) -> list[str]:
        """What it names, of the server as it is now: rule and subject."""
        return [f"{each['rule']} {each['subject']}" for each in self.function(self.before, self.report(**options))]


class OnlyNew(Exercise):
    """Known by rule and subject, compared by weight; what was not seen in full cannot pass."""

    name, context = "only-new", GateContext

    @requirement("Where nothing has changed it returns an empty list", hint=1)
    def unchanged(self, context):
        return named(context.call(), [])

    @requirement("A warning or a danger that was not there before is returned", hint=2)
    def new(self, context):
        context.write("shop:session", KNOWN)
        return named(context.call(), ["missing TTL shop:session:*"])

    @requirement("A known fault whose figures have changed is not new", hint=3)
    def figures(self, context):
        context.write("shop:cache:page", MORE)
        return named(context.call(), [])

    @requirement("A mere hint, of weight 1, is not returned", hint=4)
    def hints(self, context):
        context.write("shop:invoice", 2000)
        return named(context.call(), [])

    @requirement("A known fault that has become worse is returned", hint=5)
    def worse(self, context):
        context.redis.set("shop:export:1", "x" * LARGER, ex=600)
        return named(context.call(), ["big key shop:export:*"])

    @requirement("If the second audit did not see everything, a ValueError is raised", hint=6)
    def incomplete(self, context):
        context.write("shop:product", 2000)
        try:
            got = context.call(limit=500)
        except ValueError as refusal:
            return True, f"it raised ValueError: {refusal}"
        return False, f"500 of {context.redis.dbsize():,} keys were looked at, and it returned {got}"


def named(got: list[str], wanted: list[str]) -> tuple[bool, str]:
    return got == wanted, f"it returned {', '.join(got) or 'nothing'}" + ("" if got == wanted else f"; wanted {wanted}")
