// A board of live plots. plotly.js comes to the page once, asked of the kernel by the first board that needs it;
// afterwards only new points come. The data belong to the model, so every view of it, and a page that is reloaded, has them all.

const PATIENCE = 5000; // ms until another board asks for plotly.js: the one that asked may have been closed
const LOOK = 1000; // ms between two looks at whether a board is in sight: not all that hides it is told
const LINGER = 700; // ms out of sight before it is told: scrolling past is not leaving
const ALIVE = 3000; // ms between two words of a page that it still shows a board: the kernel may not hear of its end
const STILL = 15000; // ms between two reports that the page is in use
const VISIBLE = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true };

function plotlyFor(model) {
  const shared = (globalThis.redislabPlotly ??= { asked: -Infinity });
  shared.promise ??= new Promise((resolve) => (shared.resolve = resolve));
  if (!shared.loading && performance.now() - shared.asked > PATIENCE) {
    shared.asked = performance.now();
    tell(model, { kind: "plotly" });
  }
  return shared.promise;
}

async function loadPlotly(packed) {
  const shared = globalThis.redislabPlotly;
  if (shared.loading) return;
  shared.loading = true;
  const others = globalThis.Plotly; // another version on this page stays in place
  const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const blob = await new Response(text, { headers: { "Content-Type": "text/javascript" } }).blob();
  const script = Object.assign(create("script"), { src: URL.createObjectURL(blob) });
  script.onload = () => {
    URL.revokeObjectURL(script.src);
    shared.resolve(globalThis.Plotly);
    if (others) globalThis.Plotly = others;
  };
  script.onerror = () => (shared.loading = false); // it is asked for again
  document.head.append(script);
}

// The points of one model, by trace.
class Points extends Map {
  take(frame) {
    for (const [name, [x, y]] of Object.entries(frame)) {
      if (Array.isArray(x)) this.set(name, { x, y });
      else {
        if (!this.has(name)) this.set(name, { x: [], y: [] });
        const points = this.get(name);
        points.grows = true;
        points.x.push(x);
        points.y.push(y);
      }
    }
  }

  trim(oldest) {
    for (const { x, y, grows } of this.values()) {
      const stale = grows && oldest != null ? x.findIndex((value) => value >= oldest) : 0;
      if (stale > 0) [x.splice(0, stale), y.splice(0, stale)];
    }
  }
}

// What the kernel knows of whether this page shows a model's boards to a person, and uses them.
class Sight {
  constructor(model) {
    Object.assign(this, { model, boards: new Map(), told: false, spoke: 0, used: performance.now() });
    model.on("change:live", () => this.told && this.say(false)); // it may rest because this page was silent, or could not be heard
  }

  // While it measures that is repeated, so that silence has a meaning.
  report(board, visible) {
    this.boards.set(board, visible);
    const any = [...this.boards.values()].some(Boolean);
    const due = any && this.model.get("live") && performance.now() - this.spoke > ALIVE;
    const news = any !== this.told;
    this.told = any;
    if (news || due) this.say(news);
  }

  say(news) {
    this.spoke = performance.now();
    tell(this.model, { kind: "seen", page: thisPage.id, visible: this.told, new: news });
  }

  use() {
    if (!this.told || performance.now() - this.used < STILL) return;
    this.used = performance.now();
    tell(this.model, { kind: "here" });
  }
}

// One view of a model: its plots, painted while they are in sight.
class Board {
  constructor({ model, el, signal }, points, sight) {
    Object.assign(this, { el, signal, sight, planned: false, began: 0, ended: 0 });
    this.plots = model.get("figures").map((spec) => new Plot(spec, points));
    this.grid = create("div", "rl-plots");
    el.classList.add("rl-board");
    el.replaceChildren(this.grid);
    follow(model, "more", signal, (more) => this.lay(this.plots.slice(0, more ? undefined : model.get("few"))));
    this.watchSight();
    this.watchSize();
    this.watchTheme();
    this.fetchPlotly(model);
  }

  // What is folded is not on the page, so it is neither near nor has a width, and is not painted.
  lay(plots) {
    let half = false; // of a row is taken
    for (const [i, { el, meta }] of plots.entries()) {
      const alone = !meta.wide && !half && (plots[i + 1]?.meta.wide ?? true);
      el.classList.toggle("rl-alone", alone);
      half = !meta.wide && !alone && !half;
    }
    this.grid.replaceChildren(...plots.map((plot) => plot.el));
  }

  fetchPlotly(model) {
    const again = setInterval(() => (this.Plotly ? clearInterval(again) : plotlyFor(model)), PATIENCE);
    this.signal.addEventListener("abort", () => clearInterval(again));
    plotlyFor(model).then((loaded) => {
      this.Plotly = loaded;
      this.dress();
    });
  }

  // A cell that left may stay attached, without a height and with an opacity of 0, while what is in it overflows.
  get visible() {
    const shown = !this.el.checkVisibility || this.el.checkVisibility(VISIBLE);
    return shown && !document.hidden && this.plots.some((plot) => plot.near);
  }

  watchSight() {
    const { signal } = this;
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) this.plots.find((plot) => plot.el === entry.target).near = entry.isIntersecting;
      this.look();
      this.draw();
    }, { rootMargin: "200px" });
    for (const plot of this.plots) observer.observe(plot.el);
    const timer = setInterval(() => this.look(), LOOK);
    document.addEventListener("visibilitychange", () => this.sight.report(this, this.visible), { signal }); // it may not come back
    window.addEventListener("pagehide", () => this.sight.report(this, false), { signal });
    for (const event of ["pointermove", "keydown", "wheel"]) {
      document.addEventListener(event, () => this.sight.use(), { signal, passive: true, capture: true });
    }
    signal.addEventListener("abort", () => [observer.disconnect(), clearInterval(timer), clearTimeout(this.leaving)]);
  }

  look() {
    if (this.visible) {
      this.leaving = clearTimeout(this.leaving);
      this.sight.report(this, true);
      return;
    }
    this.leaving ??= setTimeout(() => {
      this.leaving = undefined;
      this.sight.report(this, this.visible);
    }, LINGER);
  }

  watchSize() {
    const observer = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) this.plots.find((plot) => plot.body === target).width = contentRect.width;
      this.dressed ? this.draw() : this.dress();
    });
    for (const plot of this.plots) observer.observe(plot.body);
    this.signal.addEventListener("abort", () => observer.disconnect());
  }

  watchTheme() {
    const observer = new MutationObserver(() => this.dress());
    observer.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
    this.signal.addEventListener("abort", () => observer.disconnect());
  }

  dress() {
    const theme = themeOf(this.el);
    this.dressed = Boolean(theme.ink); // a notebook may make its cells before it puts them on the page, where they have no style
    for (const plot of this.plots) plot.dress(theme);
    this.draw();
  }

  // At most once an animation frame, and the page has as much time for itself as painting took.
  draw() {
    if (!this.Plotly || !this.dressed || this.planned || this.signal.aborted) return;
    this.planned = true;
    const wait = 2 * this.ended - this.began - performance.now();
    this.timer = setTimeout(() => (this.request = requestAnimationFrame(() => this.paint())), wait);
  }

  paint() {
    [this.planned, this.began] = [false, performance.now()];
    for (const plot of this.plots) if (plot.near && plot.width) plot.paint(this.Plotly);
    this.ended = performance.now();
  }

  leave() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.request);
    this.sight.report(this, false);
    this.sight.boards.delete(this);
    if (this.Plotly) for (const plot of this.plots) this.Plotly.purge(plot.body);
  }
}

export default widget(() => {
  const points = new Points();
  const boards = new Set();
  let sight;
  return {
    initialize({ model }) {
      sight = new Sight(model);
      model.on("msg:custom", (message, buffers) => {
        if (message.kind === "plotly") return loadPlotly(buffers[0]);
        if (message.kind === "all") points.clear();
        message.frames.forEach((frame) => points.take(frame));
        points.trim(message.oldest);
        for (const board of boards) board.draw();
      });
      tell(model, { kind: "hello" });
    },

    render(context) {
      const board = new Board(context, points, sight);
      boards.add(board);
      return () => {
        boards.delete(board);
        board.leave();
      };
    },
  };
});
