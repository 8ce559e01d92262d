"""What the exercises on rate limiters have in common."""

from redislab.study.checks import CheckContext

LIMIT, WINDOW = 5, 60  # requests, s


class LimitContext(CheckContext):
    """A context whose function is a rate limiter."""

    def ask(self, subject: str = "ada") -> bool:
        return bool(self.call(subject, LIMIT, WINDOW))

    def last_place(self) -> tuple[bool, str]:
        """With one place left, a second request comes at any moment of one: is one of the two admitted?"""
        others = []

        def leave_one_place(context):
            others.clear()
            for _ in range(LIMIT - 1):
                self.ask()

        act = lambda context: others.append(self.ask())  # noqa: E731
        for mine in self.moments(act, "ada", LIMIT, WINDOW, given=leave_one_place):
            got = bool(mine) + sum(others)
            if got != 1:
                return False, f"the other one came between two commands, and {got} of two were admitted"
        return True, "whenever the other one came, one was admitted"
