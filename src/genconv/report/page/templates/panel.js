  class Panel {
    constructor(chart, { title, cells }, holder) {
      this.chart = chart;
      this.cells = cells.filter((place) => !chart.hidden.has(place));
      this.width = chart.printed || Math.max(260, holder.clientWidth);
      this.height = Math.round(Math.min(chart.printed ? 300 : 440, Math.max(280, this.width * 0.62)));
      this.top = MARGIN.top + (title ? 18 : 0);
      const label = `${title ? `${title}: ` : ""}validation ${chart.data.label} by ${chart.data.counted} on ${chart.data.dataset}. Arrow keys read out ` +
        "runs, plus and minus zoom, 0 shows all.";
      this.svg = element("svg", {
        viewBox: `0 0 ${this.width} ${this.height}`, tabindex: 0, role: "application", "aria-label": label,
        "aria-roledescription": "chart", "font-family": "system-ui, sans-serif", "font-size": 12,
      }, holder);
      if (title) element("text", { x: MARGIN.left, y: 14, fill: "var(--ink)", "font-weight": 600 }, this.svg, title);
      this.axes();
      this.clip();
      this.cells.forEach((place) => this.curves(chart.data.cells[place]));
      this.references();
      this.cells.forEach((place) => this.ends(chart.data.cells[place]));
      this.overlay = element("g", { "pointer-events": "none" }, this.svg);
      this.listen();
    }

    /** Where an epoch lies; `place` below is a place of the curves, whose epoch the chart knows. */
    at(epoch) {
      const [low, high] = this.chart.view.x;
      return MARGIN.left + (epoch - low) / (high - low) * (this.width - MARGIN.left - MARGIN.right);
    }

    x(place) { return this.at(this.chart.epochOf(place)); }

    epoch(px) {
      const [low, high] = this.chart.view.x;
      return low + (px - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right) * (high - low);
    }

    bend(loss) { return this.chart.scale === "log" ? Math.log10(loss) : loss; }

    y(loss) {
      const [low, high] = this.chart.view.y.map((end) => this.bend(end));
      const bottom = this.height - MARGIN.bottom;
      const py = bottom - (this.bend(loss) - low) / (high - low) * (bottom - this.top);
      return Math.max(-1e4, Math.min(1e4, py));
    }

    loss(py) {
      const [low, high] = this.chart.view.y.map((end) => this.bend(end));
      const bottom = this.height - MARGIN.bottom;
      const bent = low + (bottom - py) / (bottom - this.top) * (high - low);
      return this.chart.scale === "log" ? 10 ** bent : bent;
    }

    axes() {
      const { view, scale } = this.chart, bottom = this.height - MARGIN.bottom, right = this.width - MARGIN.right;
      const losses = scale === "log" ? logTicks(...view.y) : linearTicks(...view.y, 6);
      for (const tick of losses) {
        const y = this.y(tick);
        element("line", { x1: MARGIN.left, x2: right, y1: y, y2: y, stroke: "var(--rule)" }, this.svg);
        element("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end", fill: "var(--quiet)" }, this.svg, short(tick));
      }
      for (const tick of linearTicks(...view.x, Math.max(3, this.width / 90)).filter((n) => n >= 0 && n % 1 === 0)) {
        const x = this.at(tick);
        element("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4, stroke: "var(--quiet)" }, this.svg);
        element("text", { x, y: bottom + 17, "text-anchor": "middle", fill: "var(--quiet)" }, this.svg, short(tick));
      }
      element("line", { x1: MARGIN.left, x2: right, y1: bottom, y2: bottom, stroke: "var(--quiet)" }, this.svg);
      const middle = (this.top + bottom) / 2;
      element("text", { x: (MARGIN.left + right) / 2, y: this.height - 4, "text-anchor": "middle", fill: "var(--ink)" },
        this.svg, this.chart.data.counted);
      element("text", {
        x: 12, y: middle, "text-anchor": "middle", fill: "var(--ink)", transform: `rotate(-90 12 ${middle})`,
      }, this.svg, `validation ${this.chart.data.label}`);
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
    path(losses, sparse) {
      let d = "", pen = false;
      losses.forEach((loss, place) => {
        const drawn = loss !== null && (this.chart.scale !== "log" || loss > 0);
        if (drawn) d += `${pen ? "L" : "M"}${this.x(place).toFixed(1)} ${this.y(loss).toFixed(1)}`;
        pen = drawn || (sparse && pen);
      });
      return d;
    }

    curves({ y, median, low, high, colour, dash, sparse }) {
      const line = (losses, attributes) => {
        if (losses.filter((loss) => loss !== null).length === 1) losses.forEach((loss, place) => {
          if (loss !== null) element("circle", { cx: this.x(place), cy: this.y(loss), r: 3, fill: colour }, this.inside);
        });
        element("path", { d: this.path(losses, sparse), stroke: colour, ...attributes }, this.inside);
      };
      for (const losses of y) line(losses, { "stroke-width": 0.8, opacity: 0.3 });
      const known = median.map((loss, place) => place).filter((place) => low[place] !== null);
      const edge = (ends, order) => order.map((place) => `${this.x(place).toFixed(1)} ${this.y(ends[place]).toFixed(1)}`);
      if (known.length > 1) element("path", {
        d: `M${[...edge(high, known), ...edge(low, [...known].reverse())].join("L")}Z`, fill: colour, opacity: 0.25,
      }, this.inside);
      line(median, { "stroke-width": 2.4, "stroke-dasharray": dash });
    }

    references() {
      for (const { name, value, dash } of this.chart.data.lines) {
        const y = this.y(value);
        if (y < this.top || y > this.height - MARGIN.bottom) continue;
        const ends = { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y, y2: y };
        element("line", { ...ends, stroke: "var(--quiet)", "stroke-width": 1.4, "stroke-dasharray": dash }, this.svg);
        element("text", {
          x: this.width - MARGIN.right - 2, y: y - 4, "text-anchor": "end", fill: "var(--ink)", stroke: "var(--paper)",
          "stroke-width": 3, "paint-order": "stroke",
        }, this.svg, name);
      }
    }

    ends({ ends, colour }) {
      for (const { place, loss } of ends) {
        const x = this.x(place), y = loss === null ? this.top : Math.max(this.top, this.y(loss));
        if (x < MARGIN.left || x > this.width || y > this.height - MARGIN.bottom) continue;
        element("path", { d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8`, stroke: colour, "stroke-width": 2 }, this.svg);
      }
    }

    /** Highlight a run; returns where its loss is drawn. */
    mark(cursor) {
      this.overlay.replaceChildren();
      if (!cursor) return null;
      const { y, colour, sparse } = this.chart.data.cells[cursor.cell], losses = y[cursor.seed];
      const group = element("g", { "clip-path": this.inside.getAttribute("clip-path"), fill: "none" }, this.overlay);
      element("path", { d: this.path(losses, sparse), stroke: "var(--paper)", "stroke-width": 4 }, group);
      element("path", { d: this.path(losses, sparse), stroke: colour, "stroke-width": 2 }, group);
      const at = [this.x(cursor.place), this.y(losses[cursor.place])];
      if (at[0] < MARGIN.left || at[0] > this.width) return null;
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
        else this.chart.point(this.chart.nearest(this, ...now), this, false);
      });
      this.svg.addEventListener("pointercancel", () => { start = null; box = null; this.chart.draw(); });
      this.svg.addEventListener("pointerleave", (event) => {
        if (!start && event.pointerType !== "touch") this.chart.point(null, null, false); // a finger leaves when it is lifted
      });
      this.svg.addEventListener("dblclick", () => this.chart.reset());
      this.svg.addEventListener("keydown", (event) => this.chart.key(event, this));
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
        this.chart.view = { x: [this.epoch(low[0]), this.epoch(high[0])], y: [this.loss(high[1]), this.loss(low[1])] };
      this.chart.draw();
    }
  }

  return { all: [], start() { this.all = [...document.querySelectorAll(".chart")].map((root) => new Chart(root)); } };
})();
