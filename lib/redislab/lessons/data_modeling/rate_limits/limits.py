"""What the exercises on rate limiters have in common."""

from redislab.study.checks import CheckContext, no_schedule_breaks

LIMIT, WINDOW = 5, 60  # requests, s


class LimitContext(CheckContext):
    """A context whose function is a rate limiter."""

    def ask(self, subject: str = "ada") -> bool:
        return bool(self.call(subject, LIMIT, WINDOW))

    def leave_one_place(self) -> None:
        for _ in range(LIMIT - 1):
            self.ask()

    def last_place(self) -> tuple[bool, str]:
        """Whether of two requests that race for the last place one is admitted, in every schedule."""

        def one_is_admitted(returned):
            admitted = sum(map(bool, returned))
            return "" if admitted == 1 else f"one place was left, and {admitted} of two were admitted"

        ask = self.client_of("ada", LIMIT, WINDOW)
        return no_schedule_breaks(self.race(ask, ask, given=LimitContext.leave_one_place, expect=one_is_admitted))
