// Small drawings as descriptions for `dom.render`. Colours are classes; every drawing says in words what it shows.

import { h } from "./dom.js";
import { clock, count, day, number, percent, score, seconds } from "./format.js";

const BULLET = { width: 72, height: 12 };
const r = (value) => Math.round(value * 10) / 10;
const most = (...lists) => Math.max(...lists.flat().filter((value) => Number.isFinite(value)), 0);

// The end of an axis: the next number of which half is a short one, too.
function round(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step >= value / unit - 1e-9);
}

function drawing(width, height, label, ...children) {
  return h("svg", { class: "chart", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...children);
}

const line = (x1, y1, x2, y2, kind) => h("line", { x1: r(x1), y1: r(y1), x2: r(x2), y2: r(y2), class: kind });
const label = (x, y, anchor, text, kind) => h("text", { x: r(x), y: r(y), "text-anchor": anchor, class: kind }, text);

// Bars as one path and the outline of others as another: two nodes, however many bins.
function bars(values, x, y, step, gap) {
  return values.map((value, n) => (value > 0 ? `M${r(x(n) + gap)} ${r(y(0))}V${r(y(value))}h${r(step - 2 * gap)}V${r(y(0))}z` : "")).join("");
}

function outline(values, x, y, step) {
  return `M${r(x(0))} ${r(y(0))}` + values.map((value, n) => `V${r(y(value))}H${r(x(n) + step)}`).join("") + `V${r(y(0))}`;
}

/** The picture of a feature in a table: the reference's outline over the bars of now; missing values last, apart. Without one, its place. */
export function spark(picture) {
  const width = 116, height = 30;
  if (!picture) return h("svg", { class: "spark", width, height, "aria-hidden": "true" });
  const { reference, current } = picture;
  const top = Math.max(most(reference, current), 0.01);
  const inner = reference.length - 1, step = (width - 12) / inner;
  const x = (n) => n * step;
  const y = (value) => height - 1 - (value / top) * (height - 3);
  const last = width - 7;
  return h("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    h("path", { class: "now", d: bars(current.slice(0, inner), x, y, step, step > 3 ? 0.5 : 0) }),
    h("path", { class: "now", d: bars([current[inner]], () => last, y, 6, 0.5) }),
    h("path", { class: "ref", d: outline(reference.slice(0, inner), x, y, step) }),
    h("path", { class: "ref", d: outline([reference[inner]], () => last, y, 6) }),
    line(0, height - 0.5, width, height - 0.5, "axis"));
}

/** The place of a `bullet`. */
export const noBullet = () => h("svg", { class: "bullet", width: BULLET.width, height: BULLET.height, "aria-hidden": "true" });

/** A score on its way to its thresholds, which are ticks. */
export function bullet(value, warn, alert, status) {
  const { width, height } = BULLET, full = Math.max(0.3, (alert || 0.2) * 1.5, value || 0);
  const x = (at) => (Math.min(at, full) / full) * width;
  return h("svg", { class: "bullet", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    h("rect", { class: "track", x: 0, y: 4, width, height: 4, rx: 2 }),
    value > 0 && h("rect", { class: `fill ${status}`, x: 0, y: 4, width: r(Math.max(x(value), 2)), height: 4, rx: 2 }),
    warn > 0 && line(x(warn), 1, x(warn), 11, "tick"),
    alert > 0 && line(x(alert), 1, x(alert), 11, "tick strong"));
}

/** The name of bin `n` in the feature's units. */
export function binName(histogram, n) {
  if (histogram.categories) return histogram.categories[n];
  const { edges } = histogram;
  if (!edges.length) return "all values";
  if (n === 0) return `≤ ${number(edges[0])}`;
  if (n === edges.length) return `> ${number(edges[n - 1])}`;
  return `${number(edges[n - 1])} to ${number(edges[n])}`;
}

/** Shares of both sides with what stands beside the bins: other categories and missing values. */
export function sides(histogram) {
  const rest = (side) => [...("other" in side ? [side.other] : []), side.missing];
  const shares = (side) => {
    const all = [...side.counts, ...rest(side)];
    const sum = all.reduce((a, b) => a + b, 0) || 1;
    return all.map((value) => value / sum);
  };
  const names = histogram.reference.counts.map((_, n) => binName(histogram, n));
  if ("other" in histogram.reference) names.push("other categories");
  names.push("missing");
  return { reference: shares(histogram.reference), current: shares(histogram.current), names, bins: histogram.reference.counts.length };
}

/** A distribution against the reference, and below it which share of the drift each bin carries. */
export function distribution(histogram, carried, width) {
  const { reference, current, names, bins } = sides(histogram);
  const left = 44, right = 8, base = 190, top = 10, under = 66, gap = 14, height = base + under + 20;
  const step = (width - left - right - gap) / names.length;
  const x = (n) => left + n * step + (n >= bins ? gap : 0);
  const high = round(Math.max(most(reference, current), 0.01));
  const y = (value) => base - (value / high) * (base - top);
  const mostCarried = Math.max(most(carried), 0.01);
  const down = (value) => base + 26 + (value / mostCarried) * (under - 26);
  const ticks = [0, 0.5, 1].map((part) => part * high);
  return drawing(width, height, `Distribution now against the reference in ${names.length} bins; the table below has the figures.`,
    ticks.map((value) => [line(left, y(value), width - right, y(value), value ? "grid" : "axis"), label(left - 6, y(value) + 4, "end", percent(value, 0), "tickname")]),
    h("path", { class: "now", d: bars(current, x, y, step, Math.min(1, step / 8)) }),
    h("path", { class: "ref", d: outline(reference.slice(0, bins), x, y, step) }),
    reference.slice(bins).map((value, n) => h("path", { class: "ref", d: outline([value], () => x(bins + n), y, step) })),
    binLabels(histogram, names, bins, x, step, base + 16),
    h("path", { class: "carried", d: carriedBars(carried, x, down, step, base + 26) }),
    line(left, base + 26, width - right, base + 26, "axis"),
    label(left, height - 4, "start", "share of the drift that each bin carries", "tickname"),
    hits(names, reference, current, carried, x, step, height));
}

function carriedBars(values, x, down, step, from) {
  return values.map((value, n) => (value > 0 ? `M${r(x(n) + 1)} ${r(from)}V${r(down(value))}h${r(Math.max(step - 2, 1))}V${r(from)}z` : "")).join("");
}

// Whoever points at a bin is told its figures.
function hits(names, reference, current, carried, x, step, height) {
  return names.map((name, n) => h("rect", { key: `hit${n}`, class: "hit", x: r(x(n)), y: 0, width: r(step), height },
    h("title", {}, `${name}: now ${percent(current[n])}, reference ${percent(reference[n])}` +
      (carried[n] ? `, carries ${percent(carried[n])} of the drift` : ""))));
}

function binLabels(histogram, names, bins, x, step, y) {
  const found = [];
  if (histogram.categories) {
    const room = Math.max(Math.floor(step / 6.6), 0);
    names.slice(0, bins).forEach((name, n) => {
      if (room >= 3) found.push(label(x(n) + step / 2, y, "middle", name.length > room ? `${name.slice(0, room - 1)}…` : name, "tickname"));
    });
  } else {
    const every = Math.max(1, Math.ceil(50 / step));
    histogram.edges.forEach((edge, n) => {
      if (n % every === 0 && n < histogram.edges.length) found.push(label(x(n + 1), y, "middle", number(edge), "tickname"));
    });
  }
  names.slice(bins).forEach((name, n) => {
    if (step > 12 || name === "missing") found.push(label(x(bins + n) + step / 2, y, step > 44 ? "middle" : "end", step > 44 || name !== "missing" ? name.split(" ")[0] : "", "tickname"));
  });
  return found.map((item, n) => ({ ...item, key: `l${n}` }));
}

/** Scores slot by slot, with what noise alone would give, and the threshold. */
export function history(data, alert, width) {
  const { times, debiased } = data, floor = data.noise_floor;
  const left = 44, right = 12, top = 10, base = 140, height = 168;
  const from = times[0], to = times.at(-1) > from ? times.at(-1) : from + 1;
  const high = round(Math.max(most(debiased, floor), (alert || 0.2) * 1.2));
  const x = (time) => left + ((time - from) / (to - from)) * (width - left - right);
  const y = (value) => base - (Math.max(value, 0) / high) * (base - top);
  const long = to - from > 2 * 86400;
  const named = [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * (times.length - 1))))];
  const lineOf = (values) => values.map((value, n) => (value === null ? null : `${r(x(times[n]))} ${r(y(value))}`)).filter(Boolean).join("L");
  return drawing(width, height, `Distance from the reference over time, ${times.length} points; highest ${score(most(debiased))}.`,
    [0, 0.5, 1].map((part) => [line(left, y(part * high), width - right, y(part * high), part ? "grid" : "axis"), label(left - 6, y(part * high) + 4, "end", score(part * high), "tickname")]),
    alert > 0 && [line(left, y(alert), width - right, y(alert), "limit"), label(left + 4, y(alert) - 4, "start", `alert ${score(alert)}`, "limitname")],
    lineOf(floor) && h("path", { class: "floor", d: `M${lineOf(floor)}` }),
    lineOf(debiased) && h("path", { class: "curve", d: `M${lineOf(debiased)}` }),
    times.map((time, n) => debiased[n] !== null && h("circle", { key: `p${n}`, class: "point", cx: r(x(time)), cy: r(y(debiased[n])), r: times.length > 80 ? 1.2 : 2.4 },
      h("title", {}, `${day(time)} ${clock(time)} UTC: distance ${score(debiased[n])}, ${count(data.samples[n])} rows`))),
    named.map((n) => label(x(times[n]), base + 18, n === 0 ? "start" : n === times.length - 1 ? "end" : "middle", long ? day(times[n]) : clock(times[n]), "tickname")));
}

/** How often a stated confidence came true; on the diagonal it is honest. Areas are numbers of labels. */
export function reliability(bins, width) {
  const size = Math.min(width, 260), left = 40, base = size - 28, top = 8, right = size - 10;
  const x = (value) => left + value * (right - left), y = (value) => base - value * (base - top);
  const full = Math.max(most(bins.counts), 1);
  return drawing(size, size, "Reliability diagram: stated confidence against the share that was right; the table has the figures.",
    [0, 0.5, 1].map((value) => [line(left, y(value), right, y(value), value ? "grid" : "axis"), label(left - 6, y(value) + 4, "end", percent(value, 0), "tickname"), label(x(value), base + 15, "middle", percent(value, 0), "tickname")]),
    line(x(0), y(0), x(1), y(1), "ref dashed"),
    bins.counts.map((samples, n) => samples > 0 && [
      line(x(bins.confidence[n]), y(bins.confidence[n]), x(bins.confidence[n]), y(bins.accuracy[n]), "gap"),
      h("circle", { class: "dot", cx: r(x(bins.confidence[n])), cy: r(y(bins.accuracy[n])), r: r(2.5 + 6 * Math.sqrt(samples / full)) },
        h("title", {}, `stated ${percent(bins.confidence[n])}, right ${percent(bins.accuracy[n])}, ${count(samples)} labels`))]));
}

/** Figures with bands of 95 %, one a row, and the reference's as a line. */
export function bands(rows, usual, width, format) {
  const known = usual !== null && usual !== undefined;
  const left = 44, right = 64, step = 26, height = rows.length * step + (known ? 26 : 4), inner = width - left - right;
  const low = Math.min(...rows.map((row) => row.low), usual ?? Infinity), high = Math.max(...rows.map((row) => row.high), usual ?? -Infinity);
  const pad = (high - low || Math.abs(high) || 1) * 0.08;
  const x = (value) => left + ((value - low + pad) / (high - low + 2 * pad)) * inner;
  return drawing(width, height, rows.map((row) => `${row.name}: ${format(row.value)}, between ${format(row.low)} and ${format(row.high)}`).join("; "),
    known && [line(x(usual), 2, x(usual), height - 18, "ref dashed"), label(Math.min(x(usual), width - right), height - 4, "middle", `reference ${format(usual)}`, "tickname")],
    rows.map((row, n) => [
      label(0, n * step + 17, "start", row.name, "tickname"),
      line(x(row.low), n * step + 13, x(row.high), n * step + 13, "band"),
      h("circle", { class: "dot", cx: r(x(row.value)), cy: n * step + 13, r: 4 }),
      label(width, n * step + 17, "end", format(row.value), "value")]));
}

/** Counts in buckets, such as durations: only where there are any. */
export function buckets(data, width, format = seconds) {
  const first = data.counts.findIndex((value) => value > 0), last = data.counts.findLastIndex((value) => value > 0);
  const from = Math.max(first - 1, 0), to = Math.min(last + 1, data.counts.length - 1);
  const values = data.counts.slice(from, to + 1), total = values.reduce((a, b) => a + b, 0) || 1;
  const base = 92, top = 6, height = 114, step = width / values.length, high = most(values);
  const x = (n) => n * step, y = (value) => base - (value / high) * (base - top);
  const nameOf = (n) => (from + n < data.bounds.length ? `up to ${format(data.bounds[from + n])}` : `over ${format(data.bounds.at(-1))}`);
  const every = Math.max(1, Math.ceil(58 / step));
  return drawing(width, height, `Distribution: most ${nameOf(values.indexOf(high))}, all up to ${format(data.bounds[Math.min(last, data.bounds.length - 1)])}.`,
    h("path", { class: "now", d: bars(values, x, y, step, Math.min(1, step / 8)) }),
    line(0, base, width, base, "axis"),
    values.map((_, n) => n % every === 0 && from + n < data.bounds.length && n < values.length - 1 && label(x(n + 1), base + 16, "middle", format(data.bounds[from + n]), "tickname")),
    values.map((value, n) => h("rect", { key: `h${n}`, class: "hit", x: r(x(n)), y: 0, width: r(step), height }, h("title", {}, `${nameOf(n)}: ${count(value)} (${percent(value / total)})`))));
}

/** Rows by hour of day, with the reference's shape over them. */
export function hours(current, reference, width) {
  const base = 84, top = 6, height = 106, step = width / 24;
  const share = (values) => values.map((value) => value / (values.reduce((a, b) => a + b, 0) || 1));
  const now = share(current), usual = reference && share(reference), high = most(now, usual || []) || 1;
  const x = (n) => n * step, y = (value) => base - (value / high) * (base - top);
  return drawing(width, height, "Rows by hour of day, UTC",
    h("path", { class: "now", d: bars(now, x, y, step, 1) }),
    usual && h("path", { class: "ref", d: outline(usual, x, y, step) }),
    line(0, base, width, base, "axis"),
    [0, 6, 12, 18].map((hour) => label(x(hour), base + 16, hour ? "middle" : "start", `${String(hour).padStart(2, "0")}:00`, "tickname")),
    current.map((rows, n) => h("rect", { key: `h${n}`, class: "hit", x: r(x(n)), y: 0, width: r(step), height }, h("title", {}, `${n}:00 to ${n + 1}:00 UTC: ${count(rows)} rows`))));
}
