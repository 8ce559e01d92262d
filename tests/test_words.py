"""Words that read like a translation, which the course does without: the subject of a sentence is a client, a reader, a process."""

import re

from tests.notebooks import NOTEBOOKS, ROOT, cells

BANNED = re.compile(
    r"\b(somebody|nobody|everybody|whoever|anew|at need|becomes? of|to be had|what was just|all at once)\b", re.I
)
NAMES = re.compile(
    r"`[^`]*`|\"nobody\"|nobody:|\bnobody=|\bNOBODY\b|scan-blocks-nobody|\{nobody"
)  # of values, not words
TEXTS = [
    *(ROOT / "lib/redislab").rglob("*.py"),
    *(ROOT / "lib/redislab").rglob("*.lua"),
    *(ROOT / "lib/redislab").rglob("*.md"),
    *(ROOT / "lib/redislab").rglob("*.json"),
    ROOT / "README.md",
]


def found(name: str, text: str) -> list[str]:
    return [f"{name}: {line.strip()[:100]}" for line in text.splitlines() if BANNED.search(NAMES.sub("", line))]


def test_clients_and_readers_do_things_in_the_library_and_its_texts():
    assert not [each for path in TEXTS for each in found(path.name, path.read_text(encoding="utf-8"))]


def test_and_in_the_notebooks():
    for path in NOTEBOOKS:
        texts = [cell.source for cell in cells(path) if cell.cell_type == "markdown"]
        notes = [str(cell.metadata.get("redislab", "")) for cell in cells(path)]
        assert not [each for text in texts + notes for each in found(path.stem, text)]


def test_a_banned_word_is_found_and_a_name_is_not():
    assert found("a", "What becomes of it?") and found("a", "Nobody waits.")
    assert not found("a", 'return "nobody" or `anew`')
