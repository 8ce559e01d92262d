// Fields, one for each knob of an experiment. The first few are in sight, and a button below them unfolds the others; those of a
// panel's charts that are folded follow the kernel.

function more(model, signal, rest) {
  const button = Object.assign(create("button", "rl-more"), { type: "button" });
  rest.id = `rl-rest-${thisPage.fields++}`;
  button.setAttribute("aria-controls", rest.id);
  button.addEventListener("click", () => {
    model.set("more", !model.get("more"));
    model.save_changes();
  });
  follow(model, "more", signal, (open) => {
    button.textContent = open ? "Less" : `More: ${model.get("folded")}`;
    button.ariaExpanded = String(open);
    rest.hidden = !open;
  });
  return button;
}

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-knobs");
    const controls = new Map();
    const rest = create("div", "rl-rest");
    for (const look of model.get("fields")) {
      const control = field(look, (state) => tellSoon(control, model, moved([look.name, state])));
      controls.set(look.name, control);
      (controls.size > model.get("few") ? rest : el).append(control.el);
    }
    if (model.get("folded")) el.append(more(model, signal, rest));
    el.append(rest);
    const show = (states) => controls.forEach((control, name) => control.show(states[name]));
    const moved = moves(model, "states", signal, show);
  },
}));
