"""A script by its name: 40 characters, and the text only for a server that does not know it."""

import contextlib

import redis

from redislab.study.checks import Exercise, OwnServer, count, requirement

PADDING = "-- so long that it shows: é " + "x" * 10_000
ECHO = "return {KEYS[1], ARGV[1], ARGV[2]}"
COUNT = "return redis.call('INCR', KEYS[1])"
FAILS = "redis.call('INCR', KEYS[1]) return redis.error_reply('ERR that was not to be')"
FEW_BYTES = 1000


class ScriptScene(OwnServer):
    """A scene whose function is given a script, and what it is called with; nobody has called that script before."""

    def run(self, code: str, *args):
        script = f"-- {self.keys.prefix}\n{PADDING}\n{code}"
        return self.function(self.client, script, [self.keys.counter("calls")], list(args))

    def cost(self, code: str, *args) -> tuple[int, int]:
        """Round trips and bytes of one call."""
        sizes = []
        self.sent()
        self.tap.before = lambda command: sizes.append(sum(len(str(part)) for part in command))
        self.run(code, *args)
        self.tap.before = lambda command: None
        return self.sent().trips, sum(sizes)


class Noscript(Exercise):
    """EVALSHA; at NOSCRIPT, and at nothing else, the text."""

    name, scene, kills = "noscript", ScriptScene, True

    @requirement("A server that does not know the script runs it, and what it returns is returned", hint=3)
    def unknown(self, scene: ScriptScene):
        got = scene.run(ECHO, "one", "two")
        return got == [scene.keys.counter("calls"), "one", "two"], f"it returned {got!r:.100}"

    @requirement("One that knows it does not get the text again", hint=1)
    def by_name(self, scene: ScriptScene):
        scene.run(COUNT)
        _, size = scene.cost(COUNT)
        return size <= FEW_BYTES, f"{size:,} bytes were sent for the second call; the text alone is over 10,000"

    @requirement("Then a call is one round trip", hint=2)
    def one_trip(self, scene: ScriptScene):
        scene.run(COUNT)
        trips, _ = scene.cost(COUNT)
        return trips == 1, f"{count(trips, 'round trip')}; wanted 1"

    @requirement("Each call runs it once, the first one too", hint=4)
    def once(self, scene: ScriptScene):
        scene.run(COUNT)
        scene.run(COUNT)
        runs = scene.server.get(scene.keys.counter("calls"))
        return runs == "2", f"two calls ran it {runs} times"

    @requirement("A server that has forgotten it is told once more, and then knows it", hint=3)
    def forgotten(self, scene: ScriptScene):
        if scene.private is None:
            return None, "There is no server here whose scripts may be flushed"
        scene.run(COUNT)
        scene.server.script_flush()
        got = scene.run(COUNT)
        trips, size = scene.cost(COUNT)
        seen = f"after SCRIPT FLUSH {got!r} was returned; then a call was {count(trips, 'round trip')}, {size:,} bytes"
        return got == 2 and trips == 1 and size <= FEW_BYTES, seen

    @requirement("Also a script that fails half-way is run once, and the caller is told", hint=4)
    def fails(self, scene: ScriptScene):
        said, key = "nothing was raised", scene.keys.counter("calls")
        with contextlib.suppress(redis.ResponseError):
            scene.run(FAILS)
        try:
            scene.run(FAILS)
        except redis.ResponseError as failure:
            said = f"{type(failure).__name__} was raised"
        runs = scene.server.get(key)
        return runs == "2" and said != "nothing was raised", f"two calls ran it {runs} times; {said}"
