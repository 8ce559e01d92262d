// Fields, one for each knob of an experiment: wherever they are moved, the kernel has the newest states.

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-knobs");
    const controls = new Map();
    for (const look of model.get("fields")) {
      const control = field(look, (state) => {
        model.set("states", { ...model.get("states"), [look.name]: state });
        model.save_changes();
      });
      controls.set(look.name, control);
      el.append(control.el);
    }
    follow(model, "states", signal, (states) => controls.forEach((control, name) => control.show(states[name])));
  },
}));
