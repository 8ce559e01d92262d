"""A schedule as a table: the clients as columns, time downwards, and beside them what keys and rows held."""

import redis

from redislab.bench.instruments import in_words

WIDEST = 44  # characters of a cell
MOST = 4  # commands of a pipeline that are shown


def table(race, played) -> str:
    """The table in plain text."""
    head, *lines = rows(race, played)
    widths = [min(WIDEST, max(len(line[place]) for line in [head, *lines])) for place in range(len(head))]
    rule = "─┼─".join("─" * width for width in widths)
    text = [" │ ".join(_cut(cell, width) for cell, width in zip(line, widths, strict=True)) for line in [head, *lines]]
    verdict = [f"✗ {played.trouble}"] if played.trouble else []
    return "\n".join([text[0].rstrip(), rule, *(line.rstrip() for line in text[1:]), *verdict])


def rows(race, played) -> list[list[str]]:
    """The head, the start, and a row for each step: its number, a cell for each client, and what was held after it."""
    places = list(dict.fromkeys(place for state in played.states for place in state))
    first = {place: next((state[place] for state in played.states if place in state), None) for place in places}
    found = [["step", *(f"{letter} {name}" for letter, name in race.names.items()), *map(name_of, places)]]
    for number, (state, step) in enumerate(zip(played.states, [None, *played.steps], strict=True)):
        cells = [step_text(step) if step and step.turn[0] == letter else "" for letter in race.names]
        if step and step.turn[0] == "x":
            cells[0] = f"⌛ {step.sent[0][1]} expires"
        held = [shown(state.get(place, first[place]), first[place]) for place in places]
        found.append([str(number or ""), *cells, *held])
    return found


def in_a_line(played) -> str:
    """A schedule as a sentence has it: "A: GET likes → 0; B: GET likes → 0; …"."""
    return "; ".join(
        f"{step.sent[0][1]} expires" if step.turn[0] == "x" else f"{step.turn[0]}: {step_text(step)}"
        for step in played.steps
    )


def step_text(step) -> str:
    """What a client did: "GET likes → 0"."""
    if step.turn.endswith("!"):
        return "† dies"
    lost = " (lost)" if step.turn.endswith("?") else ""
    return f"{commands(step.sent)}{answer(step)}{lost}"


def commands(sent) -> str:
    """The commands of a step, in a line."""
    if not sent:
        return "waits"
    words = [_table_words(command) if command[0] == "TABLE" else in_words(command) for command in sent]
    if sent[0][0] == "MULTI":
        return f"MULTI {_few(words[1:-1])} EXEC"
    return _few(words)


def _few(words: list[str]) -> str:
    more = [f"… {len(words) - MOST} more"] if len(words) > MOST else []
    return "; ".join([*words[:MOST], *more])


def answer(step) -> str:
    """The reply to a step, short."""
    if not step.sent or not step.replies:
        return ""
    if step.sent[0][0] == "MULTI":
        reply = step.replies[-1]
        return " → refused, a watched key has changed" if reply is None else f" → {_reply(reply)}"
    return " → " + ", ".join(map(_reply, step.replies))


def _table_words(command) -> str:
    _, verb, name, ids = command
    return f"{verb} {name}" + ("" if ids is None else f" {', '.join(map(str, ids))}")


def _reply(reply) -> str:
    if reply is None:
        return "nil"
    if isinstance(reply, redis.ResponseError):
        return f"error: {reply}"
    if isinstance(reply, dict) and "version" in reply:
        return f"version {reply['version']}"
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def name_of(place) -> str:
    return place if isinstance(place, str) else f"{place[0]} {place[1]}"


def shown(value, first) -> str:
    """What a key or a row holds; of a row its version, and the columns that are not as they were."""
    if value is None:
        return "–"
    if isinstance(value, dict) and "version" in value and "id" in value:
        changed = [name for name in value if first and value[name] != first.get(name) and name != "version"]
        return ", ".join(f"{name} {value[name]}" for name in ["version", *changed])
    return _reply(value)


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
