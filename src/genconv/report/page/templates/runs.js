// A run has one name on the whole page, CELL/SEED: what is pinned or pointed at in one chart is marked in all of them.
const Runs = {
  cells: new Map(),
  pins: [],
  hovered: null,
  views: [],

  /** Read who is on the page; pins of runs that are there no more are let go. */
  read() {
    const of = (name) => JSON.parse(document.getElementById(name)?.textContent || "[]");
    this.cells = new Map([...of("cells-data"), ...of("training-cells")].map((cell) => [cell.id, cell]));
    this.pins = this.pins.filter((id) => this.of(id));
    this.list = document.querySelector(".pins");
    this.said = document.querySelector(".pins + .said");
    document.querySelectorAll("[data-run]").forEach((button) => {
      button.onclick = () => this.pin(button.dataset.run);
    });
    this.chips();
  },

  /** The cell of a run and its place among the seeds; null for a run that is not on the page. */
  of(id) {
    const at = id.indexOf("/"), cell = this.cells.get(id.slice(0, at));
    const place = cell ? cell.seeds.findIndex((seed) => String(seed) === id.slice(at + 1)) : -1;
    return place < 0 ? null : { cell, place };
  },

  /** The settings of a cell that others of its model have otherwise, in full. */
  settings(id) {
    const cell = this.cells.get(id);
    return cell && cell.name !== cell.model ? Object.entries(cell.settings).map(([key, value]) => `${key}=${value}`).join(", ") : "";
  },

  /** Pointing at a name, of a legend or a row, shows its settings. */
  titles() {
    const show = (one, id) => { const words = this.settings(id); if (words) one.title = words; };
    document.querySelectorAll("li[data-cells], tr[data-cells] > :first-child").forEach((one) =>
      show(one, one.closest("[data-cells]").dataset.cells.split(" ")[0]));
    Charts.all.forEach((chart) => chart.root.querySelectorAll(".legend [data-cell]").forEach((one) =>
      show(one, chart.data.cells[one.dataset.cell]?.id)));
  },

  name(id) {
    const { cell, place } = this.of(id), seed = cell.seeds[place];
    const several = new Set([...this.cells.values()].map((one) => one.dataset)).size > 1;
    return `${cell.name}${several ? ` on ${cell.dataset}` : ""}, ${typeof seed === "number" ? `seed ${seed}` : seed}`;
  },

  end(id) {
    const { cell, place } = this.of(id), last = cell.ends[place];
    return last === null ? "diverged or without a number" : `ends at ${short(last)}`;
  },

  pinned(id) { return this.pins.includes(id); },

  /** Keep a run marked in every chart and table, or let it go. */
  pin(id) {
    if (!this.of(id)) return;
    const known = this.pinned(id);
    this.pins = known ? this.pins.filter((one) => one !== id) : [...this.pins, id];
    this.chips();
    this.mark();
    if (this.said) this.said.textContent = `${this.name(id)} ${known ? "let go" : "pinned"}`;
  },

  hover(id) {
    if (this.hovered === id) return;
    this.hovered = id;
    this.mark();
  },

  mark() { this.views.forEach((view) => view.mark()); },

  chips() {
    document.querySelectorAll("[data-run]").forEach((button) => {
      const pinned = this.pinned(button.dataset.run);
      button.setAttribute("aria-pressed", String(pinned));
      button.closest("tr").classList.toggle("pinned", pinned);
    });
    if (!this.list) return;
    const chip = (text, label, act, colour) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.setAttribute("aria-label", label);
      if (colour) button.style.borderColor = colour;
      button.addEventListener("click", act);
      return button;
    };
    const chips = this.pins.map((id) =>
      chip(`${this.name(id)}: ${this.end(id)} ✕`, `Unpin ${this.name(id)}`, () => this.pin(id), this.of(id).cell.colour));
    if (chips.length > 1) chips.push(chip("all ✕", "Unpin all runs", () => { this.pins = []; this.chips(); this.mark(); }));
    this.list.replaceChildren(...chips);
  },
};
