"""The tree: every leaf of the module's, and something to say about each."""

import pytest

from redislab.bench.knobs import leaves
from redislab.lessons.data_modeling.choosing_structure.tree import LEAVES, TREE, path

MODULE = ["STRING", "SORTED SET", "LIST", "SET", "SET or BLOOM FILTER", "HASH"]


def test_the_tree_has_every_leaf_of_the_modules_in_its_order():
    assert list(leaves(TREE)) == list(LEAVES) == MODULE


@pytest.mark.parametrize("name", MODULE)
def test_each_leaf_can_be_reached_and_says_what_it_is_for_and_what_it_is_not_for(name):
    answers = path(name)
    assert 1 <= len(answers) <= 2
    leaf = LEAVES[name]
    assert leaf.commands and leaf.examples and leaf.instead
    tree = TREE
    for answer in answers:
        tree = tree[1][answer]
    assert tree == name


def test_there_is_no_way_to_what_is_not_in_the_tree():
    assert path("GRAPH") is None
