// The table of claims. Its cells change in place, so that a button keeps the focus; the kernel is told of buttons only.

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-claims");
    el.innerHTML = model.get("html");
    follow(model, "cells", signal, (cells) => {
      for (const [name, html] of Object.entries(cells)) {
        const cell = el.querySelector(`[data-cell="${name}"]`);
        if (cell && cell.innerHTML !== html) cell.innerHTML = html;
      }
    });
    // not "disabled", which would take the focus away from who has just pressed it
    follow(model, "busy", signal, (busy) => el.querySelectorAll("button").forEach((button) => (button.ariaDisabled = busy)));
    el.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-run]");
      if (button) tell(model, { run: button.dataset.run });
    });
    openNotebooks(el, model);
  },
}));
