// A field that is one knob of an experiment: wherever it is moved, the kernel has the newest state.

export default widget(() => ({
  render({ model, el, signal }) {
    const [kind, label, help, options] = ["kind", "label", "help", "options"].map((name) => model.get(name));
    const control = field({ kind, label, help, options }, (state) => {
      model.set("state", state);
      model.save_changes();
    });
    el.append(control.el);
    follow(model, "state", signal, control.show);
  },
}));
