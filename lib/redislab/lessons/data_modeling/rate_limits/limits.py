"""What the exercises on rate limiters have in common."""

from redislab.study.checks import CheckContext

LIMIT, WINDOW = 5, 60  # requests, s


class LimitContext(CheckContext):
    """A context whose function is a rate limiter."""

    def ask(self, subject: str = "ada") -> bool:
        return bool(self.call(subject, LIMIT, WINDOW))

    def last_place(self) -> tuple[bool, str]:
        """With one place left, a second request comes at any moment of one: is one of the two admitted?"""
        other = []
        for moment in self.moments(lambda: other.append(self.ask())):
            other.clear()
            for _ in range(LIMIT - 1):
                self.ask()
            got = bool(moment("ada", LIMIT, WINDOW)) + sum(other)
            if other and got != 1:
                return False, f"the other one came between two commands, and {got} of two were admitted"
        return True, "whenever the other one came, one was admitted"
