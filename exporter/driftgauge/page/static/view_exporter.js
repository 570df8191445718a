// The exporter itself: what came in, what was refused and why, queue, checkpoint, listeners.

import { h } from "./dom.js";
import { ago, bytes, count, moment, NONE, percent, seconds, words } from "./format.js";
import { facts, figure, figures, panel, table } from "./parts.js";

const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
const rows = (counts) => Object.entries(counts).filter(([, value]) => value).sort((a, b) => b[1] - a[1]);
const NUMBER = "num";

export function exporterView({ detail, now }) {
  const lost = sum(detail.dropped), bodies = sum(detail.batches);
  return [
    h("div", { class: "title", key: "title" }, h("h1", {}, "Exporter"), h("p", { class: "note" }, `driftgauge ${detail.version}`)),
    h("section", { class: "panel", key: "figures", "aria-label": "At a glance" }, figures(
      figure("Rows taken in", count(sum(detail.rows)), `${count(bodies)} bodies`),
      figure("Bodies refused", count(lost), lost ? `${percent(lost / (lost + bodies))} of all` : "none", lost ? "warm" : ""),
      figure("Rows left out", count(sum(detail.rejected_rows)), "of bodies taken in", sum(detail.rejected_rows) ? "warm" : ""),
      figure("Queue", bytes(detail.queue_bytes), `of ${bytes(detail.queue_limit_bytes)}`),
      figure("Evaluation", detail.collect_seconds > 0 ? seconds(detail.collect_seconds) : NONE, `${count(detail.collect_errors)} failed`, detail.collect_errors ? "warm" : ""))),
    h("div", { class: "grid", key: "grid" },
      panel("in", "What came in", "since the start", came(detail)),
      panel("refused", "What was refused", "since the start", refused(detail)),
      panel("last", "Last refusals", "newest first; what was in them is not kept", last(detail, now)),
      panel("config", "Configuration and checkpoint", null, configuration(detail, now)),
      detail.listeners.length > 0 && panel("listeners", "Listeners", null, listeners(detail)),
      detail.events.received > 0 && panel("events", "Events of inference loggers", "since the start", counts(detail.events)),
      detail.proxy && panel("proxy", "Proxy", "since the start", counts(detail.proxy))),
  ];
}

function came(detail) {
  const kinds = rows(detail.batches);
  if (!kinds.length) return h("p", { class: "note" }, "Nothing yet.");
  return table("What came in, by format", [["Format"], ["Bodies", NUMBER], ["Rows", NUMBER]],
    kinds.map(([kind, many]) => ({ key: kind, cells: [kind, count(many), count(detail.rows[kind] || 0)] })));
}

function refused(detail) {
  const all = [...rows(detail.dropped).map(([why, many]) => ["bodies", why, many]), ...rows(detail.rejected_rows).map(([why, many]) => ["rows", why, many])];
  if (!all.length) return h("p", { class: "note" }, "Nothing: every body and every row was used.");
  return table("What was refused, by reason", [["Reason"], ["What"], ["Count", NUMBER]],
    all.map(([what, why, many]) => ({ key: `${what} ${why}`, cells: [words(why), what, count(many)] })));
}

function last(detail, now) {
  if (!detail.last_refusals.length) return h("p", { class: "note" }, "None.");
  return table("Last refusals", [["When"], ["Reason"], ["Field"]],
    [...detail.last_refusals].reverse().slice(0, 10).map((one, n) => ({ key: n, cells: [ago(one.time, now), words(one.reason), one.field] })));
}

function configuration(detail, now) {
  const kept = detail.checkpoints;
  return facts([
    ["Configuration", detail.config_valid ? "✓ valid" : "✖ cannot be used as it is; the log says why"],
    ["Last reload", detail.config_reload_success ? detail.config_reload_time === null ? "none since the start" : `✓ ${moment(detail.config_reload_time)}` : "✖ failed; the one before stays in force"],
    ["Checkpoint", kept ? (kept.time ? `${ago(kept.time, now)}, ${bytes(kept.size)}` : "none written yet") : "none kept: a restart begins anew (state.directory)"],
    kept && ["Checkpoints failed", count(sum(kept.failures))],
    kept && ["Models restored", count(kept.restored)],
    ["Answers shared", count(detail.answers_shared)],
  ]);
}

function listeners(detail) {
  return table("Listeners", [["Listener"], ["Speaks"], ["Wants"], ["Open", NUMBER], ["Closed", NUMBER], ["Refused", NUMBER]],
    detail.listeners.map((one) => ({ key: one.name, cells: [one.insecure ? `${one.name} ▲ insecure` : one.name, one.scheme, one.authentication === "none" ? "nothing" : one.authentication, count(one.open), count(sum(one.closed)), count(sum(one.refused))] })));
}

function counts(view) {
  return facts(Object.entries(view).map(([name, value]) => [words(name), value !== null && typeof value === "object" ? rows(value).map(([why, many]) => `${words(why)} ${count(many)}`).join(", ") || "none" : name.endsWith("bytes") ? bytes(value) : value === null ? NONE : count(value)]));
}
