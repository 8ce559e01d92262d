"""The house: one floor may use only the floors below it."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

LIB = Path(__file__).parents[1] / "lib" / "redislab"
SECTIONS = ("caching", "modeling", "keys", "tuning", "antipatterns")
FLOORS = {"lessons": 6, "study": 5, "screen": 4, "bench": 2, "world": 1, "errors": 0, "lua": 0} | dict.fromkeys(
    SECTIONS, 1
)
WIDGETS = ("ipywidgets", "anywidget", "plotly", "IPython")


@functools.cache
def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms(module: str):
    parts = module.split(".")
    return parts[1] if parts[0] == "redislab" and len(parts) > 1 and parts[1] in FLOORS else None


TOP = {
    "__init__.py": 7,
    "__main__.py": 2,
    "command.py": 6,
    "errors.py": 0,
}  # modules beside the rooms: the door, and the command line: a finding leads to a lab, and `class` reads what the course has
# noted. What an audit loads before it has found anything is in tests/antipatterns/test_command_line.py
MODULES = sorted(path for path in LIB.rglob("*.py") if path.parent != LIB)


def test_no_arrow_climbs():
    climbing = []
    for path in MODULES:
        here = path.relative_to(LIB).parts[0]
        for there in filter(None, map(rooms, imports(path))):
            alone = here in SECTIONS and there not in (here, "keys", "errors", "lua")  # stands on keys and lua alone
            if FLOORS[there] > FLOORS[here] or alone:
                climbing.append(f"{path.relative_to(LIB)} uses {there}")
    assert not climbing


@pytest.mark.parametrize("name", TOP)
def test_no_arrow_climbs_from_beside_the_rooms(name):
    floors = [FLOORS[there] for module in imports(LIB / name) if (there := rooms(module))]
    assert max(floors, default=0) <= TOP[name]


def test_there_is_no_circle_of_modules():
    names = {dotted(path): path for path in MODULES}
    arrows = {module: {name for name in needed(path, names) if name != module} for module, path in names.items()}
    while free := [module for module, others in arrows.items() if not others & arrows.keys()]:
        for module in free:
            del arrows[module]
    assert not arrows


def needed(path: Path, names) -> set[str]:
    """The modules that a file imports; of a package whose module it names, that module alone."""
    found = {name for name in imports(path) if name in names}
    return {name for name in found if not any(other.startswith(f"{name}.") for other in found)}


def dotted(path: Path) -> str:
    return ".".join(("redislab", *path.relative_to(LIB).with_suffix("").parts)).removesuffix(".__init__")


def test_only_the_screen_and_the_course_know_widgets():
    below = [path for path in MODULES if FLOORS[path.relative_to(LIB).parts[0]] < 4]
    assert not [path for path in below if {module.split(".")[0] for module in imports(path)} & set(WIDGETS)]


def test_every_room_has_its_floor():
    assert {path.name for path in LIB.iterdir() if path.is_dir() and path.name != "__pycache__"} <= set(FLOORS)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("redislab", (*WIDGETS, "redis", "sqlalchemy", "pandas", "numpy")),
        ("redislab.caching", (*WIDGETS, "sqlalchemy", "pandas", "traitlets")),
        ("redislab.keys", (*WIDGETS, "sqlalchemy", "pandas", "traitlets")),
        ("redislab.world", (*WIDGETS, "testcontainers", "docker", "sqlalchemy", "pandas")),
        ("redislab.lessons.labs", (*WIDGETS, "testcontainers", "docker", "pandas")),
    ],
)
def test_what_is_not_used_is_not_loaded(module, absent):
    code = f"import sys, {module}; print(*{absent!r} & sys.modules.keys())".replace(f"{absent!r}", f"set({absent!r})")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not loaded
