"""The source that a notebook shows is the library's own, with the Lua that it calls."""

import pytest

from redislab.caching import CacheAside, CircuitBreaker, SingleFlight
from redislab.lua import script
from redislab.modeling import Catalog
from redislab.screen.show import show, source


def test_a_class_comes_with_its_docstring_and_its_scripts():
    shown = source(SingleFlight)
    assert list(shown) == ["single_flight.py", "lease.lua", "fill.lua"]
    text = shown["single_flight.py"]
    assert text.startswith("class SingleFlight") and SingleFlight.__doc__ in text
    assert shown["fill.lua"] == script("fill")


def test_scripts_that_share_a_part_are_shown_in_parts():
    assert list(source(Catalog)) == ["catalog.py", "catalog_forget.lua", "catalog_put.lua", "catalog_ask.lua"]


def test_a_method_is_shown_from_the_margin_and_without_scripts_it_stands_alone():
    assert source(CacheAside.get)["cache_aside.py"].startswith("def get(")
    assert list(source(CircuitBreaker)) == ["circuit_breaker.py"]


def test_a_notebook_shows_it_highlighted_in_its_own_colours_and_escaped():
    html = source(CacheAside)._repr_html_()
    assert "var(--jp-mirror-editor-keyword-color" in html and '<span class="k">class</span>' in html
    assert (
        "http" not in html
        and "&lt;" in source(test_a_notebook_shows_it_highlighted_in_its_own_colours_and_escaped)._repr_html_()
    )


def test_a_terminal_prints_it(capsys):
    show(CacheAside.get)
    printed = capsys.readouterr().out
    assert printed.startswith("# cache_aside.py") and "def get(self, id)" in printed


@pytest.mark.parametrize("thing", [len, 42, "text"])
def test_what_has_no_source_is_refused_with_what_to_give_instead(thing):
    with pytest.raises(TypeError, match="give a class or a function"):
        show(thing)
