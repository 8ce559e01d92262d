"""The table: every cell of the module's, and a command for each that works on a real server and puts things back."""

import pytest

from redislab.lessons.data_modeling.complexity.lab import holder
from redislab.lessons.data_modeling.complexity.table import NONE, OPERATIONS, STRUCTURES, TABLE, cell
from redislab.lessons.data_modeling.items import Items

MODULE = """
O(1) | O(N) | O(1) | O(log N)     | O(1)
O(1) | O(1) | O(1) | O(log N)     | O(1)
O(1) | O(N) | O(1) | O(log N)     | O(1)
O(1) | O(N) | O(N) | O(N)         | O(N)
N/A  | O(N) | N/A  | O(log N + M) | N/A
"""


@pytest.fixture(scope="module")
def items(lab):
    server = lab.private_server()
    yield Items(server.client(), lab.keys)
    server.close()


def test_it_has_every_cell_of_the_modules_table_as_the_module_has_it():
    rows = [[said.strip() for said in row.split("|")] for row in MODULE.strip().splitlines()]
    assert [[cell(operation, structure).module for structure in STRUCTURES] for operation in OPERATIONS] == rows
    assert len(TABLE) == 25


def test_what_is_wrong_in_it_is_corrected():
    wrong = {(each.operation, each.structure): each.true for each in TABLE if not each.right}
    assert list(wrong.values()) == ["O(1)", "O(bytes)", "O(M)"]
    assert [structure for _, structure in wrong] == ["sorted set", "string", "string"]
    assert all(each.remark for each in TABLE if not each.right or not each.command)


@pytest.mark.parametrize("each", [each for each in TABLE if each.command], ids=lambda each: each.command)
def test_a_cells_command_finds_what_it_is_for_and_is_undone(items, each):
    items.drop()
    place = holder(each.operation, each.structure)
    items.grow(place, 600)
    before = contents(items, place)
    for turn in range(30):
        replies = [
            items.client.execute_command(*items.words(text, place, turn)) for text in (each.command, each.undo) if text
        ]
        assert replies[0] not in (None, [], "", b"") and -1 not in replies
        assert replies[0] is not False
    assert contents(items, place) == before
    assert bool(each.command) == (each.true != NONE)


def contents(items, structure):
    client, key = items.client, items.key(structure)
    read = {
        "string": lambda: (client.dbsize(), client.mget(items.name("string", i) for i in range(600))),
        "bytes": lambda: client.get(key),
        "list": lambda: client.lrange(key, 0, -1),
        "set": lambda: client.smembers(key),
        "sorted set": lambda: client.zrange(key, 0, -1, withscores=True),
        "hash": lambda: client.hgetall(key),
    }
    return read[structure]()
