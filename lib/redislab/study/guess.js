// A question: a press of Keep carries what is on the screen, and is shown as kept without waiting for the kernel, which may be busy.

export default widget(() => ({
  render({ model, el, signal }) {
    const [kind, options, question] = ["kind", "options", "question"].map((name) => model.get(name));
    const control = field({ kind, label: "Your guess", options }, () => {});
    const keep = Object.assign(create("button", "rl-button rl-go"), { type: "button" });
    const change = Object.assign(create("button", "rl-button", "Change it"), { type: "button" });
    const row = create("div", "rl-answer");
    row.append(control.el, keep, change);
    el.append(create("p", "rl-question", question), row);
    let kept;

    // The button that was pressed stays where it is and does nothing more: what an impatient second press meets is no other one.
    function show(place) {
      kept = place;
      if (kept != null) control.show(kept);
      control.input.disabled = kept != null;
      keep.textContent = kept == null ? "Keep my guess" : "Kept";
      keep.ariaDisabled = kept == null ? null : "true";
      change.hidden = kept == null;
    }
    function say(place) {
      tell(model, moved(place));
      show(place);
    }
    keep.addEventListener("click", () => kept == null && say(control.state()));
    change.addEventListener("click", () => {
      say(null);
      control.input.focus();
    });
    control.show(model.get("start"));
    const moved = moves(model, "kept", signal, show);
  },
}));
