// One model: how it is, which columns have moved and how sure that is, and a panel for whatever else is known of it.

import { bullet, noBullet, spark } from "./charts.js";
import { h, memo } from "./dom.js";
import { count, NONE, reason, score, trend } from "./format.js";
import { isNear, watching } from "./near.js";
import { panels } from "./panels.js";
import { alerts, choice, legend, line, panel, SEVERITY, status, table } from "./parts.js";
import { apiModel, toFeature, toModel } from "./route.js";
import { referenceLine, traffic, waiting } from "./view_models.js";

const COLUMNS = [["Feature"], ["Status"], ["Distribution", "wide"], ["Distance", "num"], ["Trend"], ["Noise floor", "num wide"], ["By chance", "wide"], ["Rows", "num wide"]];
const MANY = 12;
/** Rows that are shown unless all are asked for. */
const MOST = 100;
/** Rows that one update of the document makes again; where there are more, the others follow in the next frames. */
export const STEP = 500;
/** Rows that have their pictures at once, before it is known which are in view. */
const FIRST = 24;

export function modelView(context) {
  const { at, detail, models, now, rates, width } = context;
  const fresh = models.find((model) => model.name === at.model && model.version === at.version) || detail;
  const evaluation = detail.evaluation;
  const window = evaluation && (evaluation.windows.some((one) => one.name === at.window) ? at.window : evaluation.status_window);
  return [
    h("nav", { class: "crumbs", key: "crumbs", "aria-label": "Where this is" }, h("a", { href: "#/" }, "Models")),
    h("div", { class: "title", key: "title" }, h("h1", {}, detail.name), h("span", { class: "note" }, `version ${detail.version}`), status(fresh.status),
      h("a", { class: "quiet report", href: `${apiModel(detail.name, detail.version)}/report`, download: `${detail.name.replace(/[^\w.-]+/g, "-")}-${detail.version.replace(/[^\w.-]+/g, "-")}-report.html` }, "Report")),
    h("section", { class: "panel", key: "figures", "aria-label": "At a glance" }, traffic(fresh, now, rates), h("p", { class: "note foot" }, referenceLine(fresh, now))),
    h("div", { key: "alerts" }, alerts(fresh.alerts, fresh)),
    causes(detail, at),
    evaluation ? drift(context, evaluation, window) : h("p", { class: "empty", key: "waiting" }, waiting(fresh)),
    h("div", { class: "grid", key: "grid" }, panels(detail, width)),
    h("p", { class: "note", key: "api" }, h("a", { href: apiModel(detail.name, detail.version) }, "All of this as JSON")),
  ];
}

function causes({ diagnosis }, at) {
  if (!diagnosis.causes.length) return null;
  return panel("causes", "Likely causes", "each has passed a test of its own; what was done to values first, then what is wrong with them, then what was different around them",
    h("ol", { class: "causes" }, diagnosis.causes.map((one, n) => h("li", { key: `${n} ${one.cause}` },
      h("p", {}, h("strong", {}, one.title), one.columns.length > 0 && [" in ", one.columns.slice(0, 6).map((column, m) => [m > 0 && ", ", h("a", { key: `${column.role} ${column.feature}`, href: toFeature(at.model, at.version, column.role, column.feature) }, column.feature)])]),
      h("p", {}, one.said), h("p", { class: "do" }, one.check)))),
    diagnosis.more_causes > 0 && h("p", { class: "note foot" }, `and ${count(diagnosis.more_causes)} more`));
}

function drift({ at, filter, filterTyped, all: whole, limit, showAll, turn }, evaluation, window) {
  const wanted = filter.trim().toLowerCase();
  const all = sorted(evaluation.columns, window);
  const found = wanted ? all.filter((column) => column.feature.toLowerCase().includes(wanted)) : all;
  const shown = found.slice(0, whole ? limit : MOST);
  const judged = evaluation.windows.find((one) => one.name === window);
  return panel("drift", "Drift", note(all, judged),
    h("div", { class: "tools" }, choice("Window", evaluation.windows.map((one) => one.name), window, (name) => toModel(at.model, at.version, name)),
      all.length > MANY && h("label", {}, h("span", { class: "unseen" }, "Filter features"), h("input", { type: "search", placeholder: `Filter ${all.length} features`, value: filter, oninput: filterTyped })),
      legend()),
    table(`Columns by severity, last ${window}`, COLUMNS, shown.map((column, n) => row(column, at, window, evaluation.status_window, n < FIRST, n >= STEP * (turn + 1))), "drift"),
    !whole && found.length > shown.length && h("p", { class: "note foot" }, `The ${shown.length} of highest severity are shown. `, h("button", { type: "button", class: "quiet", onclick: showAll }, `Show all ${found.length}`)),
    !shown.length && h("p", { class: "note" }, "No feature has that in its name."),
    window !== evaluation.status_window && h("p", { class: "note" }, `Pictures show the last ${evaluation.status_window}.`));
}

function sorted(columns, window) {
  const far = (column) => column.windows[window].debiased ?? -1;
  return [...columns].sort((a, b) => SEVERITY[b.status] - SEVERITY[a.status] || far(b) - far(a) || (a.feature < b.feature ? -1 : 1));
}

function note(columns, judged) {
  const alerting = columns.filter((column) => column.status === "alert").length, warning = columns.filter((column) => column.status === "warn").length;
  const filled = judged.coverage !== null && judged.coverage < 0.9 ? `; the window is ${Math.floor(100 * judged.coverage)}\u202f% filled` : "";
  return `${columns.length} columns: ${alerting} in alert, ${warning} in warning${judged.judging ? "" : `; the last ${judged.name} is for display, other windows decide`}${filled}`;
}

function row(column, at, window, usual, first, late) {
  const one = column.windows[window];
  const key = `${column.role} ${column.feature}`;
  const drawn = first || isNear(key);
  // Made again only when something in it has changed, and with pictures only where somebody may see them.
  const sign = [at.model, at.version, window, usual, drawn && column.picture, column.status, column.undecided, column.trend, column.nameless, saying(column), ...SHOWN.map((name) => one[name])];
  return memo(key, JSON.stringify(sign), () => line(COLUMNS, {
    key,
    watch: watching(key),
    cells: [
      [h("a", { href: toFeature(at.model, at.version, column.role, column.feature, window === usual ? "" : window) }, column.feature), column.role === "output" && h("span", { class: "chip" }, "output"), column.nameless && h("span", { class: "note why" }, "values not kept: only missing ones are judged")],
      [status(column.status), SEVERITY[column.status] > 1 && h("span", { class: "note why" }, `last ${saying(column).join(", ")}`), column.undecided && h("span", { class: "note why" }, reason(column.undecided))],
      spark(drawn && column.picture),
      h("span", { class: "distance" }, drawn ? bullet(one.debiased, one.warn, one.alert, column.status) : noBullet(), h("span", { class: "value" }, score(one.debiased))),
      going(column.trend),
      score(one.noise_floor),
      one.chance ?? NONE,
      count(one.samples),
    ],
  }), late);
}

const SHOWN = ["debiased", "warn", "alert", "noise_floor", "chance", "samples"];

// The windows that decide and say what the column's status is.
export const saying = (column) => Object.entries(column.windows).filter(([, one]) => one.judges && one.status === column.status).map(([name]) => name);

function going(word) {
  const found = trend(word);
  return found && h("span", { class: "trend" }, h("span", { "aria-hidden": "true" }, found[0]), ` ${found[1]}`);
}
