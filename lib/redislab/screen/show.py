"""The library's own source in the notebook, highlighted, with the Lua that it calls."""

import inspect
import re
import textwrap
from html import escape
from pathlib import Path

from redislab import lua

LUA = re.compile(r"""\bscript\((\s*["'][\w\s"',]+)\)""")  # one name or several
STYLE = f"<style>{Path(__file__).with_suffix('.css').read_text(encoding='utf-8')}</style>"


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
        return f"{STYLE}<figure class='rl-source'>{parts}</figure>"

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
