// A quiz: each answer is a button that says why it is right or wrong; the first answer to each question goes to the kernel,
// and what the learner's panel has measured comes back.

const element = (tag, name, html = "") => Object.assign(create(tag, name), { innerHTML: html });

function answerButton({ answer, correct }, choose) {
  const button = element("button", "rl-choice", answer);
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => choose(button, correct));
  return button;
}

// The arrow keys move between the answers of a question; only Enter, Space and a click answer.
function moveFocus(event, buttons) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const place = buttons.indexOf(document.activeElement);
  buttons[(place + step + buttons.length) % buttons.length].focus();
}

function questionBlock({ question, answers }, note) {
  const block = element("div", "rl-question-of-quiz");
  block.setAttribute("role", "group");
  const head = block.appendChild(element("p", "rl-asked", question));
  block.setAttribute("aria-label", head.textContent);
  const feedback = element("p", "rl-feedback");
  const own = element("p", "rl-own");
  own.hidden = true;
  for (const part of [feedback, own]) part.setAttribute("aria-live", "polite");
  const buttons = answers.map((each) =>
    answerButton(each, (chosen, correct) => {
      for (const button of buttons) {
        button.classList.remove("rl-right", "rl-wrong");
        button.setAttribute("aria-pressed", String(button === chosen));
      }
      chosen.classList.add(correct ? "rl-right" : "rl-wrong");
      feedback.className = `rl-feedback ${correct ? "rl-right" : "rl-wrong"}`;
      feedback.innerHTML = each.feedback;
      own.hidden = false;
      note(correct);
    }),
  );
  block.addEventListener("keydown", (event) => moveFocus(event, buttons));
  block.append(...buttons, feedback, own);
  return block;
}

export default widget(() => ({
  render({ model, el, signal }) {
    const quiz = el.appendChild(element("div", "rl-quiz"));
    const answered = new Set();
    model.get("questions").forEach((question, number) => {
      quiz.append(
        questionBlock(question, (right) => {
          if (!answered.has(number)) tell(model, { number, right });
          answered.add(number);
        }),
      );
    });
    const summary = quiz.appendChild(element("small", ""));
    const owns = quiz.querySelectorAll(".rl-own");
    follow(model, "measured", signal, (texts) => texts.forEach((text, number) => (owns[number].textContent = text)));
    follow(model, "summary", signal, (text) => (summary.textContent = text));
  },
}));
