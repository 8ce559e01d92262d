"""How many connections a pool needs: Little's law, square-root staffing, Erlang C; and the module's formula.

`rate` is λ, requests that arrive per second; `seconds` is W, how long one holds its connection: mostly the round trip.
"""

import math

from redislab.keys.numbers import whole, within


def busy(rate: float, seconds: float) -> float:
    """L = λW: connections in use, on average, whatever the distributions (J. Little, Operations Research 9, 1961).

    With fewer than that the queue grows without end; with just that many too, more slowly.
    """
    return within("rate", rate, "requests a second", 0) * within("seconds", seconds, "seconds", 1e-9)


def square_root(rate: float, seconds: float, beta: float = 2.0) -> int:
    """L + β√L, rounded up: the mean and a margin for its fluctuation (S. Halfin and W. Whitt, Operations Research 29, 1981).

    A Poisson process varies by the root of its mean, so the margin need not grow in proportion. With β = 2 one
    request in ten has to wait where L is small, and one in thirty where it is large.
    """
    load = busy(rate, seconds)
    return max(1, math.ceil(load + within("beta", beta, "a margin", 0) * math.sqrt(load)))


def module_formula(rate: float, seconds: float, safety: float = 1.5, buffer: float = 1.0) -> int:
    """Rate × duration × safety factor (× buffer, the module's is 2), rounded up.

    That is Little's law times a constant; the module's sentence names the wrong quantity, "concurrent requests", for what
    it computes with, requests per second. A constant is the wrong shape of margin: ×1.5 is too little for a small load,
    and ×3 too much for a large one.
    """
    factor = within("safety", safety, "a factor", 0) * within("buffer", buffer, "a factor", 0)
    return max(1, math.ceil(busy(rate, seconds) * factor))


def waiting(connections: int, rate: float, seconds: float) -> float:
    """Erlang's C formula: the chance, 0 to 1, that a request finds all connections taken (A. K. Erlang, 1917).

    For Poisson arrivals, times that vary exponentially, and a queue without end; 1 where there is no steady state.
    """
    load, connections = busy(rate, seconds), whole("connections", connections, most=10**6)
    if load >= connections:
        return 1.0
    blocked = 1.0  # Erlang B, by its recursion: no factorials, so no overflow
    for number in range(1, connections + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - (1 - blocked) * load / connections)


def mean_wait(connections: int, rate: float, seconds: float) -> float:
    """Seconds until a connection is free, on average over all requests; infinite where there is no steady state."""
    spare = _spare(connections, rate, seconds)
    return waiting(connections, rate, seconds) / spare if spare > 0 else math.inf


def wait(connections: int, rate: float, seconds: float, percentile: float = 99) -> float:
    """Seconds that all but the unluckiest wait for a connection: P(wait > t) = C·exp(−(K/W − λ)t), solved for t.

    A round trip varies less than exponentially, so that the real queue is shorter: about half where W is constant.
    """
    spare, chance = _spare(connections, rate, seconds), waiting(connections, rate, seconds)
    unlucky = chance / (1 - within("percentile", percentile, "a percentile", 0, 99.9999) / 100)
    if spare <= 0:
        return math.inf
    return math.log(unlucky) / spare if unlucky > 1 else 0.0


def _spare(connections: int, rate: float, seconds: float) -> float:
    """Requests per second that the pool could serve beyond λ."""
    load = busy(rate, seconds)
    return (whole("connections", connections, most=10**6) - load) / seconds
