// What every widget of ours has on a page. This stands before each one's own script, which exports `widget(…)`.
// A kernel may end while its page is open: by the server, because it was idle; killed; or restarted. Then the block that a widget
// is part of says so, and takes no input: ipywidgets' own parts of it, too.

const GONE = "The kernel behind this has ended. Run this cell again, or all of them: Run → Run All Cells.";
const ELSEWHERE = "This is shown by another cell, tab or window now. Run this cell to have it here.";
const ENDS = ["dead", "terminating", "restarting", "autorestarting"]; // what JupyterLab calls a kernel that leaves
const OURS = ".rl, .rl-board";
const SOON = 50; // ms between two moves of a hand that are told: as many as a slider makes would fill a busy kernel
const thisPage = (globalThis.redislabPage ??= {
  id: Math.random().toString(36).slice(2),
  greeted: new WeakSet(),
  fields: 0,
  waiting: new Map(), // what was moved → its model, and what is to be told
  told: 0,
  at: 0,
});

// JupyterLab's keys for cells ("d d" deletes one) are for a learner in the notebook, not in a button or a slider of ours.
if (!thisPage.keys) {
  thisPage.keys = true;
  const keep = (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (event.target.closest?.(OURS)) event.target.toggleAttribute("data-lm-suppress-shortcuts", plain); // it is looked for from here
  };
  window.addEventListener("keydown", keep, { capture: true });
}

// JupyterLab asks for kernels and for sessions in turn: where the session is missed first, the kernel is disposed of without being
// called dead.
function whenItEnds(model, tell) {
  const kernel = model.widget_manager?.kernel;
  const hear = (_, status) => ENDS.includes(status) && tell();
  kernel?.statusChanged?.connect(hear);
  kernel?.disposed?.connect(tell);
  return () => {
    kernel?.statusChanged?.disconnect(hear);
    kernel?.disposed?.disconnect(tell);
  };
}

function takeLeave(el) {
  const block = el.closest(".rl") ?? el;
  if (block.querySelector(":scope > .rl-gone")) return;
  for (const child of block.children) child.inert = true;
  const note = create("p", "rl-gone", GONE);
  note.setAttribute("role", "alert");
  block.prepend(note);
}

// The kernel has closed what is still shown here: its cell was run elsewhere. The note stands beside the output, which goes.
function sayWhere(el) {
  const output = el.closest(".jp-OutputArea-output");
  if (output && !output.nextElementSibling) output.after(create("p", "rl rl-gone", ELSEWHERE));
}

// A kernel that has just ended hears nothing, and JupyterLab calls that an error.
function send(model, message) {
  try {
    model.send(message);
  } catch {
    // what there is to say is said by `takeLeave`
  }
}

function tellWaiting() {
  thisPage.timer = clearTimeout(thisPage.timer);
  thisPage.told = performance.now();
  const waiting = [...thisPage.waiting.values()];
  thisPage.waiting.clear();
  waiting.forEach(([model, message]) => send(model, message));
}

// When something is done, in ms: a kernel that has threads for what pages say may hear it in another order.
function stamp() {
  return (thisPage.at = Math.max(performance.timeOrigin + performance.now(), thisPage.at + 0.001));
}

// All of this page is told in the order in which it was done.
function tell(model, message) {
  tellWaiting();
  send(model, message);
}

// The newest move of `what`, soon; and before anything else that is told.
function tellSoon(what, model, message) {
  thisPage.waiting.set(what, [model, message]);
  if (performance.now() - thisPage.told > SOON) tellWaiting();
  else thisPage.timer ??= setTimeout(tellWaiting, SOON);
}

// The kernel hears once of each page that it has one at all.
function greet(model) {
  const manager = model.widget_manager ?? thisPage;
  if (!thisPage.greeted.has(manager)) tell(model, { kind: "page" });
  thisPage.greeted.add(manager);
}

// anywidget gives a script two seconds to begin, and keeps from a later one whatever the kernel says from then on. A busy page
// takes longer; then the model hears the kernel itself, and asks what it has missed.
function hearAnyway(model) {
  const whole = model.set({}); // what anywidget passes on is a part of it
  whole._handle_comm_msg({ content: { data: {} } }).catch(() => {
    const { _handle_comm_msg: take } = Object.getPrototypeOf(whole.constructor.prototype);
    whole.comm.on_msg(take.bind(whole));
    whole.comm.send({ method: "request_state" }, whole.callbacks());
  });
}

// What anywidget wants, made of `make()`, which is called once a model and gives `render`, and perhaps `initialize`.
function widget(make) {
  return () => {
    const own = make();
    const places = new Map(); // where it is shown → what stops it there
    let ended = false;
    return {
      initialize(context) {
        greet(context.model);
        hearAnyway(context.model);
        const forget = whenItEnds(context.model, () => {
          ended = true;
          places.forEach((stop, el) => [stop.abort(), takeLeave(el)]);
        });
        context.model.on("comm:close", () => places.forEach((_, el) => sayWhere(el)));
        const tidy = own.initialize?.(context);
        return () => [forget(), tidy?.()];
      },
      render(context) {
        const stop = new AbortController();
        context.signal.addEventListener("abort", () => stop.abort());
        places.set(context.el, stop);
        const tidy = own.render({ ...context, signal: stop.signal });
        if (ended) requestAnimationFrame(() => takeLeave(context.el)); // in its block by then
        return () => [places.delete(context.el), tidy?.()];
      },
    };
  };
}

function create(tag, names = "", text = "") {
  return Object.assign(document.createElement(tag), { className: names, textContent: text });
}

// A text that is copied whole. Where the page may not (it is no secure one), it is marked, for the keys that copy.
function copyable(text) {
  const box = create("div", "rl-copyable");
  const words = Object.assign(create("pre", "", text), { tabIndex: 0 });
  const button = Object.assign(create("button", "rl-button", "Copy"), { type: "button" });
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(words);
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    button.textContent = copied || document.execCommand("copy") ? "Copied" : "Marked";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  box.append(words, button);
  return box;
}

// A file for the learner.
function save(blob, name) {
  const link = Object.assign(create("a"), { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// The value of a trait is shown now, and whenever it changes.
function follow(model, name, signal, show) {
  const changed = () => show(model.get(name));
  model.on(`change:${name}`, changed);
  signal.addEventListener("abort", () => model.off(`change:${name}`, changed));
  changed();
}

// A trait that is moved here, see `Moved`. ipywidgets would hold its value back until the kernel has answered, and a press would
// overtake it. A move's turn is when it was made. Calls `show(value)` whenever the kernel says it, unless that has not heard of the newest move yet; returns
// what notes a move, and gives what is to be told.
function moves(model, name, signal, show) {
  let turn = model.get("turn");
  const hear = () => {
    if (model.get("turn") < turn) return;
    turn = model.get("turn");
    show(model.get(name));
  };
  for (const each of [name, "turn"]) follow(model, each, signal, hear);
  return (move) => ({ move, turn: (turn = stamp()) });
}

// JupyterLab opens a notebook in a tab of its own, as from a cell of text; anywhere else the link is a link.
async function openNotebooks(el, model) {
  const { linkHandler, resolver } = model.widget_manager?.rendermime ?? {};
  for (const link of linkHandler && resolver ? el.querySelectorAll('a[href*=".ipynb"]') : []) {
    const [file] = link.getAttribute("href").split("#");
    linkHandler.handleLink(link, decodeURIComponent(await resolver.resolveUrl(file)), link.hash);
  }
}
