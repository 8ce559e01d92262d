// One control: a slider over stops ("number", "integer"), a menu ("choice"), a switch, or a line of text. Its state is the place of a
// stop or of an option, a boolean, or a text. `turned(state)` is called when a person has moved it.

function field({ kind, label, help, options }, turned) {
  const slides = kind === "number" || kind === "integer";
  const el = create("div", `rl-knob rl-${kind === "choice" ? "menu" : kind}`);
  const input = create(kind === "choice" ? "select" : "input");
  input.id = `rl-field-${thisPage.fields++}`;
  if (kind !== "choice") input.type = slides ? "range" : { switch: "checkbox" }[kind] ?? "text";
  if (slides) Object.assign(input, { min: 0, max: options.length - 1, step: 1 });
  if (kind === "choice") input.append(...options.map((option) => create("option", "", option)));
  const name = Object.assign(create("label", "rl-name", label), { htmlFor: input.id });
  const figure = create("span", "rl-figure");
  figure.setAttribute("aria-hidden", "true"); // the slider says it
  if (help) el.title = help;
  el.append(...(kind === "switch" ? [input, name] : slides ? [name, figure, input] : [name, input]));

  function state() {
    if (slides) return Number(input.value);
    if (kind === "choice") return input.selectedIndex;
    return kind === "switch" ? input.checked : input.value;
  }
  function paint() {
    if (!slides) return;
    figure.textContent = options[state()];
    input.setAttribute("aria-valuetext", options[state()]);
    input.style.setProperty("--rl-at", `${(100 * state()) / Math.max(1, options.length - 1)}%`);
  }
  function show(value) {
    if (value !== state()) {
      if (kind === "choice") input.selectedIndex = value;
      else input[kind === "switch" ? "checked" : "value"] = value;
    }
    paint();
  }
  input.addEventListener("input", () => {
    paint();
    turned(state());
  });
  return { el, input, state, show };
}
