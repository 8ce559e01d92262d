// What every widget of ours has on a page. This stands before each one's own script, which exports `widget(…)`.
// A kernel may end while its page is open: by the server, because it was idle; killed; or restarted. Then the block that a widget
// is part of says so, and takes no input: ipywidgets' own parts of it, too.

const GONE = "The kernel behind this has ended. Run this cell again, or all of them: Run → Run All Cells.";
const ENDS = ["dead", "terminating", "restarting", "autorestarting"]; // what JupyterLab calls a kernel that leaves
const OURS = ".rl, .rl-board";
const thisPage = (globalThis.redislabPage ??= { id: Math.random().toString(36).slice(2), greeted: new WeakSet(), fields: 0 });

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

// A kernel that has just ended hears nothing, and JupyterLab calls that an error.
function tell(model, message) {
  try {
    model.send(message);
  } catch {
    // what there is to say is said by `takeLeave`
  }
}

// The kernel hears once of each page that it has one at all.
function greet(model) {
  const manager = model.widget_manager ?? thisPage;
  if (!thisPage.greeted.has(manager)) tell(model, { kind: "page" });
  thisPage.greeted.add(manager);
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
        const forget = whenItEnds(context.model, () => {
          ended = true;
          places.forEach((stop, el) => [stop.abort(), takeLeave(el)]);
        });
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

// The value of a trait is shown now, and whenever it changes.
function follow(model, name, signal, show) {
  const changed = () => show(model.get(name));
  model.on(`change:${name}`, changed);
  signal.addEventListener("abort", () => model.off(`change:${name}`, changed));
  changed();
}
