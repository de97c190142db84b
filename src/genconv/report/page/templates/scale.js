// What charts have in common: elements, ticks, smoothing, and the ends of an axis.
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

// Axes are straight, logarithmic, or logarithmic above a floor: the entropy, or the best loss where none is known.
const short = (value) => {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1).replace("e+", "e").replace("-", "−");
  return String(Number(value.toPrecision(6))).replace("-", "−");
};

/** Put a box with words beside a place of a drawing, within its holder. */
const beside = (holder, tip, svg, x, y) => {
  tip.hidden = false;
  const box = holder.getBoundingClientRect(), drawing = svg.getBoundingClientRect();
  const left = drawing.left - box.left + x, width = tip.offsetWidth;
  tip.style.left = `${Math.max(0, left + 14 + width > box.width ? left - 14 - width : left + 14)}px`;
  tip.style.top = `${drawing.top - box.top + Math.max(0, y - tip.offsetHeight - 6)}px`;
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

/** Along the epochs or steps; a logarithmic axis counts from 1, for the first epoch is 0. */
const BEFORE = 0.3; // the width of an epoch before the first one, such as that of a loss before any training
const ALONG = {
  linear: { bend: (x) => x, back: (x) => x },
  log: { bend: (x) => x < 0 ? BEFORE * x : Math.log10(1 + x), back: (x) => x < 0 ? x / BEFORE : 10 ** x - 1 },
};
const alongTicks = (kind, [low, high], count, whole) => {
  if (kind === "linear") return linearTicks(low, high, count).filter((n) => n >= 0 && (!whole || n % 1 === 0));
  const [first, last] = [low, high].map(ALONG.log.back), ticks = first <= 0 ? [0] : [];
  for (let power = 0; 10 ** power <= last; power++)
    for (const factor of high - low < 2.5 ? [1, 2, 5] : [1]) if (factor * 10 ** power >= first && factor * 10 ** power <= last) ticks.push(factor * 10 ** power);
  return ticks.length > 1 ? ticks : linearTicks(Math.max(0, first), last, count);
};

const bendLoss = (kind, floor, loss) => {
  if (kind === "linear") return loss;
  const above = kind === "log" ? loss : loss - floor;
  return above > 0 ? Math.log10(above) : NaN;
};

/** Ticks of a loss axis as [where, label]. */
const lossTicks = (kind, [low, high], count) => {
  if (kind === "linear") return linearTicks(low, high, count).map((tick) => [tick, short(tick)]);
  return logTicks(10 ** low, 10 ** high).map((tick) => [Math.log10(tick), short(tick)]);
};

/** Exponential moving average, as good at the start as later (bias taken out), over the losses that there are. */
const smoothed = (losses, weight) => {
  if (!weight) return losses;
  let sum = 0, count = 0;
  return losses.map((loss) => {
    if (loss === null) return null;
    sum = weight * sum + (1 - weight) * loss;
    count += 1;
    return sum / (1 - weight ** count);
  });
};

const quantile = (sorted, share) => {
  const at = share * (sorted.length - 1), below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
};

const SETTLED = 0.02, FEW = 10, DWARFS = 20, MOST = 4000;

/** Low and high of a cell's runs that did not diverge; null where it has no number. Of `falling` curves the first
    epochs have no say in the high end; of fewer than ten each has. */
const rangeOf = (cell, bend, falling) => {
  const lost = new Set(cell.ends.map((end) => end.seed));
  const alive = cell.y.filter((losses, place) => !lost.has(cell.seeds[place])), rows = alive.length ? alive : cell.y;
  const values = (from) => rows.flatMap((losses) => {
    const start = Math.min(Math.ceil(from * losses.length), losses.length - 1), every = Math.ceil(losses.length * rows.length / MOST / 4);
    return losses.filter((loss, place) => loss !== null && place >= start && (place % every === 0 || place >= losses.length - 2)).map(bend);
  }).filter(Number.isFinite).sort((a, b) => a - b);
  const all = values(0), settled = falling ? values(SETTLED) : all;
  if (!all.length) return null;
  if (falling && Math.max(...cell.y.map((losses) => losses.length)) < FEW) return [all[0], all[all.length - 1]];
  return falling ? [quantile(all, 0.002), quantile(settled.length ? settled : all, 0.95)] : [quantile(all, 0.001), quantile(all, 0.999)];
};

/** The ends of the loss axis for some cells. A cell that dwarfs the others has no say; the floor has one if it is near. */
const limitsOf = (cells, bend, straight, floor, falling) => {
  const ranges = cells.map((cell) => rangeOf(cell, bend, straight && falling)).filter((range) => range);
  if (!ranges.length) return straight && floor !== null ? [floor - 0.5, floor + 0.5] : [0, 1];
  let low = Math.min(...ranges.map((range) => range[0])), high = Math.max(...ranges.map((range) => range[1]));
  if (straight && falling) {
    const nearest = Math.min(...ranges.map((range) => range[1])), reach = DWARFS * Math.max(nearest - low, Math.abs(nearest), 1e-9);
    const kept = ranges.filter((range) => range[1] - low <= reach);
    high = Math.max(nearest, ...kept.map((range) => range[1]));
    low = Math.min(...kept.map((range) => range[0]));
    if (floor !== null && low - floor <= Math.max(high - low, 1e-6)) low = Math.min(low, floor);
  }
  const span = Math.max(high - low, 1e-3 * Math.abs(high), 1e-6);
  return [low - (straight ? 0.1 : 0.05) * span, high + 0.06 * span];
};

