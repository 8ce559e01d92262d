// A quiz on the page: what jupyterquiz puts there, and an ear for the answers that are chosen.

let views = 0;

export default {
  render({ model, el, signal }) {
    // the script finds its place by its id, so each view has one of its own
    const [, id] = /<div id="(\w+)"/.exec(model.get("page"));
    const own = (text) => text.replaceAll(id, id + views);
    views += 1;
    el.innerHTML = own(model.get("page"));
    const told = el.querySelector(".rl-quiz").appendChild(document.createElement("small"));

    const heard = new Set(); // questions: the first answer counts
    function hear({ target }) {
      const answer = target.closest(".MCButton");
      const number = Number(answer?.closest(".Quiz").dataset.qnum ?? NaN);
      if (!answer || heard.has(number)) return;
      heard.add(number);
      model.send({ number, right: answer.dataset.correct === "true" });
    }
    el.addEventListener("click", hear, { signal }); // the arrow keys' choice is a click as well

    const tell = () => (told.textContent = model.get("told"));
    model.on("change:told", tell);
    signal.addEventListener("abort", () => model.off("change:told", tell));
    tell();
    new Function(own(model.get("script")))();
  },
};
