// HTML in one element that stays, and files for the learner.

export default widget(() => ({
  initialize({ model }) {
    model.on("msg:custom", ({ name }, [data]) => {
      save(new Blob([data]), name);
    });
  },

  render({ model, el, signal }) {
    el.classList.add(...model.get("names"));
    el.setAttribute("aria-live", model.get("live"));
    follow(model, "html", signal, (html) => {
      el.innerHTML = html;
      openNotebooks(el, model);
      if (!el.classList.contains("rl-table")) return;
      if (el.scrollWidth > el.clientWidth) el.tabIndex = 0; // what scrolls is reached by Tab
      else el.removeAttribute("tabindex");
    });
  },
}));
