"""How notebooks and code are kept."""

import ast
import functools
import json
import re
import statistics
import subprocess
import sys

import pytest

from redislab.lessons import LESSONS
from tests.notebooks import NOTEBOOKS, ROOT, cells, code_cells, prose

MODULES = sorted((ROOT / "lib").rglob("*.py"))
SECTIONS = ("caching", "modeling", "keys", "tuning", "antipatterns")
TEXTS = [
    ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "environment.yml", ".ci/run")
]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_the_notebooks_that_are_promised_are_there():
    names = "start_here caching_patterns data_modeling key_naming performance_tuning anti_patterns takeaways".split()
    assert {f"{number:02}_{name}" for number, name in enumerate(names)} <= {path.stem for path in NOTEBOOKS}


def test_a_notebook_holds_no_output_and_opens_with_the_usual_kernel():
    import nbformat  # here, and for all in one process: see tests/notebooks.py

    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        assert "widgets" not in notebook.metadata
        assert not [cell.id for cell in code_cells(path) if cell.outputs or cell.execution_count is not None]


@each_notebook
def test_cell_ids_are_names_and_each_is_there_once(path):
    ids = [cell.id for cell in cells(path)]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in ids)


@each_notebook
def test_cells_are_short_and_prose_stands_between_them(path):
    lengths = sorted(len(cell.source.splitlines()) for cell in code_cells(path))
    assert statistics.median(lengths) <= 3
    assert lengths[int(len(lengths) * 0.9) - 1] <= 12
    assert lengths[-1] <= 20
    wide = [line for cell in code_cells(path) for line in cell.source.splitlines() if len(line) > 100]
    assert not wide, "a cell that stands beside the list of files shows 100 characters"
    kinds = "".join(cell.cell_type[0] for cell in cells(path))
    assert "cccc" not in kinds


@each_notebook
def test_a_question_takes_at_most_120_words(path):
    for cell in cells(path):
        if cell.id.endswith("-question"):
            question = re.sub(r"^(#|\*|!\[).*$", "", cell.source, flags=re.M)
            assert len(question.split()) <= 120, cell.id


@each_notebook
def test_a_section_says_its_minutes(path):
    sections = [cell for cell in cells(path) if re.match(r"## \d", cell.source)]
    said = [re.match(r"## .+\n\n\*(\d+ minutes?|outside the \d+ minutes)\*\n", cell.source) for cell in sections]
    assert all(said), [cell.id for cell, found in zip(sections, said, strict=True) if not found]
    minutes = [int(found[1].split()[0]) if found[1][0].isdigit() else 0 for found in said]
    assert [cell.metadata["redislab"]["minutes"] for cell in sections] == minutes


@each_notebook
def test_a_panel_comes_after_a_guess_that_comes_back_in_it_and_before_something_to_try(path):
    guessed = False
    for before, cell, after in zip(cells(path), cells(path)[1:], cells(path)[2:], strict=False):
        guessed = guessed or "= predict(" in cell.source
        if cell.cell_type == "code" and "panel(labs." in cell.source:
            if "mine=" in cell.source:  # the learner's own code on the panel that the guess was about
                continue
            assert guessed and "guess=" in cell.source, cell.id
            assert before.cell_type == after.cell_type == "markdown", cell.id
            guessed = False


@pytest.mark.parametrize("path", [ROOT / "README.md", *NOTEBOOKS], ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target, place in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", prose(path)):
        if not target.startswith(("http:", "https:")):
            there = path.parent / target if target else path
            assert there.exists(), target
            headings = re.findall(r"^#+ (.+)$", prose(there), re.M) if place else [""]
            assert place in [heading.replace(" ", "-") for heading in headings], f"{target}#{place}"


@each_notebook
def test_a_notebook_links_home_and_to_its_neighbours(path):
    text = "\n".join(cell.source for cell in cells(path))
    place = NOTEBOOKS.index(path)
    for neighbour in NOTEBOOKS[max(0, place - 1) : place + 2]:
        if neighbour != path:
            assert f"]({neighbour.name})" in text
    assert path.stem.startswith("00") or "](00_start_here.ipynb)" in text


@each_notebook
def test_a_section_has_its_minutes_and_an_instructors_note(path):
    """`make present` shows them: "redislab": {"minutes": 5, "ask": …, "drag": …, "see": …} in the metadata of a heading's cell."""
    heads = [cell for cell in cells(path) if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    for cell in heads:
        note = cell.metadata.get("redislab", {})
        assert note.keys() == {"minutes", "ask", "drag", "see"}, cell.id
        for name in re.findall("“(.*?)”", note["drag"]):
            assert name in controls(), f"{cell.id}: no panel has “{name}”"
    said = re.search(r"· (?:about )?(\d+) minutes(?: in a room, (\d+) alone)?", cells(path)[0].source)
    assert sum(cell.metadata["redislab"]["minutes"] for cell in heads) == int(said[1] if said else 0)
    if said:  # else it is outside the hour
        told = f"| {said[1]} | {said[2] or said[1]} |"
        assert f"({path.relative_to(ROOT)}) {told}" in (ROOT / "README.md").read_text()
        assert said[2] is None or f"({path.name}) {told}" in prose(NOTEBOOKS[0])


@functools.cache
def controls() -> set[str]:
    """The names of all presets and actions, and of what menus offer."""
    names = set()
    for lab in LESSONS.labs.values():
        names |= {*lab.presets, *lab.actions().values(), *(["Measure again"] if hasattr(lab, "again") else [])}
        names |= {str(option) for knob in lab.knobs().values() for option in knob.options}
    return {name.replace("'", "’") for name in names}


def test_public_things_say_what_they_are():
    for path in MODULES:
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree) or not tree.body, path
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and len(node.body) > 3:
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_style(command):
    said = subprocess.run([sys.executable, "-m", "ruff", *command, str(ROOT)], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


def test_no_file_names_a_place_on_somebodys_machine():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in tracked or [str(path.relative_to(ROOT)) for path in [*MODULES, *NOTEBOOKS, *TEXTS]]:
        path = ROOT / name
        if path.suffix in (".png", ".webp", ".ico") or not path.exists():
            continue
        text = json.dumps(path.read_text()) if path.suffix == ".ipynb" else path.read_text()
        assert not re.search(r"(?<![\w.])/(root|work|home/\w+|Users/\w+)/", text), name
