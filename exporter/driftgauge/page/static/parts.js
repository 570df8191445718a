// Pieces that several views are made of.

import { h } from "./dom.js";
import { count, NONE, title } from "./format.js";
import { toFeature, toModel } from "./route.js";

const SYMBOLS = { ok: "✓", warn: "▲", alert: "✖", undecided: "?" };
export const SEVERITY = { alert: 3, warn: 2, ok: 1, undecided: 0 };

/** A status: symbol and word, and a colour that says the same. */
export function status(name) {
  return h("span", { class: `status ${name}` }, h("span", { "aria-hidden": "true", class: "sign" }, SYMBOLS[name] || "?"), " ", name);
}

/** A figure with its name and, smaller, what it rests on. */
export function figure(name, value, note, kind) {
  return h("div", { class: `figure ${kind || ""}` }, h("dt", {}, name), h("dd", {}, h("span", { class: "big" }, value), note && h("span", { class: "note" }, note)));
}

export const figures = (...all) => h("dl", { class: "figures" }, ...all);

/** A box of the page. */
export function panel(id, heading, note, ...children) {
  return h("section", { class: "panel", id, "aria-labelledby": `${id}-h`, key: id },
    h("header", {}, h("h2", { id: `${id}-h` }, heading), note && h("p", { class: "note" }, note)), ...children);
}

/** A table: `columns` are [heading, class]; the first cell of a row is its heading. */
export function table(caption, columns, rows, kind) {
  return h("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
    h("table", { class: kind }, h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, ...columns.map(([name, style]) => h("th", { scope: "col", class: style }, name)))),
      h("tbody", {}, rows.map((row) => (row.memo ? row : line(columns, row))))));
}

export function line(columns, row) {
  const [first, ...rest] = row.cells;
  return h("tr", { key: row.key, class: row.kind, watch: row.watch }, h("th", { scope: "row", class: columns[0][1] }, first),
    ...rest.map((cell, n) => h("td", { class: columns[n + 1][1] }, cell ?? NONE)));
}

/** Names with their values, side by side. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined)
    .map(([name, value]) => h("div", { key: name }, h("dt", {}, name), h("dd", {}, value))));
}

/** What would be raised now, and what to do. Alerts of several models carry theirs as `of`. */
export function alerts(all, model) {
  return all.length > 0 && h("ul", { class: "alerts" }, all.map((alert) => raised(alert, alert.of || model)));
}

function raised({ alert, severity, count: many, found, of, do: what }, at) {
  const kind = severity === "critical" ? "alert" : "warn";
  return h("li", { key: JSON.stringify([at.name, at.version, alert, severity]), class: kind },
    h("p", {}, h("span", { class: `status ${kind}` }, h("span", { class: "sign", "aria-hidden": "true" }, SYMBOLS[kind]), " ", severity), " ",
      h("strong", {}, title(alert)), of && [" in ", h("a", { href: toModel(at.name, at.version) }, at.name), ` version ${at.version}`]),
    h("ul", {}, found.map((one, n) => h("li", { key: JSON.stringify([one.role, one.feature, n]) },
      one.feature && [h("a", { href: toFeature(at.name, at.version, one.role, one.feature) }, one.feature), ": "], one.what.replace(/(\d) (?=%|s\b)/g, "$1\u202f"))),
      many > found.length && h("li", { key: "more", class: "note" }, `and ${count(many - found.length)} more`)),
    h("p", { class: "do" }, what));
}

/** Buttons of which one is chosen: links, so that each can be opened, kept and sent. */
export function choice(name, options, chosen, hrefOf) {
  return h("nav", { class: "choice", "aria-label": name },
    options.map((option) => h("a", { key: option, href: hrefOf(option), "aria-current": option === chosen ? "true" : null }, option)));
}

export const legend = () => h("p", { class: "legend", "aria-hidden": "true" },
  h("span", { class: "swatch now" }), "now ", h("span", { class: "swatch ref" }), "reference");
