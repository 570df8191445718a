// Light, dark, or as the system has it; remembered by the browser where it may.

const NAMES = ["auto", "light", "dark"], KEY = "driftgauge-theme";
let chosen = "auto";

export function applyTheme() {
  try {
    const kept = localStorage.getItem(KEY);
    if (NAMES.includes(kept)) chosen = kept;
  } catch {
    chosen = "auto"; // the browser keeps nothing for this page
  }
  show();
}

export function nextTheme() {
  chosen = NAMES[(NAMES.indexOf(chosen) + 1) % NAMES.length];
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // it holds until the page is left
  }
  show();
}

export const themeWord = () => chosen;

function show() {
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
