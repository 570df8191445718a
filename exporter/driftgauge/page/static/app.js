// The page: follows the address, asks every two seconds, and asks for more only when there is something new.

import { h, render } from "./dom.js";
import { ago, clock, moment, span } from "./format.js";
import { follow as followRows } from "./near.js";
import { apiFeature, apiModel, parse } from "./route.js";
import { applyTheme, nextTheme, themeWord } from "./theme.js";
import { exporterView } from "./view_exporter.js";
import { featureView } from "./view_feature.js";
import { modelView, STEP } from "./view_model.js";
import { modelsView } from "./view_models.js";

const EVERY_MS = 2000, PATIENCE_MS = 8000;
const main = document.getElementById("main");

const state = {
  at: parse(location.hash),
  models: null, // the answer of api/v1/models
  detail: null, // of the view: a model, a feature or the exporter
  shown: "", // what `detail` belongs to
  problem: "", // why the view has nothing to show
  answered: 0, // when the exporter last answered, ms of this machine
  failed: "", // why it does not
  rates: new Map(), // requests a second by model
  skew: 0, // the exporter's clock minus this machine's, s
  filter: "",
  all: false, // whether every row of a long table is shown
  limit: STEP, // rows of a very long table that are there by now
  turn: 0, // how far those have been brought up to date, in steps of STEP
  width: 0, // of the page, px
  showAll() {
    state.all = true;
    bring();
  },
  filterTyped(event) {
    state.filter = event.target.value;
    bring();
  },
};

/** Bring everything up to date: at once what is on top, the rest of a very long table step by step, a frame each. */
function bring() {
  state.turn = 0;
  draw();
  next();
}

function step() {
  state.turn += 1;
  state.limit = Math.max(state.limit, STEP * (state.turn + 1));
  draw();
  next();
}

function next() {
  cancelAnimationFrame(next.frame);
  const rows = state.all ? (state.detail?.evaluation?.columns ?? []).length : 0;
  if (STEP * (state.turn + 1) < rows) next.frame = requestAnimationFrame(step);
}

/** What the last updates of the document took, ms. */
const updates = (window.driftgaugeUpdates = []);

async function ask(path) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(path, { signal: stop.signal, headers: { Accept: "application/json" } });
    if (answer.status === 404) return { missing: (await answer.json()).detail };
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    return await answer.json();
  } finally {
    clearTimeout(timer);
  }
}

// What the view is about, and what says that it has changed.
function wanted(at, models) {
  if (at.view === "exporter") return ["exporter", String(Date.now()), "api/v1/exporter"];
  if (at.view !== "model" && at.view !== "feature") return null;
  const found = models.find((model) => model.name === at.model && model.version === at.version);
  const sign = found ? JSON.stringify([found.evaluated, found.state, found.learning]) : "none";
  const path = at.view === "model" ? `${apiModel(at.model, at.version)}/overview` : apiFeature(at);
  return [path, sign, path];
}

let round = 0;

async function poll() {
  clearTimeout(poll.timer);
  if (document.hidden) return;
  round += 1;
  const mine = round;
  try {
    const models = await ask("api/v1/models");
    if (mine !== round) return;
    state.skew = models.time - Date.now() / 1000;
    rate(models.models);
    state.models = models.models;
    const want = wanted(state.at, state.models);
    if (want && `${want[0]} ${want[1]}` !== state.shown) {
      const detail = await ask(want[2]);
      if (mine !== round) return;
      state.shown = `${want[0]} ${want[1]}`;
      state.problem = detail.missing || "";
      state.detail = detail.missing ? null : detail;
      state.turn = 0;
    }
    state.answered = Date.now();
    state.failed = "";
  } catch (error) {
    if (mine !== round) return;
    state.failed = error.name === "AbortError" ? "it takes too long" : error.message.startsWith("it ") ? error.message : "it cannot be reached";
  }
  draw();
  next();
  poll.timer = setTimeout(poll, EVERY_MS);
}

function rate(models) {
  const now = Date.now() / 1000;
  for (const model of models) {
    const key = JSON.stringify([model.name, model.version]), last = state.rates.get(key);
    const passed = last ? now - last.time : 0;
    if (last && passed < 1) continue;
    // Over several polls, so that a body of many rows is no spike: an exponential mean of half a minute.
    const fresh = last ? Math.max(model.requests - last.requests, 0) / passed : null;
    const share = last?.rate === null || !last ? 1 : 1 - Math.exp(-passed / 30);
    state.rates.set(key, { time: now, requests: model.requests, rate: fresh === null ? null : share * fresh + (1 - share) * (last.rate ?? 0) });
  }
}

const VIEWS = { models: modelsView, model: modelView, feature: featureView, exporter: exporterView };

function draw() {
  const started = performance.now();
  const now = Date.now() / 1000 + state.skew;
  const width = Math.max(Math.min(state.width, 1120) - (state.width < 640 ? 32 : 48), 240);
  const context = { ...state, now, width, ready: state.models !== null };
  render(document.getElementById("nav"), [
    h("a", { href: "#/", "aria-current": state.at.view !== "exporter" ? "page" : null }, "Models"),
    h("a", { href: "#/exporter", "aria-current": state.at.view === "exporter" ? "page" : null }, "Exporter"),
  ]);
  render(document.getElementById("live"), live(now));
  render(document.getElementById("stale"), stale());
  document.documentElement.classList.toggle("stale", state.failed !== "");
  if (state.models !== null || state.at.view === "unknown") render(main, body(context));
  else render(main, h("p", { class: "empty" }, state.failed ? "Nothing to show yet." : "Asking the exporter …"));
  updates.push(performance.now() - started);
  if (updates.length > 200) updates.shift();
}

function body(context) {
  const view = VIEWS[state.at.view];
  if (!view) return [h("h1", { key: "h1" }, "There is no such view"), h("p", { key: "p" }, h("a", { href: "#/" }, "All models"))];
  if (state.problem) {
    return [h("h1", { key: "h1" }, "Not here"), h("p", { key: "p", class: "empty" }, `${state.problem} `), h("p", { key: "l" }, h("a", { href: "#/" }, "All models"))];
  }
  if (state.at.view !== "models" && !state.detail) return h("p", { class: "empty", key: "asking" }, "Asking the exporter …");
  return view(context);
}

function live(now) {
  if (state.failed || state.models === null) return [h("span", { class: "lamp off", "aria-hidden": "true", key: "lamp" }), "not live"];
  const evaluated = Math.max(...state.models.map((model) => model.evaluated ?? 0), 0);
  return [h("span", { class: "lamp on", "aria-hidden": "true", key: "lamp" }), "live", evaluated > 0 && h("span", { class: "note wide", key: "when" }, `, evaluated ${told(evaluated, now)}`)];
}

// The clock of a model that is replayed has nothing to do with ours.
const told = (evaluated, now) => (now - evaluated > 2 * 86400 ? `up to ${moment(evaluated)}` : ago(evaluated, now));

// Changes only when the exporter goes and comes back, because a screen reader says it aloud.
function stale() {
  if (!state.failed) return null;
  const since = state.answered ? `What is shown is from ${clock(state.answered / 1000 + state.skew)} UTC and grows old.` : "";
  return h("p", { key: "stale" }, h("strong", {}, "The exporter does not answer"), `: ${state.failed}. ${since} Asking again every ${span(EVERY_MS / 1000)}.`);
}

const TITLES = {
  models: () => "Models",
  model: (at) => `${at.model} version ${at.version}`,
  feature: (at) => `${at.feature}, ${at.model} version ${at.version}`,
  exporter: () => "Exporter",
  unknown: () => "Not found",
};

function follow() {
  const before = state.at;
  state.at = parse(location.hash);
  const same = ["view", "model", "version", "role", "feature"].every((part) => before[part] === state.at[part]);
  if (!same) {
    state.detail = null;
    state.problem = state.shown = state.filter = "";
    state.all = false;
    state.limit = STEP;
    state.turn = 0;
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  document.title = `${TITLES[state.at.view](state.at)} · driftgauge`;
  draw();
  poll();
}

function theme() {
  const button = document.getElementById("theme");
  button.textContent = `◐ ${themeWord()}`;
  button.setAttribute("aria-label", `Colours: ${themeWord()}. Change`);
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the part after # is the address of the view
  main.focus();
});
document.getElementById("theme").addEventListener("click", () => {
  nextTheme();
  theme();
});
addEventListener("hashchange", follow);
// Told, not asked: asking for it in the middle of an update would lay the whole page out once more.
new ResizeObserver(([{ target }]) => {
  if (state.width === target.clientWidth) return;
  state.width = target.clientWidth;
  requestAnimationFrame(draw);
}).observe(main);
state.width = main.clientWidth;
document.addEventListener("visibilitychange", poll);
followRows(draw);
applyTheme();
theme();
follow();
