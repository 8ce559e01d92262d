"""The library's own source in the notebook, highlighted, with the Lua that it calls."""

import functools
import inspect
import re
import textwrap
from html import escape
from pathlib import Path

from redislab import lua

LUA = re.compile(r"""\bscript\((\s*["'][\w\s"',]+)\)""")  # one name or several
# pygments' classes, in the colours that the notebook's editor has for the same things
COLOURS = {
    "keyword": (".k", ".kc", ".kd", ".kn", ".kr", ".ow"),
    "string": (".s", ".s1", ".s2", ".sa", ".se", ".si", ".ld"),
    "comment": (".c", ".c1", ".cm", ".ch", ".sd"),
    "number": (".m", ".mi", ".mf", ".mh"),
    "def": (".nf", ".nc", ".fm"),
    "builtin": (".nb", ".bp", ".kt"),
    "operator": (".o",),
    "meta": (".nd",),
}
PLAIN = {"keyword": "#0b6e4f", "string": "#a31515", "comment": "#5f6b76", "number": "#7a4b00", "def": "#0550ae"}


def show(thing) -> None:
    """Show the source of a class or function, and of every Lua script that it loads: highlighted in a notebook, else printed.

    Raises:
        TypeError: see `source`.
    """
    import IPython

    IPython.display.display(source(thing)) if IPython.get_ipython() else print(source(thing))


def source(thing) -> "Source":
    """The source of a class or function, docstring included, and of every Lua script that it loads.

    Raises:
        TypeError: `thing` has no source, such as a builtin or a value; says what to show instead.
    """
    try:
        text = textwrap.dedent(inspect.getsource(thing))
        place = Path(inspect.getsourcefile(thing)).name
    except (TypeError, OSError):
        raise TypeError(
            f"There is no source to show of {thing!r}: give a class or a function, such as show(CacheAside)."
        ) from None
    names = dict.fromkeys(re.findall(r"\w+", " ".join(LUA.findall(text))))
    scripts = {f"{name}.lua": lua.script(name) for name in names}
    return Source({place: text} | scripts)


class Source(dict):
    """Source texts by file name; a notebook shows them highlighted, a terminal as they are."""

    def _repr_html_(self) -> str:
        parts = "".join(
            f"<figcaption>{escape(name)}</figcaption>{_highlighted(name, text)}" for name, text in self.items()
        )
        return f"<style>{_sheet()}</style><figure class='rl-source'>{parts}</figure>"

    def __repr__(self) -> str:
        return "\n\n".join(
            f"{'#' if name.endswith('.py') else '--'} {name}\n{text.rstrip()}" for name, text in self.items()
        )


def _highlighted(name: str, text: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import LuaLexer, PythonLexer

    lexer = LuaLexer() if name.endswith(".lua") else PythonLexer()
    # what scrolls is reached by Tab, and its keys scroll it instead of moving between cells
    reached = f'<pre tabindex="0" role="group" aria-label="Source: {escape(name)}" data-lm-suppress-shortcuts>'
    return highlight(text, lexer, HtmlFormatter(cssclass="rl-code")).replace("<pre>", reached, 1)


@functools.cache
def _sheet() -> str:
    rules = [
        ".rl-source{margin:0;border:1px solid var(--jp-border-color2,#ddd);border-radius:6px;overflow:hidden}",
        ".rl-source figcaption{padding:5px 14px;font-size:13px;color:var(--jp-ui-font-color2,#666);"
        "background:var(--jp-layout-color2,#f3f4f6)}",
        ".rl-source .rl-code pre{margin:0;padding:10px 14px;overflow-x:auto;white-space:pre;font-size:13px;line-height:1.5;"
        "font-family:var(--jp-code-font-family,monospace);color:var(--jp-content-font-color1,inherit);background:transparent}",
    ]
    for role, classes in COLOURS.items():
        names = ",".join(f".rl-code {name}" for name in classes)
        rules.append(f"{names}{{color:var(--jp-mirror-editor-{role}-color,{PLAIN.get(role, 'inherit')})}}")
    return "".join(rules)
