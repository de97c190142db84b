// One pair of axes of a chart, and what the pointer does in it.
class Panel {
  constructor(chart, { title, cells }, holder) {
    this.chart = chart;
    this.cells = cells.filter((place) => !chart.off(place));
    this.width = chart.printed || Math.max(260, holder.clientWidth);
    const small = chart.root.classList.contains("small");
    this.height = Math.round(Math.min(chart.printed ? 300 : small ? 250 : 300, Math.max(small ? 230 : 260, this.width * 0.62)));
    this.top = MARGIN.top + (title ? 18 : 0);
    const label = `${title ? `${title}: ` : ""}${chart.data.title} by ${chart.counted} on ${chart.data.dataset}. Arrow keys read out ` +
      "runs, Enter pins one, plus and minus zoom, 0 shows all.";
    this.svg = element("svg", {
      viewBox: `0 0 ${this.width} ${this.height}`, tabindex: 0, role: "application", "aria-label": label,
      "aria-roledescription": "chart", "font-family": "system-ui, sans-serif", "font-size": 12,
    }, holder);
    if (title) element("text", { x: MARGIN.left, y: 14, fill: "var(--ink)", "font-weight": 600 }, this.svg, title);
    this.axes();
    this.clip();
    this.cells.forEach((place) => this.curves(place));
    this.references();
    this.cells.forEach((place) => this.ends(place));
    this.beyond();
    this.overlay = element("g", { "pointer-events": "none" }, this.svg);
    this.listen();
  }

  /** Where an epoch lies; `place` below is a place of the curves, whose epoch the chart knows. */
  at(epoch) {
    const [low, high] = this.chart.view.x, bent = ALONG[this.chart.along].bend(epoch);
    return MARGIN.left + (bent - low) / (high - low) * (this.width - MARGIN.left - MARGIN.right);
  }

  x(place, cell) { return this.at(this.chart.epochOf(place, cell)); }

  /** What lies below a pixel, on the axis. */
  along(px) {
    const [low, high] = this.chart.view.x;
    return low + (px - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right) * (high - low);
  }

  epoch(px) { return ALONG[this.chart.along].back(this.along(px)); }

  up(bent) {
    const [low, high] = this.chart.view.y, bottom = this.height - MARGIN.bottom;
    return Math.max(-1e4, Math.min(1e4, bottom - (bent - low) / (high - low) * (bottom - this.top)));
  }

  y(loss) { return this.up(this.chart.bend(loss)); }

  loss(py) {
    const [low, high] = this.chart.view.y, bottom = this.height - MARGIN.bottom;
    return low + (bottom - py) / (bottom - this.top) * (high - low);
  }

  axes() {
    const { view, scale, along, floor, over } = this.chart, bottom = this.height - MARGIN.bottom, right = this.width - MARGIN.right;
    for (const [tick, text] of lossTicks(scale, view.y, 6)) {
      const y = this.up(tick);
      element("line", { x1: MARGIN.left, x2: right, y1: y, y2: y, stroke: "var(--rule)" }, this.svg);
      element("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end", fill: "var(--quiet)" }, this.svg, text);
    }
    for (const tick of alongTicks(along, view.x, Math.max(3, this.width / 90), over !== "times")) {
      const x = this.at(tick);
      element("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4, stroke: "var(--quiet)" }, this.svg);
      element("text", { x, y: bottom + 17, "text-anchor": "middle", fill: "var(--quiet)" }, this.svg, short(tick));
    }
    element("line", { x1: MARGIN.left, x2: right, y1: bottom, y2: bottom, stroke: "var(--quiet)" }, this.svg);
    const middle = (this.top + bottom) / 2;
    element("text", { x: (MARGIN.left + right) / 2, y: this.height - 4, "text-anchor": "middle", fill: "var(--ink)" },
      this.svg, `${this.chart.counted}${over === "times" ? `, ${this.chart.clock}` : ""}${along === "log" ? " (log)" : ""}`);
    const { title, label, unit } = this.chart.data, words = {
      linear: title,
      log: `${title} (log)`,
      excess: `${label.replace(`, ${unit}`, "")} − ${floor.name}${unit ? `, ${unit}` : ""} (log)`,
    };
    element("text", {
      x: 12, y: middle, "text-anchor": "middle", fill: "var(--ink)", transform: `rotate(-90 12 ${middle})`,
      "font-size": Math.min(12, 1.8 * (this.height - 10) / words[scale].length).toFixed(1),
    }, this.svg, words[scale]);
  }

  clip() {
    const id = `clip-${Charts.count = (Charts.count || 0) + 1}`;
    const path = element("clipPath", { id }, this.svg);
    element("rect", {
      x: MARGIN.left, y: this.top, width: this.width - MARGIN.left - MARGIN.right,
      height: this.height - MARGIN.bottom - this.top,
    }, path);
    this.inside = element("g", { "clip-path": `url(#${id})`, fill: "none" }, this.svg);
  }

  /** A line through the losses, broken where one is missing; a sparse cell has no losses between its places. */
  path(losses, cell) {
    const { sparse } = this.chart.data.cells[cell];
    let d = "", pen = false;
    losses.forEach((loss, place) => {
      const y = loss === null ? NaN : this.y(loss), drawn = !Number.isNaN(y);
      if (drawn) d += `${pen ? "L" : "M"}${this.x(place, cell).toFixed(1)} ${y.toFixed(1)}`;
      pen = drawn || (sparse && pen);
    });
    return d;
  }

  curves(cell) {
    const { y, median, low, high, colour, dash } = this.chart.curves(cell);
    const line = (losses, attributes) => {
      if (losses.filter((loss) => loss !== null).length === 1) losses.forEach((loss, place) => {
        if (loss !== null && !Number.isNaN(this.y(loss))) element("circle", { cx: this.x(place, cell), cy: this.y(loss), r: 3, fill: colour }, this.inside);
      });
      element("path", { d: this.path(losses, cell), stroke: colour, ...attributes }, this.inside);
    };
    for (const losses of y) line(losses, { "stroke-width": 0.8, opacity: 0.3, class: "run" });
    const inside = (loss) => loss !== null && !Number.isNaN(this.y(loss));
    const known = median.map((loss, place) => place).filter((place) => inside(low[place]) && inside(high[place]));
    const edge = (ends, order) => order.map((place) => `${this.x(place, cell).toFixed(1)} ${this.y(ends[place]).toFixed(1)}`);
    if (known.length > 1) element("path", {
      d: `M${[...edge(high, known), ...edge(low, [...known].reverse())].join("L")}Z`, fill: colour, opacity: 0.25,
    }, this.inside);
    line(median, { "stroke-width": 2.4, "stroke-dasharray": dash });
  }

  /** Words in the drawing that stay legible on lines. */
  note(x, y, anchor, text, colour) {
    element("text", {
      x, y, "text-anchor": anchor, fill: colour || "var(--ink)", stroke: "var(--paper)", "stroke-width": 3, "paint-order": "stroke",
    }, this.svg, text);
  }

  /** Where runs leave the view, above or below: marks at the edge, those of medians full, and in words how far they go. */
  beyond() {
    const { view } = this.chart, bottom = this.height - MARGIN.bottom, bent = (loss) => loss === null || loss === undefined ? NaN : this.chart.bend(loss);
    this.leaving((loss) => bent(loss) > view.y[1], Math.max, { sign: "▲", words: "up to", tip: this.top, base: this.top + 7, line: this.top + 14 });
    this.leaving((loss) => bent(loss) < view.y[0], Math.min, { sign: "▼", words: "down to", tip: bottom, base: bottom - 7, line: bottom - 20 });
  }

  leaving(outside, farther, { sign, words, tip, base, line }) {
    let from = Infinity, to = -Infinity, most = null;
    for (const cell of this.cells) {
      const { median, y, colour } = this.chart.curves(cell);
      let last = -Infinity;
      for (let place = 0; place < this.chart.data.epochs; place++) {
        const losses = y.map((one) => one[place]).filter(outside), all = outside(median[place]);
        if (!all && !losses.length) continue;
        const x = this.x(place, cell), epoch = this.chart.epochOf(place, cell);
        if (!(x >= MARGIN.left && x <= this.width - MARGIN.right)) continue;
        const far = [...losses, ...(all ? [median[place]] : []), ...(most === null ? [] : [most])];
        [from, to, most] = [Math.min(from, epoch), Math.max(to, epoch), farther(...far)];
        if (x - last < 14) continue;
        last = x;
        element("path", { d: `M${x - 4} ${base}L${x} ${tip}L${x + 4} ${base}z`, fill: all ? colour : "none", stroke: colour, class: "beyond" }, this.svg);
      }
    }
    if (from > to) return;
    const right = this.at(to) > this.width * 0.6;
    this.note(right ? this.width - MARGIN.right - 2 : Math.min(this.at(to) + 20, this.width * 0.6), line, right ? "end" : "start",
      `${sign} ${this.chart.counted} ${this.chart.told(from)}${to > from ? ` to ${this.chart.told(to)}` : ""}: ${words} ${short(Number(most.toPrecision(3)))}`, "var(--quiet)");
  }

  references() {
    const below = [];
    for (const { name, value, dash } of this.chart.data.lines) {
      const y = this.y(value), right = this.width - MARGIN.right, bottom = this.height - MARGIN.bottom;
      if (Number.isNaN(y)) continue;
      if (y < this.top || y > bottom) {
        if (y > bottom) below.push(`▼ ${name}`);
        continue;
      }
      element("line", { x1: MARGIN.left, x2: right, y1: y, y2: y, stroke: "var(--quiet)", "stroke-width": 1.4, "stroke-dasharray": dash }, this.svg);
      this.note(...this.freest(y, right, bottom, measured(name) + 4), name);
    }
    if (below.length) this.note(this.width - MARGIN.right - 2, this.height - MARGIN.bottom - 5, "end", below.reverse().join("  "), "var(--quiet)");
  }

  /** Where the name of a line at `y` crosses the fewest curves: below or above it, at its right or its left end. */
  freest(y, right, bottom, long) {
    const left = MARGIN.left, ends = [[right - 2, "end", right - long], [left + 4, "start", left]];
    const places = ends.flatMap(([x, anchor, from]) => [[y + 14, y + 3], [y - 4, y - 14]].map(([line, top]) => ({
      words: [x, line, anchor], inside: line < bottom - 2 && top > this.top + 16, crossed: this.crossings(from, from + long, top, top + 13),
    }))).filter((place) => place.inside);
    return places.length ? places.reduce((best, place) => (place.crossed < best.crossed ? place : best)).words : [right - 2, y - 4, "end"];
  }

  /** How many medians run through a box, looked at in five places. */
  crossings(left, right, top, bottom) {
    const samples = [0, 0.25, 0.5, 0.75, 1].map((share) => left + share * (right - left));
    return this.cells.filter((cell) => {
      const points = this.chart.curves(cell).median.flatMap((loss, place) => loss === null ? [] : [[this.x(place, cell), this.y(loss)]]);
      const height = (at) => {
        const after = points.findIndex(([x]) => x >= at);
        if (after < 1) return after === 0 && points[0][0] - at < 1 ? points[0][1] : NaN;
        const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
        return y0 + (at - x0) / (x1 - x0) * (y1 - y0);
      };
      return samples.map(height).some((y) => y >= top && y <= bottom);
    }).length;
  }

  ends(cell) {
    const { ends, colour } = this.chart.data.cells[cell];
    for (const { place, loss } of ends) {
      const x = this.x(place, cell), at = loss === null ? this.top : this.y(loss), y = Number.isNaN(at) ? this.height - MARGIN.bottom : Math.max(this.top, at);
      if (x < MARGIN.left || x > this.width || y > this.height - MARGIN.bottom) continue;
      element("path", { d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8`, stroke: colour, "stroke-width": 2 }, this.svg);
    }
  }

  /** Highlight pinned runs and the one under the cursor; returns where its loss is drawn. */
  mark(cursor, pins) {
    this.overlay.replaceChildren();
    const group = element("g", { "clip-path": this.inside.getAttribute("clip-path"), fill: "none" }, this.overlay);
    const strong = ({ cell, seed }, kept) => {
      const { y, colour } = this.chart.curves(cell), d = this.path(y[seed], cell);
      element("path", { d, stroke: kept ? colour : "var(--paper)", "stroke-width": kept ? 5 : 4 }, group);
      element("path", { d, stroke: kept ? "var(--ink)" : colour, "stroke-width": kept ? 1.2 : 2 }, group);
    };
    pins.forEach((pin) => strong(pin, true));
    if (!cursor) return null;
    strong(cursor);
    if (cursor.place === undefined) return null;
    const { y, colour } = this.chart.curves(cursor.cell);
    const at = [this.x(cursor.place, cursor.cell), this.y(y[cursor.seed][cursor.place])];
    if (at[0] < MARGIN.left || at[0] > this.width || Number.isNaN(at[1])) return null;
    element("circle", { cx: at[0], cy: at[1], r: 4.5, fill: colour, stroke: "var(--paper)", "stroke-width": 1.5 }, this.overlay);
    const zoom = this.svg.clientWidth / this.width;
    return [at[0] * zoom, at[1] * zoom];
  }

  listen() {
    const place = (event) => {
      const box = this.svg.getBoundingClientRect(), zoom = this.width / box.width;
      return [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
    };
    let start = null, box = null;
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      start = place(event);
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointermove", (event) => {
      const now = place(event);
      if (!start) { this.chart.point(this.chart.nearest(this, ...now), this, false); return; }
      if (Math.abs(now[0] - start[0]) < 6) return;
      box = box || element("rect", { fill: "var(--accent)", opacity: 0.2 }, this.svg);
      const { low, high } = this.span(start, now);
      const sides = { x: low[0], y: low[1], width: high[0] - low[0], height: high[1] - low[1] };
      for (const side in sides) box.setAttribute(side, sides[side]);
    });
    this.svg.addEventListener("pointerup", (event) => {
      const now = place(event), from = start;
      start = null;
      if (box) this.select(from, now);
      else this.pick(this.chart.nearest(this, ...now), event.pointerType === "touch");
    });
    this.svg.addEventListener("pointercancel", () => { start = null; box = null; this.chart.draw(); });
    this.svg.addEventListener("pointerleave", (event) => {
      if (!start && event.pointerType !== "touch") this.chart.point(null, null, false); // a finger leaves when it is lifted
    });
    this.svg.addEventListener("dblclick", () => this.chart.reset());
    this.svg.addEventListener("keydown", (event) => this.chart.key(event, this));
  }

  /** A click pins the run below it; of a finger the second tap does, for the first one shows it. */
  pick(run, touch) {
    const { cursor } = this.chart, again = cursor && run && cursor.cell === run.cell && cursor.seed === run.seed;
    if (run && run.distance < 24 && (!touch || again)) this.chart.pin(run);
    this.chart.point(run, this, false);
  }

  /** Corners of the part that a drag has chosen; the whole height unless it went down or up. */
  span(from, to) {
    const bottom = this.height - MARGIN.bottom, right = this.width - MARGIN.right;
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    const xs = [from[0], to[0]].map((x) => within(x, MARGIN.left, right)).sort((a, b) => a - b);
    const ys = Math.abs(from[1] - to[1]) < 14 ? [this.top, bottom]
      : [from[1], to[1]].map((y) => within(y, this.top, bottom)).sort((a, b) => a - b);
    return { low: [xs[0], ys[0]], high: [xs[1], ys[1]] };
  }

  select(from, to) {
    const { low, high } = this.span(from, to);
    if (high[0] - low[0] > 4 && high[1] - low[1] > 4)
      this.chart.view = { x: [this.along(low[0]), this.along(high[0])], y: [this.loss(high[1]), this.loss(low[1])] };
    this.chart.draw();
  }
}
