"""Orders as somebody claims them, and as they were measured."""

import itertools

APART = 1.15  # times: nearer than this, two figures count as equal
Ranking = tuple[tuple[str, ...], ...]  # best first; those in one tuple are said to be equal


def measured(figures: dict[str, float], unit: float = 0.0) -> Ranking:
    """Names by their figure, smallest first; neighbours less than `APART` times, or `unit`, apart share a place."""
    ranking, best = [], 0.0
    for name in sorted(figures, key=figures.get):
        if ranking and figures[name] <= max(APART * best, best + unit):
            ranking[-1].append(name)
        else:
            ranking.append([name])
            best = figures[name]
    return tuple(map(tuple, ranking))


def holds(claim: Ranking, figures: dict[str, float], unit: float = 0.0) -> bool:
    """Whether what is claimed to be better is: each clearly below all of the next place."""
    return all(
        max(figures[name] for name in better) * APART + unit < min(figures[name] for name in worse)
        for better, worse in itertools.pairwise(claim)
    )


def said(ranking: Ranking) -> str:
    """In one line: "a > b ≈ c", best first."""
    return " > ".join(" ≈ ".join(place) for place in ranking)
