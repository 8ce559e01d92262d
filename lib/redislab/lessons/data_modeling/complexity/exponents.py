"""How work grows with N: the exponent of the power law that fits, and what it says of a cell of the module's table."""

import numpy as np

from redislab.lessons.data_modeling.complexity.table import NONE, cell

LINEAR = 0.5  # an exponent above this is nearer to 1 than to 0


def fit(points: list[tuple[float, float]]) -> tuple[float | None, list]:
    """The exponent k of the power law a·N^k nearest to the points, by least squares of the logarithms, and its line."""
    points = [(n, value) for n, value in points if value > 0]
    if len({n for n, _ in points}) < 3:
        return None, []
    ns, values = np.array(points, dtype=float).T
    exponent, log_a = np.polyfit(np.log(ns), np.log(values), 1)
    return float(exponent), [(n, float(np.exp(log_a) * n**exponent)) for n in (ns[0], ns[-1])]


def told(operation: str, structure: str, exponents: dict) -> str:
    """One cell: what the module says, corrected, and the exponent; no mark if it was not measured, or the growth not seen."""
    what, exponent = cell(operation, structure), exponents.get((operation, structure))
    said = what.module if what.right else f"{what.module} → {what.true}"
    if exponent is None:
        return _unbroken(f"✓ {said}" if what.true == NONE else said)
    agrees = (exponent > LINEAR) == what.linear
    mark = "" if not agrees else "✓ " if what.right else "✗ "
    return _unbroken(f"{mark}{said}\n{power(exponent)}")


def power(exponent: float) -> str:
    return f"N^{round(exponent, 1) + 0:.1f}"  # + 0: there is no -0.0


def _unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")
