  class Chart {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(document.getElementById(root.dataset.figure).textContent);
      this.stage = root.querySelector(".panels");
      this.tip = root.querySelector(".tip");
      this.said = root.querySelector(".said");
      this.pinList = root.querySelector(".pins");
      this.scale = "linear";
      this.along = "linear";
      this.over = "places";
      this.weight = 0;
      this.apart = false;
      this.hidden = new Set();
      this.pins = [];
      this.cursor = null;
      this.floor = this.lowest();
      this.reset();
      this.controls();
      new ResizeObserver(() => this.draw()).observe(this.stage);
    }

    /** The entropy, else the lowest loss of all runs: what an axis may start from. */
    lowest() {
      const entropy = this.data.lines.find((line) => line.floor);
      if (entropy) return { value: entropy.value, name: "entropy", known: true };
      const least = this.data.cells.reduce((low, cell) => cell.y.reduce((a, y) => y.reduce((b, loss) => loss === null ? b : Math.min(b, loss), a), low), Infinity);
      return { value: least, name: "best", known: false };
    }

    /** The cells that are shown. */
    get shown() { return this.data.cells.filter((cell, place) => !this.hidden.has(place)); }

    bend(loss) { return bendLoss(this.scale, this.floor.value, loss); }

    /** A cell's curves as they are drawn: smoothed, where that was asked for. */
    curves(cell) {
      const one = this.data.cells[cell];
      if (!this.weight) return one;
      const key = `${cell} ${this.weight}`, smooth = (losses) => smoothed(losses, this.weight);
      this.kept = this.kept || {};
      return this.kept[key] = this.kept[key] || { ...one, y: one.y.map(smooth), median: smooth(one.median), low: smooth(one.low), high: smooth(one.high) };
    }

    /** Where a place of the curves lies: its epoch, or its step. */
    epochOf(place, cell) {
      if (this.over === "steps" && cell !== undefined) return this.data.cells[cell].steps[place];
      return this.data.at ? this.data.at[place] : place;
    }

    get counted() { return this.over === "steps" ? "step" : this.data.counted; }

    /** The place whose epoch is nearest. */
    placeAt(epoch, cell) {
      const last = this.data.epochs - 1;
      if (!this.data.at && this.over !== "steps") return Math.max(0, Math.min(last, Math.round(epoch)));
      const at = this.over === "steps" ? this.data.cells[cell].steps : this.data.at;
      let best = 0;
      at.forEach((one, place) => { if (one !== null && Math.abs(one - epoch) < Math.abs(at[best] - epoch)) best = place; });
      return best;
    }

    whole() {
      const ends = this.over === "steps" ? this.data.cells.flatMap((cell) => [cell.steps.find((step) => step !== null), cell.steps.at(-1)])
        : [this.epochOf(0), this.epochOf(this.data.epochs - 1)];
      const low = Math.min(...ends, this.over === "steps" || this.along === "log" ? Infinity : 0), high = Math.max(...ends);
      const [from, to] = [low, high].map(ALONG[this.along].bend), span = to - from;
      const entropy = this.floor.known && this.scale === "linear" ? this.floor.value : null;
      return {
        x: span ? [from - SLACK * span, to + SLACK * span] : [from - 0.5, from + 0.5],
        y: limitsOf(this.shown, (loss) => this.bend(loss), this.scale === "linear", entropy),
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
        button.addEventListener("click", () => { act(button); this.draw(); }));
      const press = (selector, chosen) => this.root.querySelectorAll(selector).forEach((button) =>
        button.setAttribute("aria-pressed", String(button === chosen)));
      on("[data-axis]", (button) => {
        press("[data-axis]", button);
        this.scale = button.dataset.axis;
        this.view.y = this.whole().y;
      });
      const choose = (name, act) => this.root.querySelectorAll(`select[data-choice=${name}]`).forEach((select) =>
        select.addEventListener("change", () => { act(select.value); this.draw(); }));
      choose("along", (value) => {
        [this.over, this.along] = value.split(" ");
        this.view.x = this.whole().x;
      });
      choose("smooth", (value) => { this.weight = Number(value); });
      on("[data-layout]", (button) => {
        press("[data-layout]", button);
        this.apart = button.dataset.layout === "apart";
      });
      on("[data-cell]", (button) => {
        const cell = Number(button.dataset.cell), shown = this.hidden.delete(cell);
        if (!shown) this.hidden.add(cell);
        button.setAttribute("aria-pressed", String(shown));
        this.view.y = this.whole().y;
      });
      on("[data-zoom]", (button) => this.zoom(button.dataset.zoom));
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
      this.data.cells.forEach((one, cell) => { if (!this.hidden.has(cell)) one.y.forEach((losses, seed) => {
        const loss = losses[place];
        if (loss !== null && loss !== undefined) found.push({ cell, seed, place, loss });
      }); });
      return found.sort((a, b) => a.loss - b.loss);
    }

    nameOf({ cell, seed }) {
      const one = this.data.cells[cell], name = one.seeds[seed];
      return `${one.name}, ${typeof name === "number" ? `seed ${name}` : name}`;
    }

    words({ cell, seed, place }) {
      const one = this.data.cells[cell], where = (at) => `${this.counted} ${short(this.epochOf(at, cell))}`;
      const lines = [this.nameOf({ cell, seed }), `${where(place)}: ${short(one.y[seed][place])} ${this.data.unit}`.trim()];
      if (this.weight) lines.push(`smoothed ${short(this.curves(cell).y[seed][place])}`);
      if (one.median[place] !== null && one.median[place] !== undefined) lines.push(`median ${short(one.median[place])}`);
      const end = one.ends.find((ended) => ended.seed === one.seeds[seed]);
      if (end) lines.push(`diverged after ${where(end.place)}: ${end.cause}`);
      return lines;
    }

    pinned({ cell, seed }) { return this.pins.findIndex((pin) => pin.cell === cell && pin.seed === seed); }

    /** Keep a run marked, or let it go; its chip below the chart does the same. */
    pin(run) {
      const known = this.pinned(run);
      if (known >= 0) this.pins.splice(known, 1); else this.pins.push({ cell: run.cell, seed: run.seed });
      this.pinList.replaceChildren(...this.pins.map((one) => {
        const chip = document.createElement("button"), { colour, y } = this.data.cells[one.cell];
        const last = y[one.seed].findLast((loss) => loss !== null && loss !== undefined);
        chip.type = "button";
        chip.style.borderColor = colour;
        chip.textContent = `${this.nameOf(one)}: ${last === undefined ? "no number" : `ends at ${short(last)}`} ✕`;
        chip.setAttribute("aria-label", `Unpin ${this.nameOf(one)}`);
        chip.addEventListener("click", () => { this.pin(one); this.mark(); });
        return chip;
      }));
      this.said.textContent = `${this.nameOf(run)} ${known >= 0 ? "let go" : "pinned"}`;
    }

    point(cursor, panel, spoken) {
      this.cursor = cursor;
      this.at = panel;
      this.mark();
      if (spoken && cursor) this.said.textContent = this.words(cursor).join(", ");
    }

    mark() {
      this.drawn.forEach((panel) => panel.mark(null, this.pins.filter((pin) => panel.cells.includes(pin.cell))));
      this.tip.hidden = true;
      const { cursor } = this;
      if (!cursor || this.hidden.has(cursor.cell)) return;
      const panel = this.drawn.find((one) => one.cells.includes(cursor.cell));
      if (!panel) return;
      const place = panel.mark(cursor, this.pins.filter((pin) => panel.cells.includes(pin.cell)));
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
      } else if (event.key === "Enter" && this.cursor) {
        this.pin(this.cursor);
        this.mark();
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
