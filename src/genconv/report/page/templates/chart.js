// Loss curves: median and band, every run under the pointer or the arrow keys, linear or log, one zoom for all panels.
const Charts = (() => {
  const NS = "http://www.w3.org/2000/svg";
  const MARGIN = { left: 56, right: 10, top: 10, bottom: 38 };
  const SLACK = 0.02;

  const element = (name, attributes, parent, text) => {
    const made = document.createElementNS(NS, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };

  const short = (value) => {
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size >= 1e5 || size < 1e-3) return value.toExponential(1).replace("e+", "e").replace("-", "−");
    return String(Number(value.toPrecision(6))).replace("-", "−");
  };

  const linearTicks = (low, high, count) => {
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw * 0.999);
    const ticks = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12) + 1e-12; i++) ticks.push(Number((i * step).toPrecision(12)));
    return ticks;
  };

  const logTicks = (low, high) => {
    const span = Math.log10(high / low);
    if (span < 0.8) return linearTicks(low, high, 5);
    const every = Math.ceil(span / 6), ticks = [];
    const factors = span < 2.2 ? [1, 2, 5] : [1];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += every)
      for (const factor of factors) {
        const tick = factor * 10 ** power;
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    return ticks;
  };

  class Chart {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(document.getElementById(root.dataset.figure).textContent);
      this.stage = root.querySelector(".panels");
      this.tip = root.querySelector(".tip");
      this.said = root.querySelector(".said");
      this.scale = "linear";
      this.apart = false;
      this.hidden = new Set();
      this.cursor = null;
      this.reset();
      this.controls();
      new ResizeObserver(() => this.draw()).observe(this.stage);
    }

    /** The epoch of a place of the curves. */
    epochOf(place) { return this.data.at ? this.data.at[place] : place; }

    /** The place whose epoch is nearest. */
    placeAt(epoch) {
      const last = this.data.epochs - 1;
      if (!this.data.at) return Math.max(0, Math.min(last, Math.round(epoch)));
      let best = 0;
      this.data.at.forEach((one, place) => { if (Math.abs(one - epoch) < Math.abs(this.data.at[best] - epoch)) best = place; });
      return best;
    }

    whole() {
      const last = this.epochOf(this.data.epochs - 1), first = Math.min(0, this.epochOf(0)), slack = SLACK * (last - first);
      return { x: last > first ? [first - slack, last + slack] : [first - 0.5, first + 0.5], y: [...this.data.limits[this.scale]] };
    }

    reset() {
      this.view = this.whole();
      this.draw();
    }

    controls() {
      const on = (selector, act) => this.root.querySelectorAll(selector).forEach((button) =>
        button.addEventListener("click", () => { act(button); this.draw(); }));
      const press = (selector, chosen) => this.root.querySelectorAll(selector).forEach((button) =>
        button.setAttribute("aria-pressed", String(button === chosen)));
      on("[data-axis]", (button) => {
        press("[data-axis]", button);
        this.scale = button.dataset.axis;
        this.view.y = this.whole().y;
      });
      on("[data-layout]", (button) => {
        press("[data-layout]", button);
        this.apart = button.dataset.layout === "apart";
      });
      on("[data-cell]", (button) => {
        const cell = Number(button.dataset.cell), shown = this.hidden.delete(cell);
        if (!shown) this.hidden.add(cell);
        button.setAttribute("aria-pressed", String(shown));
      });
      on("[data-zoom]", (button) => this.zoom(button.dataset.zoom));
    }

    zoom(how) {
      if (how === "reset") { this.view = this.whole(); return; }
      const factor = how === "in" ? 0.5 : 2, whole = this.whole();
      const x = this.cursor ? this.epochOf(this.cursor.place) : (this.view.x[0] + this.view.x[1]) / 2;
      const around = ([low, high], centre, [least, most]) =>
        [Math.max(least, centre - (centre - low) * factor), Math.min(most, centre + (high - centre) * factor)];
      this.view.x = around(this.view.x, x, whole.x);
    }

    panels() {
      if (!this.apart) return this.data.panels;
      return this.data.cells.map((cell, place) => ({ title: cell.name, cells: [place] }))
        .filter((panel) => !this.hidden.has(panel.cells[0]));
    }

    draw() {
      if (!this.stage || !(this.printed || this.stage.clientWidth)) return;
      this.stage.classList.toggle("several", this.panels().length > 1);
      const panels = this.panels(), holders = panels.map(() => document.createElement("div"));
      this.stage.replaceChildren(...holders); // all at once: their widths depend on their number
      this.drawn = panels.map((panel, place) => new Panel(this, panel, holders[place]));
      this.mark();
    }

    /** The run whose loss lies nearest to a place in a panel, in pixels. */
    nearest(panel, px, py) {
      const place = this.placeAt(panel.epoch(px));
      let best = null;
      for (const cell of panel.cells) this.data.cells[cell].y.forEach((losses, seed) => {
        const loss = losses[place];
        if (loss === null || loss === undefined) return;
        const distance = Math.abs(panel.y(loss) - py);
        if (!best || distance < best.distance) best = { cell, seed, place, distance };
      });
      return best;
    }

    /** Every run with a loss at the place, in order of loss: what the arrow keys walk through. */
    ranked(place) {
      const found = [];
      this.data.cells.forEach((one, cell) => { if (!this.hidden.has(cell)) one.y.forEach((losses, seed) => {
        const loss = losses[place];
        if (loss !== null && loss !== undefined) found.push({ cell, seed, place, loss });
      }); });
      return found.sort((a, b) => a.loss - b.loss);
    }

    words({ cell, seed, place }) {
      const one = this.data.cells[cell], name = one.seeds[seed];
      const run = typeof name === "number" ? `seed ${name}` : name;
      const lines = [`${one.name}, ${run}`, `${this.data.counted} ${short(this.epochOf(place))}: ${short(one.y[seed][place])} ${this.data.unit}`.trim()];
      if (one.median[place] !== null) lines.push(`median ${short(one.median[place])}`);
      const end = one.ends.find((ended) => ended.seed === name);
      if (end) lines.push(`diverged after ${this.data.counted} ${short(this.epochOf(end.place))}: ${end.cause}`);
      return lines;
    }

    point(cursor, panel, spoken) {
      this.cursor = cursor;
      this.at = panel;
      this.mark();
      if (spoken && cursor) this.said.textContent = this.words(cursor).join(", ");
    }

    mark() {
      this.drawn.forEach((panel) => panel.mark(null));
      this.tip.hidden = true;
      const { cursor } = this;
      if (!cursor || this.hidden.has(cursor.cell)) return;
      const panel = this.drawn.find((one) => one.cells.includes(cursor.cell));
      if (!panel) return;
      const place = panel.mark(cursor);
      if (!place) return;
      this.tip.replaceChildren(...this.words(cursor).map((line) => {
        const row = document.createElement("div");
        row.textContent = line;
        return row;
      }));
      this.tip.hidden = false;
      const box = this.root.getBoundingClientRect(), svg = panel.svg.getBoundingClientRect();
      const left = svg.left - box.left + place[0], width = this.tip.offsetWidth;
      this.tip.style.left = `${Math.max(0, left + 14 + width > box.width ? left - 14 - width : left + 14)}px`;
      this.tip.style.top = `${svg.top - box.top + Math.max(0, place[1] - this.tip.offsetHeight - 6)}px`;
    }

    key(event, panel) {
      const zooms = { "+": "in", "=": "in", "-": "out", 0: "reset", Escape: "reset" };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in zooms) {
        this.zoom(zooms[event.key]);
        const place = this.drawn.indexOf(panel);
        this.draw();
        if (this.drawn[place]) this.drawn[place].svg.focus();
      } else if (event.key.startsWith("Arrow")) this.walk(event.key, event.shiftKey ? Math.ceil(this.data.epochs / 20) : 1);
      else return;
      event.preventDefault();
    }

    walk(key, step) {
      const last = this.data.epochs - 1;
      let { cell, seed, place } = this.cursor || this.ranked(last).at(0) || this.ranked(0).at(0) || {};
      if (cell === undefined) return;
      if (this.cursor && key === "ArrowRight") place = Math.min(last, place + step);
      if (this.cursor && key === "ArrowLeft") place = Math.max(0, place - step);
      const runs = this.ranked(place);
      let rank = runs.findIndex((one) => one.cell === cell && one.seed === seed);
      if (this.cursor && key === "ArrowUp") rank = Math.min(runs.length - 1, rank + 1);
      if (this.cursor && key === "ArrowDown") rank = Math.max(0, rank - 1);
      if (runs[rank]) this.point(runs[rank], null, true);
    }
  }
