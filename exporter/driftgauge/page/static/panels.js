// The panels of a model beside drift: each is there only when something is known.

import { bands, buckets, reliability } from "./charts.js";
import { h } from "./dom.js";
import { count, moment, NONE, number, percent, score, seconds, span, words } from "./format.js";
import { facts, panel, status, table } from "./parts.js";
import { toFeature } from "./route.js";
import { anomalies, embeddings, levels, tokens } from "./signals.js";
import { LEFT_OUT, MODES } from "./words.js";

const NUM = "num";

export function panels(model, width) {
  const wide = width > 760 ? Math.floor((width - 76) / 2) : width - 8;
  return [latency(model, wide), accuracy(model, wide), estimate(model, wide), calibration(model, wide), confidence(model), labels(model), language(model, wide),
    classes(model), segments(model), embeddings(model), tokens(model), anomalies(model), levels(model), quality(model), reference(model)].filter(Boolean);
}

function latency(model, width) {
  const windows = (model.evaluation?.windows || []).filter((one) => one.latency_seconds["0.5"] !== null);
  if (!windows.length && !model.latency_histogram) return null;
  const limits = model.latency_thresholds;
  return panel("latency", "Latency", limits.alert_seconds ? `p95 warns at ${seconds(limits.warn_seconds)}, alerts at ${seconds(limits.alert_seconds)}` : "of requests",
    model.latency_histogram && buckets(model.latency_histogram, width),
    windows.length > 0 && quantiles(windows));
}

function quantiles(windows) {
  const levels = Object.keys(windows[0].latency_seconds);
  return table("Quantiles of the latency by window", [["Window"], ...levels.map((level) => [level === "0.5" ? "Median" : `p${Number((100 * level).toFixed(1))}`, NUM])],
    windows.map((one) => ({ key: one.name, cells: [one.name, ...levels.map((level) => seconds(one.latency_seconds[level]))] })));
}

const labelled = (model) => Object.entries(model.labels?.windows || {}).filter(([, one]) => one.samples > 0);

function accuracy(model, width) {
  const found = labelled(model);
  if (!found.length) return null;
  const classifies = model.labels.classes !== null;
  const main = classifies ? "accuracy" : "mean_absolute_error";
  const format = classifies ? percent : number;
  const rows = found.filter(([, one]) => one[main] !== null).map(([name, one]) => {
    const half = 1.96 * (one[`${main}_stderr`] || 0);
    const most = classifies ? 1 : Infinity;
    return { name, value: one[main], low: Math.max(one[main] - half, 0), high: Math.min(one[main] + half, most) };
  });
  if (!rows.length) return null;
  const usual = model.labels.reference?.[main];
  const extra = classifies ? [["Macro F1", "macro_f1", score], ["Worse", "drop_chance", (words) => words ?? NONE]]
    : [["RMSE", "root_mean_squared_error", number], ["Bias", "mean_error", number], ["R²", "r2", score], ["Worse", "rise_chance", (words) => words ?? NONE]];
  const shown = extra.filter(([, name]) => found.some(([, one]) => one[name] !== undefined && one[name] !== null));
  return panel("accuracy", classifies ? "Realised accuracy" : "Realised error", `${classifies ? "share of labelled predictions that were right" : "mean absolute error"}; bands of 95\u202f%`,
    bands(rows, usual, width, format),
    table("Realised quality by window", [["Window"], ["Labels", NUM], ...shown.map(([name, field]) => [name, field.endsWith("_chance") ? "" : NUM])],
      found.map(([name, one]) => ({ key: name, cells: [name, count(one.samples), ...shown.map(([, field, form]) => form(one[field]))] }))));
}

// What the windows' quality is expected to be, from how the model did on like rows of its profile.
function estimate(model, width) {
  const found = model.evaluation?.performance;
  const windows = Object.entries(found?.windows || {}).filter(([, one]) => one.value !== null);
  if (!windows.length) return null;
  const classifies = found.task === "classification";
  const rows = windows.map(([name, one]) => {
    const half = 1.96 * (one.stderr || 0);
    return { name, value: one.value, low: Math.max(one.value - half, 0), high: classifies ? Math.min(one.value + half, 1) : one.value + half };
  });
  return panel("estimate", classifies ? "Estimated accuracy" : "Estimated error", "without labels, from like rows of the reference; bands of 95\u202f%",
    bands(rows, found.reference, width, classifies ? percent : number),
    table("Estimates by window", [["Window"], ["Rows", NUM], ["Worse"], ["Holds"]],
      windows.map(([name, one]) => ({ key: name, cells: [name, count(one.samples), one.chance ?? NONE, one.valid ? "✓ yes" : "? no: rows few or unlike the reference's"] }))));
}

function calibration(model, width) {
  const found = labelled(model).filter(([, one]) => one.calibration_samples > 0);
  if (!found.length) return null;
  const [name, one] = found.reduce((a, b) => (b[1].calibration_samples > a[1].calibration_samples ? b : a));
  const bins = one.reliability;
  const filled = bins.counts.map((_, n) => n).filter((n) => bins.counts[n] > 0);
  return panel("calibration", "Calibration", `last ${name}, ${count(one.calibration_samples)} labels; on the dashed line a stated confidence is an honest one`,
    h("div", { class: "beside" }, reliability(bins, width),
      facts([["Calibration error", percent(one.calibration_error)], ["by chance alone", percent(one.calibration_error_floor)],
        ["Confidence beyond accuracy", `${one.calibration_gap > 0 ? "+" : ""}${percent(one.calibration_gap)}`], ["Brier score", score(one.brier_score)]])),
    h("details", {}, h("summary", {}, "The figures"), table("Reliability", [["Stated", NUM], ["Right", NUM], ["Labels", NUM]],
      filled.map((n) => ({ key: n, cells: [percent(bins.confidence[n]), percent(bins.accuracy[n]), count(bins.counts[n])] })))));
}

function confidence(model) {
  const found = model.evaluation?.confidence;
  if (!found) return null;
  const names = { top1: "Largest class probability", top5: "Sum of the five largest", entropy: "Entropy (0 sure, 1 clueless)" };
  return panel("confidence", "Confidence", `means, last ${model.evaluation.status_window}`,
    table("Confidence", [["Of the prediction"], ["Now", NUM], ["Reference", NUM], ["Change", NUM]],
      Object.entries(found).map(([name, one]) => ({ key: name, cells: [names[name] || name, percent(one.mean), percent(one.reference), change(one.mean, one.reference)] }))));
}

function change(now, usual) {
  if (now === null || usual === null) return NONE;
  const step = now - usual;
  return `${step > 0.005 ? "↗ +" : step < -0.005 ? "↘ −" : "→ "}${percent(Math.abs(step))}`;
}

function labels(model) {
  const found = model.labels;
  if (!found) return null;
  const windows = Object.entries(found.windows).filter(([, one]) => one.coverage !== null && one.coverage !== undefined);
  const reasons = (counts) => Object.entries(counts).filter(([, many]) => many).map(([why, many]) => `${count(many)} ${words(why)}`).join(", ") || "none";
  return panel("labels", "Labels", "the truth about predictions, as it arrives",
    facts([["Labels received", count(found.received)], ["matched with their prediction", count(found.matched)], ["waiting for it", count(found.waiting)],
      ["given up", reasons(found.unmatched)], ["Predictions without a label yet", count(found.predictions.waiting)], ["gone without one", reasons(found.predictions.forgotten)]]),
    windows.length > 0 && table("Coverage", [["Predictions of the last"], ["Labelled", NUM]], windows.map(([name, one]) => ({ key: name, cells: [name, percent(one.coverage)] }))));
}

function language(model, width) {
  const found = model.generations;
  if (!found) return null;
  const answers = Object.values(found.kinds).reduce((a, b) => a + b, 0) || 1;
  const rows = (counts, total) => Object.entries(counts).filter(([, many]) => many).sort((a, b) => b[1] - a[1]).map(([name, many]) => ({ key: name, cells: [words(name), count(many), percent(many / total)] }));
  const ends = rows(found.finish_reasons, Object.values(found.finish_reasons).reduce((a, b) => a + b, 0) || 1);
  const mean = (data) => data.sum / data.counts.reduce((a, b) => a + b, 0);
  return panel("language", "Language model", "since the start; no text is kept",
    facts([["Prompt tokens", count(found.tokens.prompt ?? 0)], ["Completion tokens", count(found.tokens.completion ?? 0)],
      found.first_token_seconds && ["Time to the first token, mean", seconds(mean(found.first_token_seconds))],
      found.output_token_seconds && ["Time per output token, mean", seconds(mean(found.output_token_seconds))]]),
    found.first_token_seconds && [h("h3", { key: "h" }, "Time to the first token"), { ...buckets(found.first_token_seconds, width), key: "first" }],
    Object.values(found.kinds).some((many) => many) && table("Answers by kind", [["Answer"], ["Count", NUM], ["Share", NUM]], rows(found.kinds, answers)),
    ends.length > 0 && table("Why answers ended", [["Ended by"], ["Count", NUM], ["Share", NUM]], ends, "names"));
}

function classes(model) {
  const found = (model.evaluation?.classes || []).filter((one) => one.classes.length);
  if (!found.length) return null;
  return panel("classes", "Predicted classes", `last ${model.evaluation.status_window}`, found.map((one) => ({ ...table(`Classes of ${one.feature}`, rated(one) ? [[one.feature], ["Share", NUM], ["Against reference", NUM], ["By chance"]] : [[one.feature], ["Share", NUM]],
    one.classes.map((name, n) => one.ratios[n] !== 0 && ({ key: name, cells: [name, percent(one.ratios[n]), ...(rated(one) ? [one.rate_ratios[n] === null ? NONE : `× ${number(one.rate_ratios[n])}`, one.rate_ratio_chances[n] ?? NONE] : [])] })).filter(Boolean), "names"), key: one.feature })));
}

const rated = (one) => one.rate_ratios.some((ratio) => ratio !== null);

function segments(model) {
  const found = model.evaluation?.segments;
  if (!found?.length) return null; // none are configured
  const rows = found.flatMap((one) => one.columns.map((column) => ({ ...column, segment: one.segment, against: one.against })))
    .filter((row) => row.debiased !== null).sort((a, b) => b.debiased - a.debiased).slice(0, 20);
  return panel("segments", "Segments", "parts of the traffic, the furthest away first",
    rows.length ? table("Segments", [["Segment"], ["Column"], ["Status"], ["Distance", NUM], ["By chance"], ["Rows", "num wide"]],
      rows.map((row) => ({ key: JSON.stringify([row.segment, row.role, row.feature]), cells: [row.segment, h("a", { href: toFeature(model.name, model.version, row.role, row.feature) }, row.feature), status(row.status), score(row.debiased), row.chance ?? NONE, count(row.samples)] })), "names")
      : h("p", { class: "note" }, "Nothing to compare yet."));
}

function quality(model) {
  const columns = (model.evaluation?.columns || []).map((column) => ({ ...column, worst: Math.max(column.facts.missing_ratio || 0, column.facts.out_of_range_ratio || 0, column.facts.unseen_ratio || 0) }))
    .filter((column) => column.worst > 0.0005).sort((a, b) => b.worst - a.worst).slice(0, 10);
  const broken = [...model.violations].sort((a, b) => b.count - a.count).slice(0, 10);
  const failures = Object.entries(model.failures), late = Object.entries(model.late);
  if (!columns.length && !broken.length && !failures.length && !late.length) return model.evaluation && panel("quality", "Data quality", null, h("p", { class: "note" }, "✓ Nothing missing, out of range or new, and no row breaks the schema."));
  return panel("quality", "Data quality", model.evaluation ? `shares of values, last ${model.evaluation.status_window}` : null,
    columns.length > 0 && table("Missing, out of range, new", [["Feature"], ["Missing", NUM], ["Out of range", NUM], ["New", NUM]],
      columns.map((column) => ({ key: `${column.role} ${column.feature}`, cells: [h("a", { href: toFeature(model.name, model.version, column.role, column.feature) }, column.feature), percent(column.facts.missing_ratio), percent(column.facts.out_of_range_ratio), percent(column.facts.unseen_ratio)] })), "names"),
    broken.length > 0 && table("Schema violations", [["Column"], ["Breaks the schema by"], ["Values", NUM]],
      broken.map((one) => ({ key: JSON.stringify([one.feature, one.reason]), cells: [one.feature, words(one.reason), count(one.count)] })), "names"),
    (failures.length > 0 || late.length > 0) && facts([...failures.map(([why, many]) => [`Failed: ${words(why)}`, count(many)]), ...late.map(([why, many]) => [LEFT_OUT[why] || `Left out: ${words(why)}`, count(many)])]));
}

function reference(model) {
  const found = model.reference;
  if (!found) return null;
  return panel("reference", "Reference", "what production is compared with",
    facts([found.name && found.name !== found.mode && ["Name", found.name], ["From", MODES[found.mode] || found.mode], ["Rows", count(found.rows)], ["Made", moment(found.created)],
      found.time_range && ["Covers", `${moment(found.time_range[0])} to ${moment(found.time_range[1])}, ${span(found.time_range[1] - found.time_range[0])}`],
      found.model && ["Model", [found.model, found.version].filter(Boolean).join(" version ")], ["Digest", h("code", {}, found.digest.slice(0, 16))],
      model.previous_reference && ["Before it", `${model.previous_reference.name || model.previous_reference.digest.slice(0, 12)}, ${count(model.previous_reference.rows)} rows`]]),
    found.notes.length > 0 && h("ul", {}, found.notes.map((note) => h("li", { key: note }, note))));
}

