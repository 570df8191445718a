// Panels of what is watched beside single columns, each there only when something is known: embeddings, texts, anomalies, levels.

import { h } from "./dom.js";
import { clock, count, day, NONE, number, percent, score, seconds } from "./format.js";
import { panel, status, table } from "./parts.js";
import { PASTS } from "./words.js";

const NUM = "num", WIDE = "num wide";

// A table for each name of `found` with a row for every window of which `known` is known; rows of `more` follow.
function byWindow(found, known, what, columns, cells, more = () => []) {
  const rows = (name, windows) => [...Object.entries(windows).map(([window, one]) => [window, one, status(one.status)]), ...more(name)].filter(([, one]) => one[known] !== null)
    .map(([window, one, is]) => ({ key: window, cells: [window, is, ...cells(one)] }));
  const tables = Object.entries(found || {}).map(([name, windows]) => [name, rows(name, windows)]).filter(([, filled]) => filled.length > 0);
  return tables.map(([name, filled]) => [
    h("h3", { key: `h ${name}` }, name),
    { ...table(`${what} ${name} by window`, [["Window"], ["Status"], ["Distance", NUM], ["Noise floor", WIDE], ["By chance"], ...columns], filled), key: name },
  ]);
}

export function embeddings(model) {
  const changes = model.evaluation?.embedding_changes || {};
  const past = (name) => Object.entries(changes[name] || {}).map(([mode, one]) => [`${one.window}, ${PASTS[mode] || mode}`, one, NONE]);
  const tables = byWindow(model.evaluation?.embeddings, "mmd_relative", "Embedding", [["Rows", WIDE]],
    (one) => [score(one.mmd_relative), score(one.noise_floor), one.chance ?? NONE, count(one.samples)], past);
  return tables.length > 0 && panel("embeddings", "Embeddings", "distance of their mean from the reference's, or from the model's own past", tables);
}

// How far the words of texts are from the reference's; of each only how often its hash came is known.
export function tokens(model) {
  const tables = byWindow(model.evaluation?.tokens, "debiased", "Text", [["Shared", NUM], ["Texts", WIDE]],
    (one) => [score(one.debiased), score(one.noise_floor), one.chance ?? NONE, percent(one.overlap_ratio, 0), count(one.samples)]);
  return tables.length > 0 && panel("tokens", "Texts", "distance of their tokens from the reference's, and the share of its most frequent ones that are so now; no text is kept", tables);
}

const SCORERS = { "isolation-forest": "isolation forest", "one-class-svm": "one-class SVM", autoencoder: "autoencoder" };

// How many rows as a whole are further out than rows of the reference were.
export function anomalies(model) {
  const found = model.evaluation?.anomalies;
  const windows = Object.entries(found?.windows || {}).filter(([, one]) => one.ratio !== null);
  return windows.length > 0 && panel("anomalies", "Anomalies", `rows as far out as ${percent(found.reference_ratio)} of the reference's; ${SCORERS[found.kind] || found.kind} over ${count(found.columns.length)} columns`,
    table("Anomalies by window", [["Window"], ["Share", NUM], ["Against reference", NUM], ["By chance"], ["Rows scored", WIDE]],
      windows.map(([name, one]) => ({ key: name, cells: [name, percent(one.ratio), found.reference_ratio ? `× ${number(Number((one.ratio / found.reference_ratio).toPrecision(2)))}` : NONE, one.chance ?? NONE, count(one.samples)] }))));
}

const SERIES = { loss: "Loss", confidence: "Confidence", latency: "Latency", error_rate: "Failed requests" };
const DETECTORS = { adwin: "ADWIN", page_hinkley: "Page-Hinkley", kswin: "KSWIN" };
const level = (series, value) => (series === "latency" ? seconds(value) : series === "loss" ? number(value) : percent(value));

// What detectors found in the model's own series, newest first; nothing where none is watched.
export function levels(model) {
  const found = model.evaluation?.level_changes || [];
  const rows = [...found].sort((a, b) => (b.last_change?.since || 0) - (a.last_change?.since || 0));
  return rows.length > 0 && panel("levels", "Changes of level", "of the model as a whole, slot by slot; some come by chance",
    table("Changes of level", [["Series"], ["Detector"], ["Level", NUM], ["Before", NUM], ["Since"], ["Changes", NUM]],
      rows.map((one) => ({ key: `${one.series} ${one.detector}`, cells: [SERIES[one.series] || one.series, DETECTORS[one.detector] || one.detector,
        level(one.series, one.estimate ?? one.last_change?.after ?? null), one.last_change ? level(one.series, one.last_change.before) : NONE, since(one), count(one.changes.up + one.changes.down)] }))));
}

// A series learns its level again after a change; then that of the change says more than "warming up".
const since = (one) => (one.last_change ? h("span", { class: "trend" }, `${day(one.last_change.since)} ${clock(one.last_change.since)} UTC`) : one.state === "warming" ? "warming up" : "no change");
