"""What a panel says in words: one place on the page whose text changes, and the texts."""

from html import escape

import anywidget
import traitlets


class Words(anywidget.AnyWidget):
    """HTML in one element that stays: a screen reader hears what changes in it if `live` is "polite"."""

    _esm = """
    export default { render({ model, el }) {
      el.classList.add(...model.get("names"));
      el.setAttribute("aria-live", model.get("live"));
      const paint = () => { el.innerHTML = model.get("html"); };
      model.on("change:html", paint);
      paint();
    } };
    """
    html = traitlets.Unicode().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    live = traitlets.Unicode("off").tag(sync=True)


def number(value, unit: str = "") -> str:
    """Three digits that matter, thousands apart."""
    if value is None:
        return "–"
    if not isinstance(value, (int, float)):
        return escape(str(value))
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}" + (f" {escape(unit)}" if unit else "")


def title(text: str, claim: str) -> str:
    return f"<h3>{escape(text)}</h3>"


def status(state: str, where: dict, values: dict, note: str = "") -> str:
    """The state, what is measured on, and how much of the load came back."""
    facts = [" · ".join(str(where[name]) for name in ("server", "backend") if name in where)]
    if values.get("round_trip_ms") is not None:
        facts.append(f"round trip <b>{number(values['round_trip_ms'])}</b> ms")
    if "offered" in values:
        facts.append(f"offered <b>{values['offered']:,.0f}</b>/s, achieved <b>{values['achieved']:,.0f}</b>/s")
        facts.append(f"n = <b>{values['requests']:,}</b>")
    if values.get("errors"):
        failure = escape(str(values.get("error", "")))
        facts.append(f"<span class='rl-alarm' title='{failure}'>failing: <b>{values['errors']:,.0f}</b>/s</span>")
    spans = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    note = f"<p class='rl-note'>{escape(note)}</p>" if note else ""
    return f"<div class='rl-facts'><span class='rl-state rl-{state}'>{state}</span>{spans}</div>{note}"


def claim_line(claim: str, guess: str | None, measured: str | None, verdict: str | None) -> str:
    """The claim, the learner's guess, this machine's figure, and what follows."""
    cells = [
        ("The module’s claim", f"“{escape(claim)}”" if claim else None),
        ("Your guess", guess),
        ("Measured here", measured),
        ("Verdict", escape(verdict) if verdict else "measuring …"),
    ]
    return "".join(f"<div><small>{head}</small><p>{text}</p></div>" for head, text in cells if text)


def table(columns: list[tuple[str, str]], samples: list[dict], rows: int = 12) -> str:
    """The last seconds, a row for each, the newest on top."""
    chosen = {}
    for sample in samples[-20 * rows :]:
        chosen[int(sample["t"])] = sample
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for _, label in [("t", "time, s"), *columns])
    body = "".join(
        f"<tr><td>{second}</td>" + "".join(f"<td>{number(sample.get(key))}</td>" for key, _ in columns) + "</tr>"
        for second, sample in sorted(chosen.items(), reverse=True)[:rows]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
