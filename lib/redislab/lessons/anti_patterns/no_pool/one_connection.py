"""Functions that share a pool: connections are made once, are few, and are waited for."""

import contextlib

from redislab.study.checks import PATIENCE, CheckContext, Exercise, begin, count, requirement

CALLS, CROWD, MOST = 20, 32, 8
STALL = 400  # ms


class UrlContext(CheckContext):
    """A context whose function is given the URL of a server with a few users and orders, and returns two functions."""

    def prepare(self) -> None:
        self.redis.mset(
            {f"{kind}:{number}": f"{kind} {number}" for kind in ("user", "order") for number in range(CROWD)}
        )

    def call(self):
        return self.function(self.server.url)

    def connections(self) -> int:
        """How many have been made since the server began."""
        return self.redis.info("stats")["total_connections_received"]

    def crowd(self) -> tuple[list, int]:
        """What CROWD threads get simultaneously from a slow server, and how many connections were made for it."""
        get_user, _ = self.call()
        get_user(0)
        before = self.connections() - 1
        self.redis.client_pause(STALL)
        got = []
        for call in [begin(get_user, number) for number in range(CROWD)]:
            with contextlib.suppress(Exception):  # a call that failed, or hangs, got nothing
                got.append(call.result(PATIENCE))
        return got, self.connections() - before


class OneConnection(Exercise):
    """One blocking pool, made with the application, under all its functions."""

    name, context = "one-connection", UrlContext

    @requirement("Both functions answer, None where there is nothing", hint=1)
    def answers(self, context):
        get_user, get_order = context.call()
        got = get_user(7), get_order(7), get_user("nobody")
        return got == ("user 7", "order 7", None), f"they gave {', '.join(map(repr, got))}"

    @requirement(f"{CALLS} calls of each, one after the other, are one connection", hint=2)
    def one(self, context):
        functions, before = context.call(), context.connections()
        for number in range(CALLS):
            for function in functions:
                function(number)
        made = context.connections() - before
        return made <= 1, f"{count(made, 'connection')} for {2 * CALLS} calls"

    @requirement(f"{CROWD} simultaneous calls, on a slow server, have {MOST} connections at most", hint=3)
    def few(self, context):
        _, made = context.crowd()
        return made <= MOST, f"{count(made, 'connection')} for {CROWD} calls at the same time"

    @requirement("And all of them are answered", hint=4)
    def all(self, context):
        got, _ = context.crowd()
        right = len(set(got) & {f"user {number}" for number in range(CROWD)})
        return right == CROWD, f"{right} of {CROWD} got their answer"
