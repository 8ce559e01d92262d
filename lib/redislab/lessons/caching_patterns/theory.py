"""What theory predicts, drawn beside what was measured."""

import numpy as np


def zipf(size: int, skew: float) -> np.ndarray:
    """Shares of `size` keys whose popularity falls as 1/rank**skew; 0 is uniform. Shape (size,), sums to 1."""
    weights = np.arange(1, size + 1, dtype=float) ** -skew
    return weights / weights.sum()


def hit_ratio(shares, rate: float, ttl: float, write_rate: float = 0.0) -> float:
    """Steady-state hit ratio (0 to 1) of cache-aside under Poisson reads and writes that delete.

    A key that is read λpᵢ times a second lives for T seconds, or mᵢ = (1 − exp(−μpᵢT)) / (μpᵢ) if writes delete it, and
    is then absent for 1/(λpᵢ) on average. So it is found λpᵢmᵢ/(1 + λpᵢmᵢ) of the time (renewal-reward theorem), and the
    shares pᵢ weigh the keys.

    Args:
        shares: pᵢ, shape (keys,).
        rate, write_rate: λ and μ, reads and writes per second of all keys together.
        ttl: T in seconds.
    """
    shares = np.asarray(shares)
    ends = np.maximum(write_rate * shares, 1e-12)
    reads = rate * shares * -np.expm1(-ends * ttl) / ends
    return float(np.sum(shares * reads / (1 + reads)))


def fewest_loads(shares, rate: float, ttl: float) -> float:
    """Loads per second without which values grow older than T: one when a key is first read, then one for each life that is read.

    A key lives for T and is then absent for 1/(λpᵢ) on average, until the next read; so it is loaded 1/(T + 1/(λpᵢ)) times
    a second (renewal-reward theorem), and these add up over the keys.

    Args:
        shares: pᵢ, shape (keys,).
        rate: λ, reads per second of all keys together.
        ttl: T in seconds.
    """
    reads = rate * np.asarray(shares)
    return float(np.sum(reads / (1 + reads * ttl)))


class HitForecast:
    """The same, before it has settled: what the hit ratio should be now, after all that the knobs have done.

    It follows the chance that each key is cached, in steps of `STEP` seconds: entries leave when their TTL (as it was
    when they were stored) is over or a write deletes them, and come back with the first read after that.
    In the steady state it agrees with `hit_ratio`. Keys of like popularity are followed as one class.
    """

    STEP = 0.05  # s
    CLASSES = 200

    def __init__(self, shares, longest_ttl: float):
        edges = np.unique(np.geomspace(1, len(shares) + 1, self.CLASSES + 1).astype(int)) - 1
        self.keys = np.diff(edges)
        self.share = np.add.reduceat(shares, edges[:-1]) / self.keys
        self._leaving = np.zeros((int(longest_ttl / self.STEP) + 2, len(self.keys)))
        self._carry = self._found = 0.0
        self.empty()

    def empty(self) -> None:
        """Nothing is cached, as after a restart of Redis."""
        self.cached = np.zeros(len(self.keys))
        self._leaving[:] = 0

    def advance(self, seconds: float, reads: float, writes: float, ttl: float, jitter: float, load: float) -> float:
        """Move on by `seconds`, in which `reads` and `writes` (counts, all keys together) arrived.

        Args:
            ttl, jitter: seconds, and the fraction by which a stored TTL may differ from it.
            load: seconds between a miss and the value being stored.

        Returns:
            The expected hit ratio (0 to 1) of this time.
        """
        steps, self._carry = divmod(seconds + self._carry, self.STEP)
        found = [self._step(reads / seconds, writes / seconds, ttl, jitter, load) for _ in range(int(steps))]
        self._found = sum(found) / len(found) if found else self._found
        return self._found

    def _step(self, read_rate: float, write_rate: float, ttl: float, jitter: float, load: float) -> float:
        self.cached -= self._leaving[0]
        self._leaving = np.roll(self._leaving, -1, axis=0)
        self._leaving[-1] = 0
        if write_rate:
            kept = np.exp(-write_rate * self.share * self.STEP)
            self.cached *= kept
            self._leaving *= kept
        reads = read_rate * self.share
        refill = reads / (1 + reads * load) * self.STEP  # expected refills of an absent key in this step
        stays_absent = np.exp(-refill)
        absent = (1 - self.cached) * np.where(refill > 1e-9, (1 - stays_absent) / np.maximum(refill, 1e-9), 1.0)
        stored = (1 - self.cached) * (1 - stays_absent)
        self.cached += stored
        self._schedule(stored, ttl, jitter)
        return float(np.sum(self.keys * self.share * (1 - absent)))

    def _schedule(self, stored, ttl: float, jitter: float) -> None:
        ends = np.linspace(ttl * (1 - jitter), ttl * (1 + jitter), 9) if jitter else np.array([ttl])
        slots = np.clip(ends / self.STEP - 0.5, 0, len(self._leaving) - 1.001)
        for slot in slots:  # stored half-way through this step; a TTL between two slots is shared by both
            low, part = int(slot), slot - int(slot)
            self._leaving[low] += stored * (1 - part) / len(slots)
            self._leaving[low + 1] += stored * part / len(slots)
