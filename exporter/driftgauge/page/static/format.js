// Numbers, times and chances as people read them; "–" for what is undefined.

import { REASONS } from "./words.js";

export const NONE = "–";
const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

/** A count with thin spaces: 12 345; beyond a million with a unit. */
export function count(value) {
  if (!known(value)) return NONE;
  if (Math.abs(value) >= 1e7) return `${(value / 1e6).toFixed(1)} million`;
  return grouped(String(Math.round(value)));
}

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

/** A number in the units of a column: up to four significant digits. */
export function number(value) {
  if (!known(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(2).replace("e+", "e");
  if (size >= 1000) return grouped(String(Math.round(value))) ;
  return String(Number(value.toPrecision(4)));
}

/** A distance or score of 0 to 1. */
export const score = (value) => (known(value) ? value.toFixed(value !== 0 && Math.abs(value) < 0.1 ? 3 : 2) : NONE);

export function percent(ratio, digits = 1) {
  if (!known(ratio)) return NONE;
  if (ratio < 0) return `−${percent(-ratio, digits)}`;
  const value = 100 * ratio;
  if (value !== 0 && Math.abs(value) < 0.1) return "< 0.1\u202f%";
  return `${Number(value.toFixed(Math.abs(value) >= 99.95 || digits === 0 ? 0 : digits))}\u202f%`;
}

/** A duration of a request in the unit that suits it. */
export function seconds(value) {
  if (!known(value)) return NONE;
  if (value < 0.001) return `${Number((value * 1e6).toPrecision(2))}\u202fµs`;
  if (value < 1) return `${Number((value * 1e3).toPrecision(3))}\u202fms`;
  return `${Number(value.toPrecision(3))}\u202fs`;
}

/** How long something is, in its largest unit: 3 s, 12 min, 4 h, 9 days. */
export function span(value) {
  if (!known(value)) return NONE;
  const size = Math.max(0, value);
  if (size < 90) return `${Math.round(size)}\u202fs`;
  if (size < 5400) return `${Math.round(size / 60)}\u202fmin`;
  if (size < 129600) return `${Math.round(size / 3600)}\u202fh`;
  return `${Math.round(size / 86400)}\u202fdays`;
}

export const ago = (time, now) => (known(time) ? `${span(now - time)} ago` : "never");

export function bytes(value) {
  if (!known(value)) return NONE;
  if (value < 1024) return `${Math.round(value)}\u202fB`;
  const unit = value < 2 ** 20 ? ["KiB", 1024] : value < 2 ** 30 ? ["MiB", 2 ** 20] : ["GiB", 2 ** 30];
  return `${Number((value / unit[1]).toPrecision(3))}\u202f${unit[0]}`;
}

/** A moment, UTC, as the exporter counts hours. */
export function moment(time) {
  if (!known(time)) return NONE;
  return `${new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export const clock = (time) => new Date(time * 1000).toISOString().slice(11, 16);
export const day = (time) => new Date(time * 1000).toISOString().slice(5, 10);

const TRENDS = { rising: "↗", falling: "↘", steady: "→" };
export const trend = (word) => (word ? [TRENDS[word], word] : null);

export const reason = (name) => REASONS[name] || name || "";

/** DriftgaugeFeatureDrift: Feature drift. */
export function title(alert) {
  const words = alert.replace(/^Driftgauge/, "").replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const words = (name) => String(name).replaceAll("_", " ");
