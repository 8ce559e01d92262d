"""Cards: which Redis is measured and what it can do; and which commands were sent to it."""

from html import escape
from pathlib import Path

STYLE = f"<style>{Path(__file__).with_suffix('.css').read_text(encoding='utf-8')}</style>"
CAPABILITIES = {
    "field_ttl": "TTL of a field",
    "bloom": "Bloom filters",
    "compare_and_set": "compare-and-set",
    "cluster": "cluster",
}
PLACES = {
    "url": "your own, by REDISLAB_REDIS_URL",
    "docker": "in a container of this lab",
    "local": "the redis-server installed here",
    "bundled": "came with this course",
}


def card(lab) -> str:
    """HTML of `lab.facts()`."""
    facts = lab.facts()
    able = [name for key, name in CAPABILITIES.items() if key in facts["capabilities"]]
    unable = [name for key, name in CAPABILITIES.items() if key not in facts["capabilities"] and key != "cluster"]
    rows = {
        "Where": PLACES.get(facts["backend"], facts["backend"]),
        "Round trip": f"{facts['round_trip_ms']:.2f} ms, measured just now",
        "Can do": ", ".join(able) or "the commands of every Redis",
        "Cannot do": ", ".join(unable),
        "Client": f"{facts['client']}, {facts['parser']}",
        "Database": facts["database"],
        "Keys under": f"{facts['prefix']}:",
        "Passed over": "; ".join(facts["passed_over"]),
    }
    body = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows.items() if text)
    return f"{STYLE}<div class='rl-card'><strong>{escape(facts['product'])} {escape(facts['version'])}</strong><dl>{body}</dl></div>"


def sent(watch) -> str:
    """HTML of the commands that a Watch has seen: a line a round trip, each command with its reply."""
    rows = "".join(
        f"<tr><td>{command.trip}</td><td><code>{escape(command.text)}</code></td>"
        f"<td><code>{'nil' if command.reply is None else escape(command.reply)}</code></td></tr>"
        for command in watch.commands
    )
    head = "<tr><th>round trip</th><th>command</th><th>reply</th></tr>"
    return f"{STYLE}<table class='rl-sent'><thead>{head}</thead><tbody>{rows}</tbody></table>"


def register() -> None:
    """Show every Lab and every Watch as its card, and every Race on its board, if this is a notebook."""
    import IPython

    from redislab.screen import race_board

    if shell := IPython.get_ipython():
        html = shell.display_formatter.formatters["text/html"]
        html.for_type_by_name("redislab.world.lab", "Lab", card)
        html.for_type_by_name("redislab.bench.instruments", "Watch", sent)
        shell.display_formatter.mimebundle_formatter.for_type_by_name("redislab.bench.races", "Race", race_board.bundle)
