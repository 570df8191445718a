// One feature: its distribution against the reference, how far it was when, and which bins carry the drift.

import { binName, distribution, history, hours, sides } from "./charts.js";
import { h } from "./dom.js";
import { count, NONE, number, percent, reason, score } from "./format.js";
import { choice, facts, legend, panel, status, table } from "./parts.js";
import { toFeature, toModel } from "./route.js";
import { NAMELESS } from "./words.js";

const MEASURES = {
  psi: ["Population stability index", number],
  kl_bits: ["Kullback-Leibler divergence", (value) => (value === null ? NONE : `${number(value)} bits`)],
  ks: ["Kolmogorov-Smirnov distance", number],
  wasserstein_sigma: ["Wasserstein distance", (value) => (value === null ? NONE : `${number(value)} σ of the reference`)],
  chi2: ["Chi-square", number],
  mean_shift_sigma: ["Shift of the mean", (value) => (value === null ? NONE : `${value > 0 ? "+" : ""}${number(value)} σ of the reference`)],
};
const FACTS = {
  mean: ["Mean", number],
  stddev_ratio: ["Spread against the reference", (value) => (value === null ? NONE : `× ${number(value)}`)],
  missing_ratio: ["Missing", percent],
  out_of_range_ratio: ["Outside the reference's range", percent],
  unseen_ratio: ["Categories that are new", percent],
};

export function featureView({ at, detail, width, models }) {
  const model = models.find((one) => one.name === at.model && one.version === at.version);
  const chosen = detail.windows[detail.window];
  const wide = Math.max(width, 260);
  return [
    h("nav", { class: "crumbs", key: "crumbs", "aria-label": "Where this is" }, h("a", { href: "#/" }, "Models"), " / ", h("a", { href: toModel(at.model, at.version) }, at.model), ` version ${at.version}`),
    h("div", { class: "title", key: "title" }, h("h1", {}, detail.feature), h("span", { class: "note" }, `${detail.role}, ${detail.kind}`), status(detail.status), detail.undecided && h("span", { class: "note" }, reason(detail.undecided))),
    h("div", { class: "said", key: "said" }, h("div", {}, said(detail, chosen), stays(detail.stuck)), choice("Window", detail.time_windows, detail.window, (name) => toFeature(at.model, at.version, at.role, at.feature, name))),
    panel("distribution", "Distribution", `last ${detail.window}, ${count(chosen.samples)} rows, against ${count(model?.reference?.rows ?? null)} of the reference`, legend(),
      distribution(detail.histogram, carriedBy(detail), wide), h("details", {}, h("summary", {}, "Bins that carry the drift, with figures"), bins(detail))),
    panel("history", "Distance from the reference over time", `last ${detail.window}; the pale line is what chance alone would give`, detail.history.times.length > 1 ? history(detail.history, chosen.alert, wide) : h("p", { class: "note" }, "Not enough history yet.")),
    h("div", { class: "grid", key: "grid" },
      panel("windows", "Windows", null, windows(detail)),
      panel("hours", "Hours of the day", detail.hours.reference ? "UTC; outline: the reference" : "UTC; the reference does not know its hours", hours(detail.hours.current, detail.hours.reference, Math.min(wide, 520)))),
      panel("values", "Values", `last ${detail.status_window}`, facts(pairs(FACTS, detail.facts)), facts(pairs(MEASURES, detail.measures))),
  ];
}

const pairs = (names, values) => Object.entries(names).filter(([name]) => name in values && values[name] !== null).map(([name, [title, format]]) => [title, format(values[name])]);

function said(detail, one) {
  if (one.debiased === null) return h("p", {}, `Nothing to compare in the last ${detail.window}.`);
  const deciding = Object.entries(detail.windows).filter(([, other]) => other.judges && other.status === detail.status).map(([name]) => name);
  const text = ["warn", "alert"].includes(detail.status) && one.status !== detail.status && deciding.length ? `The status rests on the last ${deciding.join(", ")}.` : one.status === "undecided" ? "It is not judged in this window." : one.judges ? "" : "This window is for display; others decide.";
  if (detail.nameless) return h("p", {}, NAMELESS);
  return h("p", {}, "Distance ", h("strong", {}, score(one.debiased)), ` from the reference, after the noise floor of ${score(one.noise_floor)} is taken away; ${one.chance ?? "chance not known"}. `, text);
}

// Why a status may stand that no window has.
const stays = (stuck) => stuck?.words && h("p", {}, h("strong", {}, "One value stays: "), `${stuck.words}.`);

// What each bin carries, in the order of `sides`.
const carriedBy = ({ carried }) => [...carried.bins, ...("other" in carried ? [carried.other] : []), carried.missing].map((share) => share || 0);

// The bins in the order of what they carry.
function bins(detail) {
  const { reference, current, names, bins: inner } = sides(detail.histogram);
  const carried = carriedBy(detail);
  const order = names.map((_, n) => n).sort((a, b) => carried[b] - carried[a]);
  const unit = detail.histogram.categories ? "Category" : "Values";
  const unseen = detail.histogram.current.unseen;
  return [
    table("Bins, those that carry most of the drift first", [[unit], ["Now", "num"], ["Reference", "num"], ["Change", "num"], ["Carries", "num"]],
      order.map((n) => ({ key: n, cells: [n < inner ? binName(detail.histogram, n) : names[n], percent(current[n]), percent(reference[n]), change(current[n] - reference[n]), percent(carried[n])] })), "names"),
    unseen > 0 && h("p", { class: "note", key: "rest" }, `${count(unseen)} values are categories that the reference did not have.`),
  ];
}

const change = (value) => `${value > 0.0005 ? "↗ +" : value < -0.0005 ? "↘ −" : "→ "}${percent(Math.abs(value))}`;

function windows(detail) {
  return table("Scores by window", [["Window"], ["Status"], ["Distance", "num"], ["Noise floor", "num wide"], ["By chance"], ["Rows", "num"]],
    Object.entries(detail.windows).map(([name, one]) => ({ key: name, kind: one.judges ? "judges" : "", cells: [name, status(one.status), score(one.debiased), score(one.noise_floor), one.chance ?? NONE, count(one.samples)] })));
}

