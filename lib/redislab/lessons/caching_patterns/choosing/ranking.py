"""Rankings, as they are claimed and as they were measured."""

import itertools
from typing import NamedTuple

APART = 1.15  # times: figures that are closer count as equal
Order = tuple[tuple[str, ...], ...]  # best first; those in one tuple are said to be equal


class Ranking(NamedTuple):
    """A claim about the figures called `key`, of which smaller ones are better.

    `unit`: figures that differ by less count as equal, too.
    """

    key: str
    claimed: Order
    unit: float = 0.0

    def verdict(self, figures: dict[str, float]) -> str:
        truth = "true" if holds(self.claimed, figures, self.unit) else "false"
        return f"{truth}: {in_words(measured(figures, self.unit))}"


def measured(figures: dict[str, float], unit: float = 0.0) -> Order:
    """Names by their figure, smallest first; neighbours less than `APART` times, or `unit`, apart share a place."""
    ranking, best = [], 0.0
    for name in sorted(figures, key=figures.get):
        if ranking and figures[name] <= max(APART * best, best + unit):
            ranking[-1].append(name)
        else:
            ranking.append([name])
            best = figures[name]
    return tuple(map(tuple, ranking))


def holds(claimed: Order, figures: dict[str, float], unit: float = 0.0) -> bool:
    """Whether what is claimed to be better is: each clearly below all of the next place."""
    return all(
        max(figures[name] for name in better) * APART + unit < min(figures[name] for name in worse)
        for better, worse in itertools.pairwise(claimed)
    )


def in_words(order: Order) -> str:
    """In one line: "a > b ≈ c", best first."""
    return " > ".join(" ≈ ".join(place) for place in order)
