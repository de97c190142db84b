// Charts of statistics: what is under the pointer is told, runs are pinned, and the page's filter is obeyed.
const HEAD = 6, ROW = 46, FOOT = 40;
const REACH = 44;

/** Axes that bend: straight, logarithmic, or logarithmic on both sides of zero from `near` on. */
const bendOf = (kind, near) => ({
  linear: (x) => x,
  log: (x) => (x > 0 ? Math.log10(x) : NaN),
  both: (x) => (Math.abs(x) <= near ? 0.6 * x / near : Math.sign(x) * (0.6 + Math.log10(Math.abs(x) / near))),
})[kind];

/** Ticks of an axis of one kind between two values. */
const ticksOf = (kind, near, low, high, count) => {
  if (kind === "linear") return linearTicks(low, high, count);
  if (kind === "log") return logTicks(low, high);
  const sizes = [], far = Math.max(Math.abs(low), Math.abs(high));
  for (let size = near; size <= far; size *= 10) sizes.push(size);
  return [...sizes.map((size) => -size), 0, ...sizes].filter((tick) => tick >= low && tick <= high);
};

/** How wide a text is in the charts' type. */
const measured = (text, bold) => {
  measured.pen ??= document.createElement("canvas").getContext("2d");
  measured.pen.font = `${bold ? "600 " : ""}12px system-ui, sans-serif`;
  return measured.pen.measureText(text).width;
};

/** A bold text in lines of at most this width: broken at spaces, long words behind “=”, “.”, “_” and such. */
const inLines = (text, room) => {
  const lines = [""], fits = (line) => measured(line, true) <= room;
  const together = text.replace(/ ([=≥≤<>]) (?=[\d−-])/g, "\u00a0$1\u00a0").replace(/(\d) of (?=\d)/g, "$1\u00a0of\u00a0"); // `k = 64`, `7 of 8`
  for (const word of together.split(" ")) for (const [place, part] of (fits(word) ? [word] : word.split(/(?<==)|(?<=[.(/_-])(?=\D)/)).entries()) {
    const joined = place || !lines.at(-1) ? lines.at(-1) + part : `${lines.at(-1)} ${part}`;
    if (fits(joined) || !lines.at(-1)) lines[lines.length - 1] = joined; else lines.push(part);
  }
  return lines.map((line) => {
    let cut = line;
    while (!fits(cut) && cut.length > 8) cut = `${cut.slice(0, -2)}…`;
    return cut;
  });
};

class Plot {
  constructor(root) {
    this.root = root;
    this.kind = root.dataset.plot;
    this.all = JSON.parse(document.getElementById(root.dataset.figure).textContent);
    this.data = this.all.choices ? this.all.choices[0] : this.all;
    this.stage = root.querySelector(".stage");
    this.tip = root.querySelector(".tip");
    this.said = root.querySelector(".said");
    this.leftOut = new Set();
    this.at = null;
    const choice = root.querySelector("select");
    if (choice) choice.addEventListener("change", () => { this.choose(Number(choice.value)); });
    new ResizeObserver(() => { if (this.width !== this.last) this.draw(); }).observe(this.stage);
    this.draw();
  }

  choose(place) {
    this.data = this.all.choices[place] || this.all.choices[0];
    this.at = null;
    this.draw();
  }

  get width() { return this.printed || Math.max(260, this.stage.clientWidth); }

  /** The rows or lines that the page's filter leaves, those of one group together. */
  get parts() {
    const parts = (this.data.rows || this.data.lines).filter((part) => !part.cells.some((cell) => this.leftOut.has(cell)));
    const { groupOf } = this;
    if (!groupOf || !parts.every((part) => part.cells.length === 1)) return parts;
    return [...new Set(parts.map((part) => groupOf(part.cells[0])))].flatMap((name) => parts.filter((part) => groupOf(part.cells[0]) === name));
  }

  filter(leftOut, groupOf) {
    this.leftOut = leftOut;
    this.groupOf = groupOf;
    this.at = null;
    this.draw();
    const own = (this.data.rows || this.data.lines).flatMap((part) => part.cells);
    const nothing = own.length > 0 && own.every((cell) => leftOut.has(cell));
    this.root.closest("figure").classList.toggle("emptied", nothing || (own.length > 0 && !this.parts.length));
  }

  draw() {
    if (!(this.printed || this.stage.clientWidth)) return;
    const held = this.stage.contains(document.activeElement);
    this.last = this.width;
    this.targets = [];
    const height = this.data.rows ? this.rowsHeight() : Math.round(Math.min(300, Math.max(230, this.width * 0.55)));
    this.stage.replaceChildren();
    this.svg = element("svg", {
      viewBox: `0 0 ${this.width} ${height}`, tabindex: 0, role: "application", "aria-roledescription": "chart",
      "aria-label": `${this.root.dataset.alt} Arrow keys read out what it shows${this.data.rows && this.kind === "forest" ? "" : ", Enter pins a run"}.`,
      "font-family": "system-ui, sans-serif", "font-size": 12,
    }, this.stage);
    this.height = height;
    if (this.data.rows) this.drawRows(); else this.drawLines();
    this.overlay = element("g", { "pointer-events": "none" }, this.svg);
    this.listen();
    this.mark();
    if (held) this.svg.focus();
  }

  /** Something that is told when it is pointed at; `run` is its name if it is one. */
  target(x, y, words, run) { this.targets.push({ x, y, words, run }); }

  listen() {
    const nearest = (event) => {
      const box = this.svg.getBoundingClientRect(), zoom = this.width / box.width;
      const [px, py] = [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
      let best = null, least = REACH;
      this.targets.forEach((target, place) => {
        const distance = Math.hypot(target.x - px, target.y - py) + (target.run ? 0 : 6);
        if (distance < least) [best, least] = [place, distance];
      });
      return best;
    };
    this.svg.addEventListener("pointermove", (event) => this.point(nearest(event)));
    this.svg.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") this.point(null); });
    this.svg.addEventListener("pointerup", (event) => {
      const place = nearest(event), again = place !== null && place === this.at;
      const run = place === null ? null : this.targets[place].run;
      if (run && (event.pointerType !== "touch" || again)) Runs.pin(run);
      this.point(place);
    });
    this.svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.targets.length) return;
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      if (event.key in steps) {
        const place = this.at === null ? 0 : Math.max(0, Math.min(this.targets.length - 1, this.at + steps[event.key]));
        this.point(place);
        this.said.textContent = this.targets[place].words.join(", ");
      } else if (event.key === "Enter" && this.at !== null && this.targets[this.at].run) Runs.pin(this.targets[this.at].run);
      else if (event.key === "Escape") this.point(null);
      else return;
      event.preventDefault();
    });
    this.svg.addEventListener("blur", () => this.point(null));
  }

  point(place) {
    this.at = place;
    const run = place === null ? null : this.targets[place].run;
    if (Runs.hovered === (run || null)) this.mark(); else Runs.hover(run || null);
  }

  /** Rings around pinned runs and the one that is pointed at here or elsewhere; words beside the one here. */
  mark() {
    if (!this.overlay) return;
    this.overlay.replaceChildren();
    for (const { x, y, run } of this.targets) {
      if (!run || !(Runs.pinned(run) || run === Runs.hovered)) continue;
      element("circle", { cx: x, cy: y, r: 6.5, fill: "none", stroke: "var(--ink)", "stroke-width": Runs.pinned(run) ? 2 : 1.2 }, this.overlay);
    }
    this.tip.hidden = true;
    const one = this.at === null ? null : this.targets[this.at];
    if (!one) return;
    if (!one.run) element("circle", { cx: one.x, cy: one.y, r: 6.5, fill: "none", stroke: "var(--ink)", "stroke-width": 1.2 }, this.overlay);
    this.tip.replaceChildren(...one.words.map((line) => {
      const row = document.createElement("div");
      row.textContent = line;
      return row;
    }));
    const zoom = this.svg.clientWidth / this.width;
    beside(this.root, this.tip, this.svg, one.x * zoom, one.y * zoom);
  }

  text(x, y, anchor, text, more) {
    element("text", { x, y, "text-anchor": anchor, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 3, "paint-order": "stroke", ...more }, this.svg, text);
  }

  /** The horizontal axis: ticks, numbers, and what it counts. */
  across(x, ticks, bottom, label, left, right) {
    element("line", { x1: left, x2: right, y1: bottom, y2: bottom, stroke: "var(--quiet)" }, this.svg);
    let last = -Infinity;
    for (const tick of ticks) {
      const at = x(tick), words = short(Number(tick.toPrecision(6)));
      if (at - last < 12 + 7 * words.length) continue;
      last = at;
      element("line", { x1: at, x2: at, y1: bottom, y2: bottom + 4, stroke: "var(--quiet)" }, this.svg);
      const half = measured(words) / 2; // the last number stays inside the drawing
      this.text(Math.min(at, this.width - 1 - half), bottom + 17, "middle", words, { fill: "var(--quiet)" });
    }
    this.text((left + right) / 2, bottom + 34, "middle", label, { "font-size": Math.min(12, 1.8 * (right - left) / label.length) });
  }
}
