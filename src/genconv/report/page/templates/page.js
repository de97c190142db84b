// Downloads, sorted tables, links into folded parts, and print.
const LIGHT = {
  "--ink": "#1b1b1b", "--quiet": "#5f5f5f", "--rule": "#d9d9d9", "--paper": "#ffffff", "--accent": "#0072b2",
  "--edge": "#8b8f94", "--alert": "#a63c00",
};
const save = (name, type, parts) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

const svgElement = (name, attributes, children) => {
  const made = document.createElementNS(NS, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...children);
  return made;
};

/** A drawing on its own: light colours, a size, white paper. */
const alone = (svg) => {
  const copy = svg.cloneNode(true), [, , width, height] = svg.getAttribute("viewBox").split(/\s+/).map(Number);
  ["style", "class", "tabindex", "role", "aria-roledescription"].forEach((name) => copy.removeAttribute(name));
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.prepend(svgElement("rect", { width, height, fill: "var(--paper)" }, []));
  return { copy, width, height };
};

const stacked = (drawings, legend) => {
  const parts = drawings.map(alone), width = Math.max(...parts.map((part) => part.width));
  let y = 0;
  for (const { copy, height } of parts) { copy.setAttribute("y", y); y += height; }
  const names = legend.map(({ name, colour, dash }) => {
    y += 18;
    return svgElement("g", { "font-family": "system-ui, sans-serif", "font-size": 12 }, [
      svgElement("path", { d: `M12 ${y - 4}h24`, stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash }, []),
      svgElement("text", { x: 44, y, fill: "var(--ink)" }, [name]),
    ]);
  });
  const height = y + (legend.length ? 10 : 0);
  const paper = svgElement("rect", { width, height, fill: "var(--paper)" }, []);
  return svgElement("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, [paper, ...parts.map((part) => part.copy), ...names]);
};

const picture = (image) => {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  return svgElement("svg", { viewBox: `0 0 ${width} ${height}`, width, height },
    [svgElement("image", { href: image.src, width, height }, [])]);
};

const drawing = (figure) => {
  const chart = Charts.all.find((one) => figure.contains(one.root));
  const image = figure.querySelector("img");
  if (image) return picture(image);
  const plot = Charts.plots.find((one) => figure.contains(one.root));
  if (plot) return stacked([plot.svg], plot.data.lines ? plot.parts.map((line) => ({ ...line, name: line.title })) : []);
  const shown = chart.data.cells.filter((cell, place) => !chart.off(place));
  return stacked(chart.drawn.map((panel) => panel.svg), shown);
};

const saveDrawing = (button) => {
  const svg = drawing(button.closest("figure"));
  let text = new XMLSerializer().serializeToString(svg);
  for (const name in LIGHT) text = text.replaceAll(`var(${name})`, LIGHT[name]);
  save(`${button.dataset.svg}.svg`, "image/svg+xml", ['<?xml version="1.0" encoding="UTF-8"?>\n', text]);
};

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const saveCurves = (button) => {
  const { data, quantity } = Charts.all.find((one) => button.closest("figure").contains(one.root));
  const rows = data.cells.flatMap((cell) => cell.y.flatMap((losses, seed) => losses.map((loss, place) =>
    loss === null && cell.sparse ? null
      : [quoted(data.dataset), quoted(cell.name), quoted(String(cell.seeds[seed])), data.at ? data.at[place] : place, loss === null ? "" : loss].join(","))))
    .filter((row) => row !== null);
  save(`${button.dataset.curves}.csv`, "text/csv", [[`dataset,cell,seed,${data.counted},${quoted(quantity.replace(".", "_"))}`, ...rows, ""].join("\n")]);
};

const saveTable = (button) =>
  save(`${button.dataset.csv}.csv`, "text/csv", [JSON.parse(document.getElementById(`csv-${button.dataset.csv}`).textContent)]);

/** What a cell sorts by: its first number, “× 10ⁿ” and all, else its text; cells without a number come last. */
const weight = (cell) => {
  const text = cell.textContent.trim(), found = text.replaceAll("−", "-").replaceAll(",", "").match(/^[<>≤]?\s*(-?(?:\d[\d.]*|∞)(?:e[-+]?\d+)?)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?/);
  if (!found) return text === "–" || text === "" ? null : text;
  const power = [...(found[2] || "⁰")].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹".includes(sign) ? "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(sign) : "-").join("");
  return Number(found[1].replace("∞", "Infinity")) * 10 ** Number(power);
};

/** Order the rows by a column, upwards and then downwards; the order of the file is the third. */
const sortBy = (button) => {
  const head = button.closest("th"), body = head.closest("table").tBodies[0], column = head.cellIndex;
  const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
  rows.forEach((row, place) => { row.dataset.place ??= place; });
  const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort") || "none"];
  head.parentNode.querySelectorAll("th").forEach((one) => one.removeAttribute("aria-sort"));
  if (next !== "none") head.setAttribute("aria-sort", next);
  const numeric = head.classList.contains("number"), of = (row) => numeric ? weight(row.cells[column]) : row.cells[column].textContent.trim();
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  const sign = next === "descending" ? -1 : 1;
  rows.sort((one, other) => {
    const before = one.dataset.place - other.dataset.place, [a, b] = [of(one), of(other)];
    if (next === "none" || a === b) return before;
    if (a === null || b === null) return a === null ? 1 : -1;
    return sign * compare(a, b) || before;
  });
  body.append(...rows);
  Filter.arrange(head.closest("table"));
};

const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  target.scrollIntoView();
};

const Charts = {
  all: [],
  plots: [],
  /** Every chart of the page, with what a reader had chosen in the charts of an earlier one, by the name of its data. */
  start(kept = {}) {
    this.all = [...document.querySelectorAll(".chart")].map((root) => new Chart(root, kept[root.dataset.figure]));
    this.plots = [...document.querySelectorAll(".plot")].map((root) => new Plot(root));
  },
  get state() { return Object.fromEntries(this.all.map((chart) => [chart.root.dataset.figure, chart.state])); },
};

const start = (kept) => {
  Runs.read();
  Charts.start(kept);
  Runs.views = [...Charts.all, ...Charts.plots];
  Filter.build();
  if (Filter.by || Filter.without.size) Filter.apply();
  follow();
  cue();
  Runs.titles();
  Runs.mark();
};

const folds = () => {
  const times = new Map();
  return [...document.querySelectorAll("details")].map((fold) => {
    const words = fold.id || fold.querySelector("summary").textContent.trim(), time = times.get(words) || 0;
    times.set(words, time + 1);
    return [`${words} ${time}`, fold];
  });
};

const Page = {
  /** Show the text of a later page of the same results: what a reader has chosen, pinned, opened and reached stays. */
  refresh(text) {
    const next = new DOMParser().parseFromString(text, "text/html"), kept = Charts.state;
    const open = new Map(folds().map(([name, fold]) => [name, fold.open])), [x, y] = [scrollX, scrollY];
    document.title = next.title;
    for (const name of ["header", "main"]) document.querySelector(name).replaceWith(document.adoptNode(next.querySelector(name)));
    folds().forEach(([name, fold]) => { fold.open = open.get(name) ?? fold.open; });
    start(kept);
    scrollTo(x, y);
  },
};

start();
document.documentElement.classList.add("live");
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.svg) saveDrawing(button);
  if (button.dataset.curves) saveCurves(button);
  if (button.dataset.csv) saveTable(button);
  if (button.classList.contains("sort")) sortBy(button);
});
addEventListener("hashchange", unfold);
const PAPER = 680, HALF = 330;
const redraw = (width) => {
  Charts.all.forEach((chart) => { chart.printed = width; chart.draw(); });
  Charts.plots.forEach((plot) => { plot.printed = width && HALF; plot.draw(); });
};
let unfolded = []; // paper cannot be unfolded: the whole answer is printed
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll(".answer details:not([open]), figcaption details:not([open])")];
  unfolded.forEach((one) => { one.open = true; });
  redraw(PAPER);
});
addEventListener("afterprint", () => {
  unfolded.forEach((one) => { one.open = false; });
  redraw(0);
});
unfold();
