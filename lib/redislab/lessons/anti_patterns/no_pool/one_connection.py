"""Functions that share a pool: connections are made once, are few, and are waited for."""

import contextlib

from redislab.study.checks import PATIENCE, Call, Exercise, Scene, count, requirement

CALLS, CROWD, MOST = 20, 32, 8
STALL = 400  # ms


class UrlScene(Scene):
    """A scene whose function is given the URL of a server that nobody else uses, so that connections can be counted."""

    def open(self):
        """The two functions, and a client for looking, on a server with a few users and orders."""
        self.looking = self.private.client()
        self.looking.mset(
            {f"{kind}:{number}": f"{kind} {number}" for kind in ("user", "order") for number in range(CROWD)}
        )
        return self.function(self.private.url)

    def connections(self) -> int:
        """How many have been made since the server began."""
        return self.looking.info("stats")["total_connections_received"]

    def crowd(self) -> tuple[list, int]:
        """What so many threads get at once from a slow server, and how many connections were made for it."""
        get_user, _ = self.open()
        get_user(0)
        before = self.connections() - 1
        self.looking.execute_command("CLIENT", "PAUSE", STALL, "ALL")
        got = []
        for call in [Call(get_user, number) for number in range(CROWD)]:
            with contextlib.suppress(Exception):  # one that failed got nothing
                got += [call.result()] if call.done(PATIENCE) else []
        return got, self.connections() - before


class OneConnection(Exercise):
    """One blocking pool, made with the application, under all its functions."""

    name, scene, kills = "one-connection", UrlScene, True
    crowd = (), 0  # is judged by two requirements

    @requirement("Both functions answer, None where there is nothing", hint=1)
    def answers(self, scene: UrlScene):
        if scene.private is None:
            return NOWHERE
        get_user, get_order = scene.open()
        got = get_user(7), get_order(7), get_user("nobody")
        return got == ("user 7", "order 7", None), f"they gave {', '.join(map(repr, got))}"

    @requirement(f"{CALLS} calls of each, one after the other, are one connection", hint=1)
    def one(self, scene: UrlScene):
        if scene.private is None:
            return NOWHERE
        functions = scene.open()
        before = scene.connections()
        for number in range(CALLS):
            for function in functions:
                function(number)
        made = scene.connections() - before
        return made <= 1, f"{count(made, 'connection')} for {2 * CALLS} calls"

    @requirement(f"{CROWD} at once, on a slow server, have {MOST} connections at most", hint=2)
    def few(self, scene: UrlScene):
        if scene.private is None:
            return NOWHERE
        self.crowd = scene.crowd()
        made = self.crowd[1]
        return made <= MOST, f"{count(made, 'connection')} for {CROWD} at once"

    @requirement("And all of them are answered", hint=3)
    def all(self, scene: UrlScene):
        if scene.private is None:
            return NOWHERE
        got = self.crowd[0]
        right = len(set(got) & {f"user {number}" for number in range(CROWD)})
        return right == CROWD, f"{right} of {CROWD} got their answer"


NOWHERE = None, "There is no server here of which the connections can be counted"
