// The table of claims. Its cells change in place, so that a button keeps the focus; the page is told of buttons only.

// JupyterLab opens a notebook in a tab of its own by this command; anywhere else the link is a link.
function open(link) {
  const folder = decodeURIComponent(location.pathname.split("/tree/")[1] ?? "").replace(/[^/]*$/, "");
  const path = folder + link.getAttribute("href").split("#")[0];
  link.dataset.commandlinkerCommand = "rendermime:handle-local-link";
  link.dataset.commandlinkerArgs = JSON.stringify({ path, id: decodeURIComponent(link.hash) });
}

export default {
  render({ model, el, signal }) {
    el.classList.add("rl-claims");
    el.innerHTML = model.get("html");
    const fill = () => {
      for (const [name, html] of Object.entries(model.get("cells"))) {
        const cell = el.querySelector(`[data-cell="${name}"]`);
        if (cell && cell.innerHTML !== html) cell.innerHTML = html;
      }
    };
    const busy = () => el.querySelectorAll("button").forEach((button) => (button.disabled = model.get("busy")));
    el.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-run]");
      if (button) model.send({ run: button.dataset.run });
    });
    el.addEventListener("pointerdown", ({ target }) => target.closest("a") && open(target.closest("a")), { capture: true });
    el.addEventListener("keydown", ({ target, key }) => key === "Enter" && target.closest("a") && open(target.closest("a")), { capture: true });
    model.on("change:cells", fill);
    model.on("change:busy", busy);
    fill();
    busy();
  },
};
