// Curves: median and band, every run under the pointer or the arrow keys, one zoom for all panels.
const FIRST = "validation.loss";
const OVER = { places: "", steps: "step", times: "wall time" };

class Chart {
  constructor(root, kept) {
    this.root = root;
    this.base = this.data = JSON.parse(document.getElementById(root.dataset.figure).textContent);
    this.stage = root.querySelector(".panels");
    this.tip = root.querySelector(".tip");
    this.said = root.querySelector(".said");
    Object.assign(this, { quantity: FIRST, scale: "linear", along: "linear", over: "places", weight: 0, apart: false });
    this.hidden = new Set();
    this.filtered = new Set();
    this.grouped = null;
    this.cursor = null;
    this.drawn = [];
    this.controls();
    this.take(FIRST);
    if (kept) this.restore(kept);
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  /** Draw another of the recorded quantities; a cell that did not record it has no lines. */
  take(quantity) {
    if (quantity !== FIRST) this.more ??= JSON.parse(document.getElementById(this.root.dataset.more).textContent);
    const one = quantity === FIRST ? undefined : this.more[quantity];
    this.quantity = one ? quantity : FIRST;
    this.data = one ? { ...this.base, ...one, panels: this.base.panels, cells: this.base.cells.map((cell, place) =>
      one.cells[place] || { ...cell, y: cell.y.map(() => []), ends: [], median: [], low: [], high: [] }) } : this.base;
    if (this.data.timed) this.data = this.timed(this.data);
    this.runs = new Map(this.data.cells.flatMap((one, cell) => one.seeds.map((seed, place) => [`${one.id}/${seed}`, { cell, seed: place }])));
    this.kept = {};
    this.cursor = null;
    this.floor = this.lowest();
    if (this.scale === "log" && !this.data.positive) this.scale = "linear";
    if (!this.measured(this.over)) this.over = "places";
    this.say();
    this.reset();
  }

  /** Show later data of the same cells and runs; what a reader has chosen stays. */
  grow(data, more) {
    const { quantity, cursor, view } = this, zoomed = JSON.stringify(view) !== JSON.stringify(this.whole());
    this.base = data;
    if (this.more || quantity !== FIRST) this.more = { ...this.more, ...more };
    this.take(quantity);
    if (zoomed) { this.view = view; this.draw(); }
    this.root.querySelectorAll("[data-cell]").forEach((button) => {
      const words = data.cells[button.dataset.cell].diverged, mark = button.querySelector(".diverged") || document.createElement("span");
      mark.className = "diverged";
      mark.textContent = words ? ` (${words})` : "";
      button.append(mark);
    });
    if (cursor) { this.cursor = cursor; this.mark(); }
  }

  /** Whether the curves can be drawn along epochs, steps or wall time. */
  measured(over) { return over === "places" || Boolean(over === "steps" ? this.data.stepped : this.data.timed); }

  /** Put the state into the controls: what is chosen, and what these curves do not have. */
  say() {
    const { root, data, floor } = this;
    const press = (name, value) => root.querySelectorAll(`[data-${name}]`).forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset[name] === value)));
    press("axis", this.scale);
    press("layout", this.apart ? "apart" : "together");
    root.querySelectorAll("[data-cell]").forEach((button) => button.setAttribute("aria-pressed", String(!this.hidden.has(Number(button.dataset.cell)))));
    const log = root.querySelector("[data-axis=log]"), excess = root.querySelector("[data-axis=excess]");
    log.disabled = !data.positive;
    log.title = data.positive ? "" : "Some values are not positive";
    excess.textContent = `log(${this.quantity.endsWith(".loss") ? "loss" : "value"} − ${floor.name})`;
    const set = (name, value) => root.querySelectorAll(`select[data-choice=${name}]`).forEach((select) => { select.value = value; });
    set("quantity", this.quantity);
    set("smooth", String(this.weight));
    root.querySelectorAll("select[data-choice=along] option").forEach((option) => {
      const [over] = option.value.split(" "), words = option.dataset.words.replace("PLACE", data.counted);
      option.disabled = !this.measured(over);
      option.textContent = option.disabled ? `${words}: not on record` : words;
    });
    set("along", `${this.over} ${this.along}`);
    const note = root.querySelector(".thinned");
    if (note) note.hidden = !data.thinned;
  }

  /** What a reader has chosen, for the same chart of a later page. */
  get state() {
    const { quantity, scale, along, over, weight, apart } = this;
    const zoomed = JSON.stringify(this.view) !== JSON.stringify(this.whole());
    return { quantity, scale, along, over, weight, apart, view: zoomed ? this.view : null, hidden: [...this.hidden].map((place) => this.base.cells[place].id) };
  }

  restore({ hidden, view, quantity, ...choices }) {
    this.take(quantity);
    Object.assign(this, choices);
    this.hidden = new Set(this.base.cells.flatMap((cell, place) => hidden.includes(cell.id) ? [place] : []));
    if (!this.measured(this.over)) this.over = "places";
    this.view = view || this.whole();
    this.say();
    this.draw();
  }

  /** Whether a cell is not drawn: its name in the legend, or the filter of the page, has left it out. */
  off(cell) { return this.hidden.has(cell) || this.filtered.has(cell); }

  /** The entropy, else the lowest loss of all runs: what an axis may start from. */
  lowest() {
    const entropy = this.data.lines.find((line) => line.floor);
    if (entropy) return { value: entropy.value, name: "entropy", known: true };
    const least = this.data.cells.reduce((low, cell) => cell.y.reduce((a, y) => y.reduce((b, loss) => loss === null ? b : Math.min(b, loss), a), low), Infinity);
    return { value: least, name: "best", known: false };
  }

  /** The cells that are shown. */
  get shown() { return this.data.cells.filter((cell, place) => !this.off(place)); }

  bend(loss) { return bendLoss(this.scale, this.floor.value, loss); }

  /** A cell's curves as they are drawn: smoothed, where that was asked for. */
  curves(cell) {
    const one = this.data.cells[cell];
    if (!this.weight) return one;
    const key = `${cell} ${this.weight}`, smooth = (losses) => smoothed(losses, this.weight);
    return this.kept[key] = this.kept[key] || { ...one, y: one.y.map(smooth), median: smooth(one.median), low: smooth(one.low), high: smooth(one.high) };
  }

  /** Where a place of the curves lies: its epoch, its step, or the seconds since the start. */
  epochOf(place, cell) {
    if (this.over !== "places" && cell !== undefined) return this.data.cells[cell][this.over][place];
    return this.data.at ? this.data.at[place] : place;
  }

  get counted() { return OVER[this.over] || this.data.counted; }

  /** A place as it is told: `12`, or `3.4 min` of wall time. */
  told(at) { return this.over === "times" ? `${short(Number(at.toPrecision(4)))} ${this.clock}` : short(at); }

  /** Wall time in seconds, minutes or hours, whatever makes few digits. */
  timed(data) {
    const longest = Math.max(0, ...data.cells.flatMap((cell) => cell.times || []));
    const [clock, size] = longest > 10800 ? ["h", 3600] : longest > 180 ? ["min", 60] : ["s", 1];
    this.clock = clock;
    return { ...data, cells: data.cells.map((cell) => cell.times ? { ...cell, times: cell.times.map((at) => at === null ? null : at / size) } : cell) };
  }

  /** The place whose epoch is nearest. */
  placeAt(epoch, cell) {
    const last = this.data.epochs - 1;
    if (!this.data.at && this.over === "places") return Math.max(0, Math.min(last, Math.round(epoch)));
    const at = this.over === "places" ? this.data.at : this.data.cells[cell][this.over] || [];
    let best = 0;
    at.forEach((one, place) => { if (one !== null && !(Math.abs(one - epoch) >= Math.abs(at[best] - epoch))) best = place; });
    return best;
  }

  whole() {
    const of = (cell) => [cell[this.over].find((one) => one !== null), cell[this.over].at(-1)];
    const ends = this.over === "places" ? [this.epochOf(0), this.epochOf(this.data.epochs - 1)]
      : this.data.cells.filter((cell) => cell[this.over] && cell.median.length).flatMap(of);
    const low = Math.min(...ends, this.over !== "places" || this.along === "log" ? Infinity : 0), high = Math.max(...ends);
    const [from, to] = [low, high].map(ALONG[this.along].bend), span = to - from;
    const entropy = this.floor.known && this.scale === "linear" ? this.floor.value : null;
    return {
      x: span ? [from - SLACK * span, to + SLACK * span] : [from - 0.5, from + 0.5],
      y: limitsOf(this.shown, (loss) => this.bend(loss), this.scale === "linear", entropy, this.quantity.endsWith(".loss")),
    };
  }

  /** Everything that the runs shown have reached, first epochs and all. */
  everything() {
    const view = this.whole();
    let [low, high] = view.y;
    for (const cell of this.shown) for (const losses of cell.y) for (const loss of losses) {
      const bent = loss === null ? NaN : this.bend(loss);
      if (bent < low) low = bent;
      if (bent > high) high = bent;
    }
    const span = 0.04 * (high - low);
    return { x: view.x, y: [low === view.y[0] ? low : low - span, high === view.y[1] ? high : high + span] };
  }

  reset() {
    this.view = this.whole();
    this.draw();
  }

  controls() {
    const on = (selector, act) => this.root.querySelectorAll(selector).forEach((button) =>
      button.addEventListener("click", () => { act(button); this.say(); this.draw(); }));
    const choose = (name, act) => this.root.querySelectorAll(`select[data-choice=${name}]`).forEach((select) =>
      select.addEventListener("change", () => { act(select.value); this.say(); this.draw(); }));
    on("[data-axis]", (button) => {
      this.scale = button.dataset.axis;
      this.view.y = this.whole().y;
    });
    choose("along", (value) => {
      [this.over, this.along] = value.split(" ");
      this.view.x = this.whole().x;
    });
    choose("smooth", (value) => { this.weight = Number(value); });
    choose("quantity", (value) => this.take(value));
    on("[data-layout]", (button) => { this.apart = button.dataset.layout === "apart"; });
    on("[data-cell]", (button) => {
      const cell = Number(button.dataset.cell);
      if (!this.hidden.delete(cell)) this.hidden.add(cell);
      this.view.y = this.whole().y;
    });
    on("[data-zoom]", (button) => this.zoom(button.dataset.zoom));
  }

  /** Leave out the cells that the page's filter leaves out, and put those of one group into one panel. */
  filter(leftOut, groupOf) {
    this.filtered = new Set(this.base.cells.flatMap((cell, place) => leftOut.has(cell.id) ? [place] : []));
    const groups = groupOf ? [...new Set(this.base.cells.map((cell) => groupOf(cell.id)))] : [];
    this.grouped = groups.length > 1 ? groups.map((title) => ({
      title, cells: this.base.cells.flatMap((cell, place) => groupOf(cell.id) === title ? [place] : []),
    })) : null;
    this.root.querySelectorAll("[data-cell]").forEach((button) => { button.hidden = this.filtered.has(Number(button.dataset.cell)); });
    this.reset();
  }

  zoom(how) {
    if (how === "reset" || how === "all") { this.view = how === "all" ? this.everything() : this.whole(); return; }
    const factor = how === "in" ? 0.5 : 2, whole = this.whole();
    const x = this.cursor ? ALONG[this.along].bend(this.epochOf(this.cursor.place, this.cursor.cell)) : (this.view.x[0] + this.view.x[1]) / 2;
    const around = ([low, high], centre, [least, most]) =>
      [Math.max(least, centre - (centre - low) * factor), Math.min(most, centre + (high - centre) * factor)];
    this.view.x = around(this.view.x, x, whole.x);
  }

  panels() {
    const panels = this.apart ? this.data.cells.map((cell, place) => ({ title: cell.name, cells: [place] })) : this.grouped || this.data.panels;
    const shown = panels.filter((panel) => panel.cells.some((place) => !this.off(place)));
    return shown.length ? shown : panels.slice(0, 1);
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
    const epoch = panel.epoch(px);
    let best = null;
    for (const cell of panel.cells) {
      const place = this.placeAt(epoch, cell);
      this.curves(cell).y.forEach((losses, seed) => {
        const loss = losses[place];
        if (loss === null || loss === undefined) return;
        const distance = Math.abs(panel.y(loss) - py);
        if (!best || distance < best.distance) best = { cell, seed, place, distance };
      });
    }
    return best;
  }

  /** Every run with a loss at the place, in order of loss: what the arrow keys walk through. */
  ranked(place) {
    const found = [];
    this.data.cells.forEach((one, cell) => { if (!this.off(cell)) one.y.forEach((losses, seed) => {
      const loss = losses[place];
      if (loss !== null && loss !== undefined) found.push({ cell, seed, place, loss });
    }); });
    return found.sort((a, b) => a.loss - b.loss);
  }

  nameOf({ cell, seed }) {
    const one = this.data.cells[cell], name = one.seeds[seed];
    return `${one.name}, ${typeof name === "number" ? `seed ${name}` : name}`;
  }

  idOf({ cell, seed }) { return `${this.data.cells[cell].id}/${this.data.cells[cell].seeds[seed]}`; }

  words({ cell, seed, place }) {
    const one = this.data.cells[cell], where = (at) => `${this.counted} ${this.told(this.epochOf(at, cell))}`;
    const lines = [this.nameOf({ cell, seed }), `${where(place)}: ${short(one.y[seed][place])} ${this.data.unit}`.trim()];
    if (this.weight) lines.push(`smoothed ${short(this.curves(cell).y[seed][place])}`);
    if (one.median[place] !== null && one.median[place] !== undefined) lines.push(`median ${short(one.median[place])}`);
    const end = one.ends.find((ended) => ended.seed === one.seeds[seed]);
    if (end) lines.push(`diverged after ${where(end.place)}: ${end.cause}`);
    return lines;
  }

  /** Keep a run marked on the whole page, or let it go. */
  pin(run) { Runs.pin(this.idOf(run)); }

  point(cursor, panel, spoken) {
    this.cursor = cursor;
    this.at = panel;
    if (spoken && cursor) this.said.textContent = this.words(cursor).join(", ");
    const id = cursor ? this.idOf(cursor) : null;
    if (Runs.hovered === id) this.mark(); else Runs.hover(id);
  }

  /** Mark the pinned runs, the one under the pointer here, and the one that is pointed at in another chart. */
  mark() {
    const pins = Runs.pins.map((id) => this.runs.get(id)).filter((run) => run && !this.off(run.cell));
    const elsewhere = Runs.hovered && !this.cursor ? this.runs.get(Runs.hovered) : null;
    const { cursor } = this, shown = cursor && !this.off(cursor.cell) ? cursor : null;
    this.tip.hidden = true;
    for (const panel of this.drawn) {
      const own = (run) => run && panel.cells.includes(run.cell) ? run : null;
      const place = panel.mark(own(shown) || own(elsewhere), pins.filter(own));
      if (own(shown) && place) this.show(panel, place);
    }
  }

  /** The words on the run under the pointer, beside it. */
  show(panel, [x, y]) {
    this.tip.replaceChildren(...this.words(this.cursor).map((line) => {
      const row = document.createElement("div");
      row.textContent = line;
      return row;
    }));
    beside(this.root, this.tip, panel.svg, x, y);
  }

  key(event, panel) {
    const zooms = { "+": "in", "=": "in", "-": "out", 0: "reset", Escape: "reset" };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in zooms) {
      this.zoom(zooms[event.key]);
      const place = this.drawn.indexOf(panel);
      this.draw();
      if (this.drawn[place]) this.drawn[place].svg.focus();
    } else if (event.key === "Enter" && this.cursor) {
      this.pin(this.cursor);
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
