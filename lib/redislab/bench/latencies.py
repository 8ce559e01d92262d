"""How long requests took: a histogram with three digits at every scale, in a dictionary."""

import itertools
from collections import Counter

BITS = 11  # that are kept of a number: an error of 0.1 % at most


class Latencies(Counter):
    """Requests by microseconds, where numbers that are alike in their first three digits count as one.

    As HdrHistogram does it, whose C library has no wheels for Linux on Arm, for macOS on Intel and for Windows on Arm. Only what
    occurs takes memory, so a quarter of a second's worth is small; `update` and `subtract` put histograms together, and apart.
    """

    def record(self, seconds: float) -> None:
        """Count one request, by the smallest number of its class; below a microsecond is a microsecond."""
        microseconds = max(1, int(seconds * 1e6))
        shift = max(0, microseconds.bit_length() - BITS)
        self[microseconds >> shift << shift] += 1

    def milliseconds(self, percentile: float) -> float:
        """What so many percent of the requests did not exceed, as the largest number of its class; 0 if there are none."""
        wanted = max(1, percentile / 100 * self.total() - 1e-9)
        counted = sorted(self.items())
        for (microseconds, _), sofar in zip(counted, itertools.accumulate(n for _, n in counted), strict=True):
            if sofar >= wanted:
                return (microseconds | (1 << max(0, microseconds.bit_length() - BITS)) - 1) / 1e3
        return 0.0
