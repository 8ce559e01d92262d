// Plots as plotly draws them: axes that do not twitch, colours of the theme, and what is said beside the lines.

const key = (trace) => trace.uid ?? trace.name;
const finite = (values) => values.filter((value) => typeof value === "number");

function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.999) * power;
}

// A range grows at once and shrinks only when it is far too large: an axis must not twitch with every point.
function settle(values, before, log) {
  if (log) {
    const logs = values.filter((value) => value > 0).map(Math.log10);
    if (!logs.length) return before ?? [-1, 1];
    let [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
    if (low === high) high += 1;
    if (!before) return [low, high];
    const loose = 1.4; // decades
    low = low < before[0] || Math.min(...logs) - before[0] > loose ? low : before[0];
    high = high > before[1] || before[1] - Math.max(...logs) > loose ? high : before[1];
    return [low, Math.max(high, low + 1)];
  }
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const [low, high] = [least < 0 ? -nice(-least * 1.05) : 0, most > 0 ? nice(most * 1.08) : 1];
  if (!before || low < before[0] || high > before[1] || high - low < 0.4 * (before[1] - before[0])) return [low, high];
  return before;
}

function figureOf(value) {
  if (value == null) return "–";
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

class Plot {
  constructor(spec, data) {
    Object.assign(this, { spec, data, traces: structuredClone(spec.data), layout: structuredClone(spec.layout) });
    this.meta = spec.layout.meta ?? {};
    this.el = create("figure", this.meta.wide ? "rl-plot rl-wide" : "rl-plot");
    this.head = this.el.appendChild(create("figcaption"));
    this.body = this.el.appendChild(create("div", "rl-drawing"));
    this.body.style.height = `${spec.layout.height ?? 210}px`;
    this.head.append(create("strong", "", spec.layout.title?.text));
    this.legend = this.traces.filter((trace) => trace.meta?.part || !["bar", "treemap"].includes(trace.type)).map((trace) => this.entry(trace));
    this.revision = 0;
  }

  entry(trace) {
    const entry = this.head.appendChild(create("span", "rl-entry"));
    const swatch = entry.appendChild(create("i"));
    entry.append(trace.name ?? "");
    const value = entry.appendChild(create("b", "", "–"));
    return { trace, swatch, value };
  }

  // Colours belong to the theme: a role's is fixed, the others come from the palette in turn.
  dress(theme) {
    let turn = 0;
    for (const [i, trace] of this.traces.entries()) {
      const colour = theme[trace.meta?.role] ?? theme.palette[turn++ % theme.palette.length];
      if (trace.type === "bar") {
        trace.textfont = { size: 14 * theme.scale, color: trace.meta?.part ? theme.paper : theme.ink };
        trace.marker = { color: colour };
        this.bars = theme.palette;
      } else if (trace.type === "treemap") {
        this.layout.treemapcolorway = theme.palette;
        trace.marker = { ...trace.marker, line: { color: theme.paper, width: 1 } };
      } else {
        const line = { width: 2, ...this.spec.data[i].line };
        trace.line = { ...line, width: line.width * theme.scale, color: colour };
      }
      if (trace.fill) trace.fillcolor = theme.wrong;
    }
    for (const { trace, swatch } of this.legend) {
      const { dash, color } = trace.line ?? trace.marker;
      swatch.style.borderTop = `3px ${{ dash: "dashed", dot: "dotted" }[dash] ?? "solid"} ${color}`;
    }
    const size = 13 * theme.scale;
    const label = (name) => this.layout[name]?.title && { ...this.layout[name].title, font: { size } };
    const axis = { gridcolor: theme.grid, linecolor: theme.axis, zerolinecolor: theme.grid, tickcolor: theme.axis };
    Object.assign(this.layout, {
      title: undefined,
      font: { family: theme.font, size, color: theme.quiet },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: theme.paper, bordercolor: theme.axis, font: { family: theme.font, size, color: theme.ink } },
      xaxis: { ...this.layout.xaxis, ...axis, title: label("xaxis") },
      yaxis: { ...this.layout.yaxis, ...axis, title: label("yaxis") },
    });
    this.grow(theme.scale);
  }

  // A page for a room has larger type (--rl-scale), and whatever is counted in pixels grows with it.
  grow(scale) {
    const { height, margin, annotations, yaxis } = this.spec.layout;
    const grown = (sizes) => sizes && Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size * scale]));
    this.scale = scale;
    this.body.style.height = `${(height ?? 210) * scale}px`;
    Object.assign(this.layout, { height: height && height * scale, margin: grown(margin) });
    this.layout.annotations = annotations?.map((note) => ({ ...note, xshift: note.xshift * scale, yshift: note.yshift * scale }));
    if (yaxis?.tickfont) this.layout.yaxis.tickfont = grown(yaxis.tickfont);
  }

  // Nothing at or below 0 has a place on a log axis.
  drawable(values) {
    return this.layout.yaxis.type === "log" ? values.map((value) => (value > 0 ? value : null)) : values;
  }

  // A path is its tile's name, all but its last part the name of the tile around it.
  tile(trace, { x, y }) {
    const cut = x.map((path) => path.lastIndexOf(":"));
    const labels = x.map((path, i) => path.slice(cut[i] + 1));
    Object.assign(trace, { ids: x, labels, parents: x.map((path, i) => path.slice(0, Math.max(0, cut[i]))), values: y });
  }

  // What is not measured yet is a dash: plotly would write 0, and gives a bar that was null once no text later either.
  bar(trace, { texttemplate }) {
    const colour = (i) => this.bars[trace.meta?.even ? 0 : (trace.y.length - 1 - i) % this.bars.length];
    if (!trace.meta?.part) trace.marker = { color: trace.y?.map((_, i) => colour(i)) };
    trace.texttemplate = trace.x?.map((value) => (value == null ? "–" : texttemplate));
    trace.x = trace.x?.map((value) => value ?? 0);
  }

  fill() {
    for (const [i, trace] of this.traces.entries()) {
      const points = this.data.get(key(trace));
      if (points && trace.type === "treemap") this.tile(trace, points);
      if (points) [trace.x, trace.y] = [points.x, this.drawable(points.y)];
      if (trace.type === "bar") this.bar(trace, this.spec.data[i]);
    }
    const { xaxis, yaxis } = this.layout;
    if (this.meta.window) {
      const now = Math.max(0, ...this.traces.map((trace) => trace.x?.at(-1) ?? 0));
      const span = this.meta.window * ([0.25, 0.5].find((part) => now <= part * this.meta.window) ?? 1); // at first, a closer look
      xaxis.range = [Math.max(0, now - span), Math.max(span, now)];
    }
    for (const name of this.meta.settle ?? []) {
      const axis = name === "x" ? xaxis : yaxis;
      const all = this.traces.flatMap((trace) => trace[name] ?? []);
      const values = finite(this.traces[0].meta?.part ? [all.reduce((sum, part) => sum + part, 0)] : all);
      axis.range = settle(values, axis.range, axis.type === "log");
      if (axis.type === "log") axis.dtick = axis.range[1] - axis.range[0] > 1 ? 1 : "D2";
    }
    this.layout.datarevision = ++this.revision;
    for (const { trace, value } of this.legend) {
      const text = trace.meta?.part ? figureOf(trace.x?.at(-1)) : this.meta.window ? figureOf(trace.y?.at(-1)) : "";
      if (value.textContent !== text) value.textContent = text;
    }
  }

  paint(Plotly) {
    this.fill();
    this.layout.width = this.width; // as observed: asking for it here would lay the page out once for each plot
    this.layout.xaxis.nticks = Math.max(this.bars ? 2 : 3, Math.floor(this.width / this.scale / (this.bars ? 130 : 80)));
    return Plotly.react(this.body, this.traces, this.layout, { displayModeBar: false, responsive: false });
  }
}

function themeOf(el) {
  const style = getComputedStyle(el);
  const read = (name) => style.getPropertyValue(`--rl-${name}`).trim();
  return {
    palette: [1, 2, 3, 4, 5].map((number) => read(number)),
    predicted: read("ink"),
    limit: read("quiet"),
    added: read("added"),
    wrong: read("wrong"),
    ink: read("ink"),
    quiet: read("quiet"),
    grid: read("grid"),
    axis: read("axis"),
    paper: read("paper"),
    scale: Number(read("scale")) || 1,
    font: style.fontFamily,
  };
}
