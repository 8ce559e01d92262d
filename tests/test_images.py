"""The notebooks' drawings: each is used, says what it shows, and can be read in light and dark without anything from elsewhere."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.minutes import panels
from tests.notebooks import NOTEBOOKS, ROOT, cells, prose

FOLDER = ROOT / "notebooks" / "images"
STILL = "<details><summary>What it looks like at work</summary>\n\n![{alt}](images/{file})\n\n</details>"
DRAWINGS = sorted(FOLDER.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = "svg title desc style defs marker rect circle path text tspan".split()
WIDEST = 760  # px
SMALLEST = 18  # px: still about 14 beside the list of files on a page of 1024

each_drawing = pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)


def pictures(path: Path) -> list[tuple[str, Path]]:
    """The text and the file of each image that a notebook or a Markdown file shows, from top to bottom; badges are not ours."""
    found = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", prose(path))
    return [(alt, path.parent / target) for alt, target in found if not target.startswith("https:")]


def style(path: Path) -> str:
    return ElementTree.parse(path).getroot().findtext(f"{SVG}style")


def colours(rules: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", rules))


def luminance(colour: str) -> float:
    """WCAG's relative luminance of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_image_is_used_and_every_one_that_is_used_is_there():
    used = {target for path in (ROOT / "README.md", *NOTEBOOKS) for _, target in pictures(path)}
    assert used == {path for path in FOLDER.iterdir() if path.is_file()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_panel_of_the_core_has_a_small_still_below_it(path):
    below = {cell.id: after.source for cell, after in itertools.pairwise(cells(path))}
    for cell in panels(cells(path)):
        still = re.fullmatch(
            re.escape(STILL).replace(r"\{alt\}", "([^]]+)").replace(r"\{file\}", r"([\w.-]+)"), below[cell.id]
        )
        assert still, cell.id
        assert (FOLDER / still[2]).stat().st_size < 50_000


def test_all_images_together_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000


def test_no_image_lies_in_a_hidden_folder():
    """A Jupyter server answers 404 for hidden files."""
    assert not any(part.startswith(".") for part in FOLDER.relative_to(ROOT).parts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_image_has_a_text_that_says_what_it_shows(path):
    for alt, target in pictures(path):
        assert 12 <= len(alt.split()) <= 80, target.name
    assert "mermaid" not in path.read_text()


@each_drawing
def test_a_drawing_says_what_it_shows_and_fits_the_page(path):
    root = ElementTree.parse(path).getroot()
    assert root.get("role") == "img" and root.get("aria-labelledby") == "title desc"
    assert [(each.tag, each.get("id")) for each in root[:2]] == [(f"{SVG}title", "title"), (f"{SVG}desc", "desc")]
    assert root[0].text and len(root[1].text.split()) >= 20
    width, height = int(root.get("width")), int(root.get("height"))
    assert width <= WIDEST and root.get("viewBox") == f"0 0 {width} {height}"


@each_drawing
def test_a_drawing_has_text_as_text_and_nothing_from_elsewhere(path):
    root = ElementTree.parse(path).getroot()
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {*ELEMENTS}
    assert root.find(f".//{SVG}text") is not None
    assert not re.search(r"\bon\w+=|href|@import|@font-face|data:|url\((?!#)", path.read_text())
    ids = {each.get("id") for each in root.iter()}
    assert set(re.findall(r"url\(#([\w-]+)\)", path.read_text())) <= ids


@each_drawing
def test_the_words_of_a_drawing_can_be_read_in_light_and_dark(path):
    light, dark = style(path).split("@media (prefers-color-scheme: dark)")
    assert all(float(size) >= SMALLEST for size in re.findall(r"([\d.]+)px", style(path)))
    for scheme in (colours(light), {**colours(light), **colours(dark.partition("}\n    }")[0])}):
        for name in ("ink", "quiet", "blue", "amber", "green", "red"):
            for ground in ("paper", f"{name}-wash" if f"{name}-wash" in scheme else "wash"):
                assert contrast(scheme[name], scheme[ground]) >= 4.5, f"{name} on {ground}"
    assert colours(light).keys() == colours(dark).keys()


def test_all_drawings_have_one_style():
    assert len({style(path) for path in DRAWINGS}) == 1
