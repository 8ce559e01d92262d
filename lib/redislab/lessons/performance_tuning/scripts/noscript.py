"""Call a script by its digest of 40 characters, and send its text only to a server that does not know it."""

import contextlib

import redis

from redislab.study.checks import CheckContext, Exercise, count, requirement

PADDING = "-- so long that it shows: é " + "x" * 10_000
ECHO = "return {KEYS[1], ARGV[1], ARGV[2]}"
COUNT = "return redis.call('INCR', KEYS[1])"
FAILS = "redis.call('INCR', KEYS[1]) return redis.error_reply('ERR that was not to be')"
FEW_BYTES = 1000


class ScriptContext(CheckContext):
    """A context whose function is given a script that the server does not know yet, its keys and its arguments."""

    def run(self, code: str, *args):
        script = f"-- {self.keys.prefix}\n{PADDING}\n{code}"
        return self.function(self.client, script, [self.keys.counter("calls")], list(args))

    def cost(self) -> tuple[int, int]:
        """Round trips and bytes of one call."""
        self.sent()
        self.tap.socket_bytes()
        self.run(COUNT)
        return self.sent().trips, self.tap.socket_bytes()[0]

    def runs(self) -> str | None:
        """How often the script has run."""
        return self.redis.get(self.keys.counter("calls"))


class Noscript(Exercise):
    """EVALSHA; after NOSCRIPT, and after no other error, the text."""

    name, context = "noscript", ScriptContext

    @requirement("A server that does not know the script runs it, and its result is returned", hint=3)
    def unknown(self, context):
        got = context.run(ECHO, "one", "two")
        return got == [context.keys.counter("calls"), "one", "two"], f"it returned {got!r:.100}"

    @requirement("A server that knows it does not get the text again", hint=1)
    def by_name(self, context):
        context.run(COUNT)
        _, size = context.cost()
        return size <= FEW_BYTES, f"{size:,} bytes were sent for the second call; the text alone is over 10,000"

    @requirement("Then a call is one round trip", hint=2)
    def one_trip(self, context):
        context.run(COUNT)
        trips, _ = context.cost()
        return trips == 1, f"{count(trips, 'round trip')}; wanted 1"

    @requirement("Each call runs it once, the first one too", hint=4)
    def once(self, context):
        context.run(COUNT)
        context.run(COUNT)
        return context.runs() == "2", f"two calls ran it {context.runs()} times"

    @requirement("A server that has forgotten it gets the text once more, and then knows it", hint=5)
    def forgotten(self, context):
        context.run(COUNT)
        context.redis.script_flush()
        got = context.run(COUNT)
        trips, size = context.cost()
        seen = f"after SCRIPT FLUSH {got!r} was returned; then a call was {count(trips, 'round trip')}, {size:,} bytes"
        return got == 2 and trips == 1 and size <= FEW_BYTES, seen

    @requirement("Also a script that fails half-way runs once, and the caller gets the error", hint=6)
    def fails(self, context):
        raised = "nothing was raised"
        with contextlib.suppress(redis.ResponseError):
            context.run(FAILS)
        try:
            context.run(FAILS)
        except redis.ResponseError as failure:
            raised = f"{type(failure).__name__} was raised"
        met = context.runs() == "2" and raised != "nothing was raised"
        return met, f"two calls ran it {context.runs()} times; {raised}"
