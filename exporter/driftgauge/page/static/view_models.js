// All models: how each is, what is worst, and what to do now.

import { h } from "./dom.js";
import { ago, count, day, NONE, number, percent, reason, score, seconds } from "./format.js";
import { alerts, figure, figures, SEVERITY, status } from "./parts.js";
import { toFeature, toModel } from "./route.js";
import { MODES } from "./words.js";

export function modelsView({ models, now, rates }) {
  const sorted = [...models].sort((a, b) => SEVERITY[b.status] - SEVERITY[a.status]);
  return [
    h("div", { class: "title", key: "title" }, h("h1", {}, "Models"), h("p", { class: "note" }, summary(models))),
    h("div", { key: "alerts" }, alerts(raised(sorted))),
    !models.length && h("p", { class: "empty", key: "empty" }, "No model has been observed yet. Observations go to the ingest listener: ", h("code", {}, "POST /v1/models/NAME/observations"), "."),
    h("div", { class: "cards", key: "cards" }, sorted.map((model) => card(model, now, rates))),
  ];
}

const raised = (models) => models.flatMap((of) => of.alerts.filter((alert) => alert.severity === "critical").map((alert) => ({ ...alert, of })));

function summary(models) {
  const named = ["alert", "warn", "ok", "undecided"].map((name) => [name, models.filter((model) => model.status === name).length]);
  const parts = named.filter(([, many]) => many).map(([name, many]) => `${many} ${name}`);
  return `${models.length} ${models.length === 1 ? "model" : "models"}${parts.length ? `: ${parts.join(", ")}` : ""}`;
}

function card(model, now, rates) {
  const key = JSON.stringify([model.name, model.version]);
  return h("article", { class: "card", key, "aria-label": `${model.name} version ${model.version}` },
    h("header", {}, h("h2", {}, h("a", { href: toModel(model.name, model.version) }, model.name)), h("span", { class: "note" }, `version ${model.version}`), status(model.status)),
    traffic(model, now, rates),
    model.worst_columns.length ? worst(model) : h("p", { class: "note worst" }, waiting(model)),
    h("p", { class: "note foot" }, referenceLine(model, now)));
}

export function traffic(model, now, rates) {
  const per = rates.get(JSON.stringify([model.name, model.version]))?.rate ?? null;
  const latency = model.latency_seconds;
  const failed = model.requests ? model.failed_requests / model.requests : null;
  return figures(
    figure("Requests", count(model.requests), per === null ? "in all" : `in all, ${number(Number(per.toPrecision(2)))}/s now`),
    figure("Errors", percent(failed), `${count(model.failed_requests)} of the requests`, failed >= 0.01 ? "warm" : ""),
    figure("Latency, p95", latency ? seconds(latency["0.95"]) : NONE, latency ? `median ${seconds(latency["0.5"])}, last ${latency.window}` : "none told"),
    figure("Last row", ago(model.last_observation, now), "data freshness", model.last_observation !== null && now - model.last_observation > 900 ? "warm" : ""));
}

function worst(model) {
  return h("div", { class: "worst" }, h("h3", {}, "Furthest from the reference"),
    h("ol", {}, model.worst_columns.map((column) => h("li", { key: `${column.role} ${column.feature}` },
      h("a", { href: toFeature(model.name, model.version, column.role, column.feature) }, column.feature),
      h("span", { class: "value" }, score(column.debiased)),
      status(column.status),
      h("span", { class: "note" }, column.undecided ? reason(column.undecided) : column.chance ?? NONE, `, ${count(column.samples)} rows in the last ${column.window}`)))));
}

export function waiting(model) {
  if (model.learning) return `Learning its reference: ${count(model.learning.rows)} of ${count(model.learning.wanted_rows)} rows (${percent(model.learning.rows / model.learning.wanted_rows, 0)}).`;
  if (model.state === "no_reference") return "The configured profile cannot be read, so nothing is compared.";
  return "Not compared yet: too little has been observed.";
}

export function referenceLine(model, now) {
  const { reference } = model;
  if (!reference) return "No reference yet.";
  const age = reference.created ? `, made ${ago(reference.created, now)} (${day(reference.created)})` : "";
  const from = MODES[reference.mode] || reference.mode;
  const name = !reference.name || reference.name === reference.mode ? from : `${reference.name} (${from})`;
  return `Reference: ${name}, ${count(reference.rows)} rows${age}.`;
}
