// Which cells are shown, and how they are grouped: every chart and table of the page follows.
const Filter = {
  without: new Map(),
  by: "",

  /** What cells can be told apart by: model, dataset, protocol, and each setting in which they differ. */
  get facets() {
    const cells = [...Runs.cells.values()], settings = [...new Set(cells.flatMap((cell) => Object.keys(cell.settings)))];
    const named = [...["model", "dataset", "protocol"].map((key) => [key, (cell) => cell[key]]), ...settings.map((key) => [key, (cell) => cell.settings[key] ?? "not set"])];
    const of = ([key, value]) => ({ key, value, values: [...new Set(cells.map(value))].sort((a, b) => a.localeCompare(b, "en", { numeric: true })) });
    return named.map(of).filter((facet) => facet.values.length > 1);
  },

  get leftOut() {
    const { facets } = this, out = (cell) => facets.some(({ key, value }) => this.without.get(key)?.has(value(cell)));
    return new Set([...Runs.cells.values()].filter(out).map((cell) => cell.id));
  },

  /** The value by which a cell is grouped; null for no grouping. */
  get groupOf() {
    const facet = this.facets.find(({ key }) => key === this.by);
    return facet ? (id) => `${facet.key}: ${facet.value(Runs.cells.get(id))}` : null;
  },

  /** Make the controls anew. */
  build() {
    const holder = document.querySelector(".filter"), { facets } = this;
    if (!holder) return;
    holder.hidden = !facets.length;
    const made = (name, attributes, ...children) => {
      const one = Object.assign(document.createElement(name), attributes);
      one.append(...children);
      return one;
    };
    const sets = facets.map(({ key, values }) => made("fieldset", {}, made("legend", { textContent: key }), ...values.map((value) => {
      const box = made("input", { type: "checkbox", checked: !this.without.get(key)?.has(value) });
      box.addEventListener("change", () => this.choose(key, value, box.checked));
      return made("label", {}, box, ` ${value}`);
    })));
    const select = made("select", { ariaLabel: "Group by" }, ...["", ...facets.map(({ key }) => key)].map((key) =>
      made("option", { value: key, textContent: key ? `by ${key}` : "not grouped" })));
    select.value = this.by;
    select.addEventListener("change", () => { this.by = select.value; this.apply(); });
    const all = made("button", { type: "button", textContent: "Show all" });
    all.addEventListener("click", () => { this.without.clear(); this.build(); this.apply(); });
    holder.querySelector(".choices").replaceChildren(...sets, made("div", { className: "grouping" }, select, all));
  },

  choose(key, value, shown) {
    if (!this.without.has(key)) this.without.set(key, new Set());
    if (shown) this.without.get(key).delete(value); else this.without.get(key).add(value);
    this.apply();
  },

  apply() {
    const { leftOut, groupOf } = this, cells = [...Runs.cells.values()];
    const gone = (element) => element.dataset.cells.split(" ").some((cell) => leftOut.has(cell));
    document.querySelectorAll("[data-cells]").forEach((element) => { element.hidden = element.dataset.cells !== "" && gone(element); });
    document.querySelectorAll("[data-dataset]").forEach((element) => {
      element.hidden = cells.filter((cell) => cell.dataset === element.dataset.dataset).every((cell) => leftOut.has(cell.id));
    });
    Charts.all.forEach((chart) => chart.filter(leftOut, groupOf));
    Charts.plots.forEach((plot) => plot.filter(leftOut, groupOf));
    document.querySelectorAll("table").forEach((table) => this.arrange(table));
    const note = document.querySelector(".filtered"), left = cells.length - leftOut.size;
    note.hidden = !leftOut.size;
    note.textContent = leftOut.size ? `${left} of ${cells.length} cells are shown. Sentences, verdicts and p stay those of all: genconv report --model … works them out for some.` : "";
  },

  /** Put the rows of one group together, under its name; rows that are about two cells stay as they are. */
  arrange(table) {
    const body = table.tBodies[0], { groupOf } = this;
    if (!body) return;
    body.querySelectorAll("tr.group").forEach((row) => row.remove());
    const rows = [...body.rows];
    if (!groupOf || !rows.every((row) => row.dataset.cells && !row.dataset.cells.includes(" "))) return;
    const groups = new Map();
    for (const row of rows) groups.set(groupOf(row.dataset.cells), [...(groups.get(groupOf(row.dataset.cells)) || []), row]);
    body.append(...[...groups].flatMap(([name, members]) => {
      const head = document.createElement("tr"), cell = document.createElement("th");
      head.className = "group";
      head.hidden = members.every((row) => row.hidden);
      Object.assign(cell, { textContent: name, colSpan: members[0].cells.length, scope: "rowgroup" });
      head.append(cell);
      return [head, ...members];
    }));
  },
};

/** The bar of contents follows: it names the part that is being read, keeps that name in view, and fades where it goes on. */
const follow = () => {
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const heads = [...links.keys()].map((id) => document.getElementById(id)).filter((head) => head);
  const mark = () => {
    const shown = heads.filter((head) => head.offsetParent && head.getBoundingClientRect().top < innerHeight * 0.4);
    const id = (shown.at(-1) || heads[0])?.id;
    if (follow.id === id) return;
    follow.id = id;
    links.forEach((link, own) => link.toggleAttribute("aria-current", own === id));
    const link = links.get(id), list = link?.closest("ul");
    if (list) list.scrollTo({ left: link.offsetLeft - list.offsetLeft - 40 });
  };
  document.querySelectorAll("nav ul").forEach((bar) => {
    const fade = () => {
      bar.classList.toggle("before", bar.scrollLeft > 1);
      bar.classList.toggle("after", bar.scrollWidth - bar.clientWidth - bar.scrollLeft > 1);
    };
    bar.addEventListener("scroll", fade, { passive: true });
    new ResizeObserver(fade).observe(bar);
  });
  follow.id = null;
  removeEventListener("scroll", follow.mark);
  follow.mark = mark;
  addEventListener("scroll", mark, { passive: true });
  mark();
};

/** Say beside a table that it goes on to the right, until it has been moved. */
const cue = () => document.querySelectorAll(".scroll").forEach((box) => {
  const update = () => box.classList.toggle("more", box.scrollWidth > box.clientWidth + 4 && box.scrollLeft < 8);
  new ResizeObserver(update).observe(box);
  box.addEventListener("scroll", update, { passive: true });
});
