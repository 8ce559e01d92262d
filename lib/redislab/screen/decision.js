// A tree of questions: [question, [[answer, tree or the name of a leaf], …]].

const isLeaf = (tree) => typeof tree === "string";
let boards = 0;

// The answers that lead to a leaf, or null.
function pathTo(leaf, tree) {
  if (isLeaf(tree)) return tree === leaf ? [] : null;
  for (const [answer, branch] of tree[1]) {
    const rest = pathTo(leaf, branch);
    if (rest) return [answer, ...rest];
  }
  return null;
}

export default {
  render({ model, el, signal }) {
    const board = boards++;
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", model.get("label"));
    const rows = el.appendChild(document.createElement("div"));
    rows.className = "rl-questions";
    const outcome = el.appendChild(document.createElement("p"));
    outcome.className = "rl-outcome";
    outcome.setAttribute("aria-live", "polite");

    function row(tree, depth, chosen) {
      const field = document.createElement("fieldset");
      field.append(Object.assign(document.createElement("legend"), { textContent: tree[0] }));
      for (const [answer, branch] of tree[1]) {
        const label = field.appendChild(document.createElement("label"));
        const radio = Object.assign(document.createElement("input"), {
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
      if (isLeaf(branch)) {
        model.set("value", branch);
        model.save_changes();
      } else rows.append(row(branch, depth + 1));
      say(isLeaf(branch) ? branch : "");
    }

    function say(leaf) {
      outcome.textContent = leaf ? `→ ${leaf}` : "→ …";
    }

    function show() {
      const leaf = model.get("value");
      if (outcome.textContent === `→ ${leaf}`) return;
      rows.replaceChildren();
      let tree = model.get("tree");
      (pathTo(leaf, tree) ?? []).forEach((answer, depth) => {
        rows.append(row(tree, depth, answer));
        tree = tree[1].find(([other]) => other === answer)[1];
      });
      say(leaf);
    }

    model.on("change:value", show);
    signal.addEventListener("abort", () => model.off("change:value", show));
    show();
  },
};
