// Fields, one for each knob of an experiment.

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-knobs");
    const controls = new Map();
    for (const look of model.get("fields")) {
      const control = field(look, (state) => tellSoon(control, model, moved([look.name, state])));
      controls.set(look.name, control);
      el.append(control.el);
    }
    const show = (states) => controls.forEach((control, name) => control.show(states[name]));
    const moved = moves(model, "states", signal, show);
  },
}));
