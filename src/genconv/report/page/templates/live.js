// A page that is served: it asks every second for what is in training, and for a later page when there is one.
const Live = {
  pause: 500,
  version: null,
  failures: 0,
  worked: 0, // milliseconds that the last question cost: computing there and here, not waiting for a busy machine

  /** An address of this server with the token that this page was opened with. */
  at(path, more = []) {
    const query = new URLSearchParams(location.search);
    more.forEach(([key, value]) => query.append(key, value));
    return `${path}?${query}`;
  },

  get charts() { return Charts.all.filter((chart) => chart.root.closest("#training")); },

  async ask(more = []) {
    const show = [...new Set(this.charts.map((chart) => chart.quantity))].filter((name) => name !== FIRST);
    const headers = this.version ? { "If-None-Match": this.version } : {};
    const answer = await fetch(this.at("training", [...show.map((name) => ["show", name]), ...more]), { headers, cache: "no-store" });
    this.worked = Number(answer.headers.get("Server-Timing")?.match(/dur=([\d.]+)/)?.[1] || 0);
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(answer.statusText);
    this.version = answer.headers.get("ETag");
    const found = await answer.json(), began = performance.now();
    if (found.page === document.querySelector("main").dataset.page) this.grow(found);
    else await this.renew();
    this.worked += performance.now() - began;
  },

  async renew() {
    const answer = await fetch(this.at(""), { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    Page.refresh(await answer.text());
    this.version = null;
  },

  /** Put what is new into the page as it stands. */
  grow({ said, rows, charts, runs, behind }) {
    const section = document.getElementById("training"), body = section.querySelector("tbody");
    this.say(said);
    section.querySelector(".scroll").hidden = !rows.length;
    body.replaceChildren(...rows.map((row) => this.row(row)));
    const note = section.querySelector(".behind");
    section.querySelectorAll(".behind, .again").forEach((one) => { one.hidden = !behind; });
    note.textContent = behind ? `${behind} finished run${behind === 1 ? " is" : "s are"} not worked in below yet.` : "";
    runs.forEach((cell) => Runs.cells.set(cell.id, cell));
    charts.forEach(({ figure, data, more }) => {
      this.charts.filter((chart) => chart.root.dataset.figure === figure).forEach((chart) => chart.grow(data, more));
    });
    Runs.chips();
  },

  row([cell, runs, epoch, share, diverged, left, state]) {
    const row = document.createElement("tr"), made = (name, text, attributes = {}) => {
      const one = Object.assign(document.createElement(name), { textContent: text, ...attributes });
      row.append(one);
      return one;
    };
    const number = { className: "number" };
    made("th", cell, { scope: "row" });
    made("td", runs, number);
    made("td", epoch, number);
    const done = made("td", "");
    if (share !== null) done.append(Object.assign(document.createElement("progress"), { value: share, ariaLabel: `Done of ${cell}` }));
    made("td", diverged, number);
    made("td", left, number);
    made("td", state);
    return row;
  },

  say(text, lost = false) {
    const line = document.querySelector(".following"), words = line && line.querySelector("[role=status]");
    if (!words) return;
    line.classList.toggle("lost", lost);
    if (words.textContent !== text) words.textContent = text;
  },

  /** Ask for ever, not while nobody looks. */
  async follow() {
    for (;;) {
      if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
      try {
        await this.ask();
        this.failures = 0;
      } catch (problem) {
        this.failures += 1;
        this.version = null;
        if (this.failures > 1) this.say("genconv watch does not answer any more: what is shown here may be old.", true);
      }
      await new Promise((go) => setTimeout(go, Math.max(this.pause * Math.min(this.failures + 1, 10), 5 * this.worked)));
    }
  },
};
document.addEventListener("click", (event) => {
  if (event.target.closest(".again")) Live.ask([["now", "1"]]).catch(() => {});
});
Live.follow();
