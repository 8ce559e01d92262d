// Cards of what was found: a head, what was seen, why and what to do, a button that opens a panel below the card, and a text to copy.

export default widget(() => ({
  render({ model, el, signal }) {
    el.classList.add("rl-cards");
    const unfolded = new Set();

    function body(card) {
      const list = create("dl");
      for (const [head, said] of card.rows) list.append(create("dt", "", head), create("dd", "", said));
      return list;
    }
    function press(card) {
      const button = Object.assign(create("button", "rl-button", card.offer), { type: "button", ariaExpanded: String(card.open) });
      button.addEventListener("click", () => {
        thisPage.pressed = card.key; // the card may be drawn again, by the other half of the list: then its button has the focus
        tell(model, { press: card.key });
      });
      if (thisPage.pressed === card.key) requestAnimationFrame(() => show(button, card.open));
      return button;
    }
    function show(button, open) {
      thisPage.pressed = null;
      button.focus({ preventScroll: true });
      if (open) button.closest("article").scrollIntoView({ block: "start" }); // what is open below it begins when it is in sight
    }
    function text(card) {
      const fold = create("details", "rl-copy");
      fold.open = unfolded.has(card.key);
      fold.addEventListener("toggle", () => (fold.open ? unfolded.add(card.key) : unfolded.delete(card.key)));
      fold.append(create("summary", "", card.copy_label), copyable(card.copy));
      return fold;
    }
    function made(card) {
      const box = create("article", `rl-finding rl-is-${card.mood}`);
      const head = create("header");
      head.append(create("b", "", card.mood), create("strong", "", card.title));
      if (card.subject) head.append(create("code", "", card.subject));
      box.append(head);
      if (card.said) box.append(create("p", "", card.said));
      if (card.rows.length) box.append(body(card));
      const foot = create("footer");
      if (card.offer) foot.append(press(card));
      if (card.link) foot.append(Object.assign(create("a", "", card.link[0]), { href: card.link[1] }));
      if (card.note) foot.append(create("small", "", card.note));
      if (foot.children.length) box.append(foot);
      if (card.copy) box.append(text(card));
      return box;
    }
    follow(model, "cards", signal, (cards) => {
      el.replaceChildren(...cards.map(made));
      openNotebooks(el, model);
    });
  },
}));
