"""The four algorithms in plain Python, by definition and not by cleverness: what the scripts are held against.

Times are whole µs. A model keeps the time of every admission; what it says of one moment it finds by counting.
"""

from fractions import Fraction


class Model:
    """`admits(now)` by an algorithm's definition, over all admissions so far."""

    def __init__(self, limit: int, length: int):
        self.limit, self.length, self.admitted = limit, length, []

    def allow(self, now: int) -> bool:
        if self.admits(now):
            self.admitted.append(now)
            return True
        return False

    def remaining(self, now: int) -> int:
        """How many more it would admit at this moment; tried, and taken back."""
        before = len(self.admitted)
        while self.allow(now):
            pass
        more = len(self.admitted) - before
        del self.admitted[before:]
        return more


class Fixed(Model):
    def admits(self, now):
        return sum(then // self.length == now // self.length for then in self.admitted) < self.limit


class Log(Model):
    def admits(self, now):
        return sum(then > now - self.length for then in self.admitted) < self.limit


class Counter(Model):
    def admits(self, now):
        window, gone = divmod(now, self.length)
        previous = sum(then // self.length == window - 1 for then in self.admitted)
        current = sum(then // self.length == window for then in self.admitted)
        return previous * (1 - Fraction(gone, self.length)) + current < self.limit


class Bucket(Model):
    """`length` is what one token takes."""

    def admits(self, now):
        tokens, last = Fraction(self.limit), None
        for then in self.admitted:
            tokens = self.refilled(tokens, last, then) - 1
            last = then
        return self.refilled(tokens, last, now) >= 1

    def refilled(self, tokens, last, now):
        return tokens if last is None else min(Fraction(self.limit), tokens + Fraction(now - last, self.length))


def most(admitted, length: int) -> int:
    """The most of these moments that any `length` holds, its last moment excluded."""
    return max((sum(first <= then < first + length for then in admitted) for first in admitted), default=0)
