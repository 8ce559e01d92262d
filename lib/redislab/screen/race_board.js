// A race: buttons that choose whose step comes next, and a table of what happened so far, which comes from the kernel.

const TOOLS = [
  ["undo", "Back"],
  ["start_over", "Start over"],
  ["try_all", "Try all"],
  ["shortest", "Shortest that breaks"],
  ["previous_failing", "Previous failing"],
  ["next_failing", "Next failing"],
];

function group(label, buttons) {
  const box = create("div", "rl-race-group");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", label);
  box.append(...buttons);
  return box;
}

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-race-page");
    const press = (what) => tell(model, { press: what });
    const button = (what, label, name) => {
      const it = create("button", `rl-button ${name}`, label);
      it.type = "button";
      it.dataset.press = what;
      // not "disabled", which would take the focus away from who has just pressed it
      it.addEventListener("click", () => it.getAttribute("aria-disabled") === "true" || press(what));
      return it;
    };
    const kind = (turn) => (turn.length > 1 || turn === "x" ? "rl-race-event" : "rl-race-turn");
    const turns = model.get("turns").map(([turn, label]) => button(turn, label, kind(turn)));
    const tools = TOOLS.map(([what, label]) => button(what, label, what === "try_all" ? "rl-go" : ""));
    const summary = create("p", "rl-race-summary");
    const verdict = create("p", "rl-race-verdict");
    for (const said of [summary, verdict]) said.setAttribute("aria-live", "polite");
    const table = create("table", "");
    const scroll = create("div", "rl-race-scroll");
    scroll.append(table);
    const next = group("Next step", [create("span", "", "Next step:"), ...turns]);
    el.append(create("h3", "", model.get("title")), next, scroll, verdict, group("Schedules", tools), summary);

    // The digits are the clients; page.js keeps what is typed here from JupyterLab's cells.
    el.addEventListener("keydown", (event) => {
      if (event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return;
      const turn = turns.filter((each) => each.classList.contains("rl-race-turn"))[Number(event.key) - 1];
      if (turn) turn.click();
    });

    const paint = () => {
      const [head, ...lines] = model.get("rows");
      const clients = model.get("clients");
      const cells = (tag, line, former) =>
        line.map((text, place) => {
          const cell = create(tag, "", text);
          if (tag === "th") cell.scope = "col";
          cell.classList.toggle("rl-race-held", place > clients);
          cell.classList.toggle("rl-race-changed", place > clients && former !== undefined && former[place] !== text);
          return cell;
        });
      const row = (tag, line, former) => {
        const made = create("tr");
        made.append(...cells(tag, line, former));
        return made;
      };
      const rows = lines.map((line, place) => row("td", line, lines[place - 1]));
      if (model.get("choices").length) {
        const coming = row("td", ["", ...model.get("next"), ...head.slice(clients + 1).map(() => "")]);
        coming.className = "rl-race-next";
        rows.push(coming);
      } else rows.at(-1)?.classList.toggle("rl-race-broken", model.get("broken"));
      const top = create("thead");
      top.append(row("th", head));
      const body = create("tbody");
      body.append(...rows);
      table.replaceChildren(create("caption", "", "Time runs downwards; a client's next step is grey."), top, body);
    };
    const able = () => {
      const choices = model.get("choices");
      const [begun, fails] = [model.get("can_undo"), model.get("failing") > 0];
      const rests = { undo: !begun, start_over: !begun, try_all: model.get("busy"), shortest: !fails };
      rests.previous_failing = rests.next_failing = !fails;
      for (const each of turns) each.setAttribute("aria-disabled", !choices.includes(each.dataset.press));
      for (const each of tools) each.setAttribute("aria-disabled", rests[each.dataset.press]);
    };
    const say = () => {
      summary.textContent = model.get("summary");
      verdict.textContent = model.get("verdict");
      verdict.classList.toggle("rl-race-broken", model.get("broken"));
    };
    // a page may have the widget before its rows
    const all = () => model.get("rows").length && [paint, able, say].forEach((each) => each());
    const names = ["rows", "choices", "next", "verdict", "broken", "summary", "failing", "busy", "can_undo"];
    for (const name of names) follow(model, name, signal, all);
  },
}));
