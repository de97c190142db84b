// The two shapes of such charts: a row a cell or a pair, and lines over epochs or numbers of runs.
const LEFT = 64;

Object.assign(Plot.prototype, {
  rowName(row) { return inLines(row.name, Math.max(90, this.width - 28 - measured(row.note))); },

  /** Above the rows is a line for the name of the Gaussian, where there is one. */
  rowsTop() { return HEAD + (this.data.gaussian ? 16 : 0); },

  rowsHeight() { return this.rowsTop() + FOOT + this.parts.reduce((sum, row) => sum + ROW + 14 * (this.rowName(row).length - 1), 0); },

  /** How values lie along the rows: on a log axis if they span much, on both sides of zero if differences do. */
  rowScale() {
    const rows = this.parts, known = (value) => value !== null && value !== undefined;
    const ends = rows.flatMap((row) => [row.low, row.high, row.value, ...(row.values || [])]).filter(known);
    if (this.kind === "gap") {
      const positive = [...ends.filter((value) => value > 0), this.data.gaussian];
      return { kind: "log", near: 1, low: Math.min(...positive) / 2, high: Math.max(...positive) * 2 };
    }
    const forest = this.kind === "forest", low = Math.min(...(forest ? [0] : []), ...ends), high = Math.max(...(forest ? [0] : []), ...ends);
    const sizes = rows.map((row) => Math.abs(row.value)).filter((size) => size > 0);
    if (forest && sizes.length && Math.max(...sizes) / Math.min(...sizes) >= 25) {
      const near = 10 ** Math.floor(Math.log10(Math.min(...sizes)));
      return { kind: "both", near, low: low < 0 ? 2.5 * low : -0.4 * near, high: 2.5 * high };
    }
    if (!forest && low > 0 && high / low > 1000) return { kind: "log", near: 1, low: low / 1.5, high: high * 1.5 };
    const span = high - low || Math.abs(high) || 1;
    return { kind: "linear", near: 1, low: low - 0.06 * span, high: high + 0.06 * span };
  },

  drawRows() {
    const { kind, near, low, high } = this.rowScale(), bend = bendOf(kind, near), [left, right] = [8, this.width - 8];
    const x = (value) => left + (bend(value) - bend(low)) / (bend(high) - bend(low)) * (right - left);
    const bottom = this.height - FOOT;
    let top = this.rowsTop();
    if (this.data.gaussian) this.gaussian(x(this.data.gaussian), bottom);
    for (const row of this.parts) {
      const name = this.rowName(row), y = top + 14 * name.length + 17;
      const upright = (value, look) => element("line", { x1: x(value), x2: x(value), y1: y - 12, y2: y + 13, ...look }, this.svg);
      if (this.kind === "forest") upright(0, { stroke: "var(--edge)" });
      name.forEach((line, place) => this.text(left, top + 14 * (place + 1) - 2, "start", line, { "font-weight": 600 }));
      if (this.data.gaussian) element("rect", { x: right - measured(row.note) - 3, y: top + 1, width: measured(row.note) + 3, height: 14, fill: "var(--paper)" }, this.svg);
      this.text(right, top + 12, "end", row.note, { fill: "var(--quiet)" });
      if (row.values) this.runsOf(row, y, x, low); else this.difference(row, y, x);
      top += ROW + 14 * (name.length - 1);
      element("line", { x1: left, x2: right, y1: top - 2, y2: top - 2, stroke: "var(--rule)" }, this.svg);
    }
    const label = kind === "both" ? `${this.data.label} (logarithmic beyond ${short(near)})` : this.data.label;
    this.across(x, ticksOf(kind, near, low, high, Math.max(3, this.width / 90)), bottom, label, left, right);
  },

  /** The Gaussian: a line through all rows, and its name above them. */
  gaussian(x, bottom) {
    const words = `Gaussian ${short(Number(this.data.gaussian.toPrecision(4)))}`;
    element("line", { x1: x, x2: x, y1: this.rowsTop() - 2, y2: bottom, stroke: "var(--quiet)", "stroke-dasharray": "1.5 3", "stroke-width": 1.4 }, this.svg);
    this.text(Math.max(8 + measured(words) / 2, Math.min(this.width - 8 - measured(words) / 2, x)), HEAD + 7, "middle", words, { fill: "var(--quiet)", "font-size": 11 });
  },

  /** A difference with its interval: filled if decided, hollow if not, a diamond if it is judged by all runs. */
  difference(row, y, x) {
    const decided = row.state.startsWith("decided"), colour = decided ? "var(--accent)" : "var(--quiet)";
    if (row.low !== null) element("line", { x1: x(row.low), x2: x(row.high), y1: y, y2: y, stroke: colour, "stroke-width": 2 }, this.svg);
    const shape = row.state.endsWith("all runs") ? { d: `M${x(row.value)} ${y - 6}l6 6l-6 6l-6 -6z` } : { d: `M${x(row.value) - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z` };
    element("path", { ...shape, fill: decided ? colour : "var(--paper)", stroke: colour, "stroke-width": 1.8 }, this.svg);
    this.target(x(row.value), y, [row.name, row.note, row.words]);
  },

  /** A dot a run, up and down by turns so that equal ones are seen, with mean and interval. */
  runsOf(row, y, x, low) {
    if (row.reach > low && this.kind === "gap") element("rect", { x: x(low), width: x(row.reach) - x(low), y: y - 9, height: 18, fill: "var(--rule)" }, this.svg);
    const order = row.values.map((value, place) => place).filter((place) => row.values[place] !== null).sort((a, b) => row.values[a] - row.values[b]);
    if (row.low !== null) element("line", { x1: x(Math.max(row.low, low)), x2: x(row.high), y1: y, y2: y, stroke: "var(--ink)", "stroke-width": 1.4 }, this.svg);
    if (row.value !== null) element("line", { x1: x(row.value), x2: x(row.value), y1: y - 8, y2: y + 8, stroke: "var(--ink)", "stroke-width": 1.8 }, this.svg);
    order.forEach((place, rank) => {
      const value = row.values[place], flag = row.flags[place] || "", beyond = this.kind === "gap" && value <= 0;
      const at = [beyond ? x(low) : x(value), y + [-5, 0, 5][rank % 3]], hollow = flag.startsWith("above");
      element("circle", {
        cx: at[0], cy: at[1], r: 3.6, fill: hollow ? "var(--paper)" : row.colour, stroke: flag === "below the floor" ? "var(--alert)" : row.colour,
        "stroke-width": flag ? 2 : 1, opacity: 0.8,
      }, this.svg);
      const seed = row.seeds[place], who = typeof seed === "number" ? `seed ${seed}` : seed;
      this.target(...at, [`${row.name}, ${who}`, `${short(value)} ${this.data.unit || ""}`.trim(), ...(flag ? [flag] : [])], `${row.cells[0]}/${seed}`);
    });
  },

  drawLines() {
    const { data, width } = this, lines = this.parts, [left, right, top, bottom] = [LEFT, width - 10, 8, this.height - FOOT];
    const xs = lines.flatMap((line) => line.x), kind = data.log ? "log" : "linear";
    const high = Math.max(data.end || 0, ...xs), first = data.log ? Math.min(...xs) : data.steps ? 0 : Math.min(...xs);
    const bend = bendOf(kind, 1), slack = 0.02 * (bend(high) - bend(first) || 1), ends = [bend(first) - (data.steps ? 0 : slack), bend(high) + slack];
    const x = (value) => left + (bend(value) - ends[0]) / (ends[1] - ends[0]) * (right - left);
    const most = data.signed ? 1.05 : data.steps ? 1.04 : 1.05 * Math.max(0.1, ...lines.flatMap((line) => line.y)), least = data.signed ? -1.05 : -0.03 * most;
    const y = (value) => bottom - (value - least) / (most - least) * (bottom - top);
    for (const tick of linearTicks(least, most, 5)) {
      if (!data.signed && tick < 0) continue;
      element("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: "var(--rule)" }, this.svg);
      this.text(left - 6, y(tick) + 4, "end", data.percent ? `${short(100 * tick)} %` : short(tick), { fill: "var(--quiet)" });
    }
    const middle = (top + bottom) / 2;
    this.text(12, middle, "middle", data.label, { transform: `rotate(-90 12 ${middle})`, "font-size": Math.min(12, 1.8 * (this.height - 10) / data.label.length).toFixed(1) });
    const ticks = ticksOf(kind, 1, first, high, Math.max(3, width / 90)).filter((tick) => tick % 1 === 0);
    this.across(x, ticks, bottom, `${data.along}${data.log ? " (log)" : ""}`, left, right);
    for (const line of lines) this.line(line, x, y);
  },

  line(line, x, y) {
    const { steps, bands } = this.data, known = line.x.map((at, place) => place).filter((place) => line.y[place] !== null);
    const path = (values, places) => places.map((place, rank) => {
      const before = rank && steps ? `H${x(line.x[place]).toFixed(1)}V` : `${rank ? "L" : "M"}${x(line.x[place]).toFixed(1)} `;
      return `${before}${y(values[place]).toFixed(1)}`;
    }).join("");
    if (bands && line.low) {
      const both = known.filter((place) => line.low[place] !== null && line.high[place] !== null);
      const corners = (values, places) => places.flatMap((place, rank) => {
        const next = places[rank + 1], here = `${x(line.x[place]).toFixed(1)} ${y(values[place]).toFixed(1)}`;
        return steps && next !== undefined ? [here, `${x(line.x[next]).toFixed(1)} ${y(values[place]).toFixed(1)}`] : [here];
      });
      if (both.length > 1) element("path", { d: `M${[...corners(line.high, both), ...corners(line.low, both).reverse()].join("L")}Z`, fill: line.colour, opacity: 0.15 }, this.svg);
    }
    element("path", { d: path(line.y, known), fill: "none", stroke: line.colour, "stroke-width": 2.2, "stroke-dasharray": line.dash }, this.svg);
    if (line.bar) element("path", { d: `M${x(line.x.at(-1))} ${y(line.y.at(-1)) - 6}v12`, stroke: line.colour, "stroke-width": 2 }, this.svg);
    for (const place of known) {
      if (!steps) element("circle", { cx: x(line.x[place]), cy: y(line.y[place]), r: 2.8, fill: line.colour }, this.svg);
      this.target(x(line.x[place]), y(line.y[place]), this.lineWords(line, place));
    }
    this.runsOn(line, x, y);
  },

  lineWords(line, place) {
    const { percent, along } = this.data, as = (value) => (percent ? `${short(Number((100 * value).toPrecision(3)))} %` : short(Number(value.toPrecision(3))));
    const interval = line.low && line.low[place] !== null ? ` [${as(line.low[place])}, ${as(line.high[place])}]` : "";
    return [line.title, `${along}: ${short(line.x[place])}`, `${this.data.label}: ${as(line.y[place])}${interval}`, ...(line.words && line.words[place] ? [line.words[place]] : [])];
  },

  /** Each run of a step line where its step is; several at one place stand one above the other. */
  runsOn(line, x, y) {
    const used = new Map();
    for (const { seed, at, words } of line.runs || []) {
      const place = line.x.findLastIndex((one) => one <= at), count = used.get(place) || 0;
      used.set(place, count + 1);
      const who = typeof seed === "number" ? `seed ${seed}` : seed, height = Math.min(y(line.y[place]) + 5 * count, y(0));
      if (!words.startsWith("never")) element("circle", { cx: x(at), cy: height, r: 2.4, fill: line.colour, opacity: 0.75 }, this.svg);
      this.target(x(at), height, [`${line.title.split(":")[0]}, ${who}`, `${words}, ${this.data.along}: ${short(at)}`], `${line.cells[0]}/${seed}`);
    }
  },
});
