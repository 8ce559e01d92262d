"""What the arrivals and the time for which each holds its connection say about a pool, as lines of a chart."""

from redislab.tuning import busy, module_formula, square_root, wait, waiting


def theory(rate: float, held: float, largest: int, measured: list) -> dict:
    """Lines over pools of 1 to `largest` connections, (size, value) pairs, and the sizes that the rules name.

    Args:
        rate: λ, arrivals a second.
        held: W in seconds.
        measured: (size, ms) pairs; the upright lines are as high as these.
    """
    heights = [ms for _, ms in measured] or [1e3 * held, 2e3 * held]
    marks = {"load": busy(rate, held), "module": module_formula(rate, held), "root": square_root(rate, held)}
    uprights = {name: [(x, min(heights)), (x, max(heights))] for name, x in marks.items() if x <= largest}
    sizes = range(1, largest + 1)
    return uprights | {
        "held_ms": 1e3 * held,
        "busy": marks["load"],
        "module_size": marks["module"],
        "root_size": marks["root"],
        "erlang": [(size, 1e3 * (held + wait(size, rate, held))) for size in sizes if size > marks["load"]],
        "erlang_waited": [(size, 100 * waiting(size, rate, held)) for size in sizes],
        "most_served": [(size, min(rate, size / held)) for size in sizes],
    }
