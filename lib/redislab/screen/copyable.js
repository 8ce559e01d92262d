// A sentence, and a text to copy below it.

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-at-work");
    follow(model, "said", signal, ([sentence, text]) => {
      el.replaceChildren(create("p", "", sentence), ...(text ? [copyable(text)] : []));
    });
  },
}));
