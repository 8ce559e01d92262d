"""A tree of questions on the page, a row of answers for each; the next row comes with the answer."""

from collections.abc import Callable

import traitlets

from redislab.screen.page import HERE, Moved, script


class Decision(Moved):
    """Asks its way down a tree. `value` is the name of the leaf, and stays what it was until another leaf is reached.

    The rows are groups of radio buttons, so Tab goes from question to question and the arrows from answer to answer.

    Args:
        tree: (question, {answer: tree or name of a leaf}).
        on_move: called with the leaf that the page has reached, and when; it is shown if this sets `value`.
    """

    _esm = script(HERE / "decision.js")
    tree = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, tree, on_move: Callable, post: Callable, *, value: str, label: str):
        self._on_move = on_move
        super().__init__(post, tree=_listed(tree), value=value, label=label)

    def moved(self, leaf: str, at: float) -> None:
        self._on_move(leaf, at)


def _listed(tree):
    """Lists keep their order on the way to the page, whatever is done to objects there."""
    return tree if isinstance(tree, str) else [tree[0], [[answer, _listed(rest)] for answer, rest in tree[1].items()]]
