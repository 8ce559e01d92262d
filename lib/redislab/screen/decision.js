// A tree of questions: [question, [[answer, tree or the name of a leaf], …]].

const isLeaf = (tree) => typeof tree === "string";

// The answers that lead to a leaf, or null.
function pathTo(leaf, tree) {
  if (isLeaf(tree)) return tree === leaf ? [] : null;
  for (const [answer, branch] of tree[1]) {
    const rest = pathTo(leaf, branch);
    if (rest) return [answer, ...rest];
  }
  return null;
}

export default widget(() => ({
  render({ model, el, signal }) {
    const board = thisPage.fields++;
    el.classList.add("rl-knob", "rl-decision");
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", model.get("label"));
    const rows = el.appendChild(create("div", "rl-questions"));
    const outcome = el.appendChild(create("p", "rl-outcome"));
    outcome.setAttribute("aria-live", "polite");

    function row(tree, depth, chosen) {
      const field = create("fieldset");
      field.append(create("legend", "", tree[0]));
      for (const [answer, branch] of tree[1]) {
        const label = field.appendChild(create("label"));
        const radio = Object.assign(create("input"), {
          type: "radio",
          name: `rl-question-${board}-${depth}`,
          checked: answer === chosen,
        });
        radio.addEventListener("change", () => choose(depth, field, branch), { signal });
        label.append(radio, answer);
      }
      return field;
    }

    // Rows above and the one just answered stay as they are, and keep the focus.
    function choose(depth, field, branch) {
      while (rows.lastChild !== field) rows.lastChild.remove();
      if (isLeaf(branch)) tell(model, moved(branch));
      else rows.append(row(branch, depth + 1));
      say(isLeaf(branch) ? branch : "");
    }

    function say(leaf) {
      outcome.textContent = leaf ? `→ ${leaf}` : "→ …";
    }

    function show(leaf) {
      if (outcome.textContent === `→ ${leaf}`) return;
      rows.replaceChildren();
      let tree = model.get("tree");
      (pathTo(leaf, tree) ?? []).forEach((answer, depth) => {
        rows.append(row(tree, depth, answer));
        tree = tree[1].find(([other]) => other === answer)[1];
      });
      say(leaf);
    }

    const moved = moves(model, "value", signal, show);
  },
}));
