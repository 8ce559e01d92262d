// Buttons in groups. What changes of a button changes in place, so that it keeps the focus; the kernel hears which was pressed, and
// as what: by the time it hears that, "Start" may be "Pause".

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-toolbar");
    const made = new Map();
    const groups = new Map();

    function make({ name, group }) {
      const button = Object.assign(create("button"), { type: "button" });
      button.addEventListener("click", () => {
        const pressed = button.ariaPressed && button.ariaPressed === "true";
        if (button.ariaDisabled !== "true") tell(model, { press: name, label: button.textContent, pressed, at: stamp() });
      });
      if (!groups.has(group)) groups.set(group, el.appendChild(create("div", `rl-group rl-${group}`)));
      groups.get(group).append(button);
      made.set(name, button);
      return button;
    }
    follow(model, "buttons", signal, (buttons) => {
      for (const look of buttons) {
        const button = made.get(look.name) ?? make(look);
        button.className = `rl-button ${look.names}`;
        if (look.icon && button.dataset.icon !== look.icon) {
          button.dataset.icon = look.icon;
          button.replaceChildren(create("i", `fa fa-${look.icon}`), "");
          button.firstChild.ariaHidden = "true";
        }
        if (button.textContent !== look.label) (button.lastChild ?? button).textContent = look.label;
        button.title = look.tooltip;
        button.ariaPressed = look.pressed == null ? null : String(look.pressed);
        button.ariaDisabled = look.disabled ? "true" : null; // not "disabled", which would take the focus from who has just pressed it
      }
    });
  },
}));
