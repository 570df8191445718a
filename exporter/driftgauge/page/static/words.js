// Words for what the API says in one.

/** Where a reference comes from. */
export const MODES = { file: "profile", learned: "learned from traffic", accepted: "accepted from traffic" };

/** Why a column is not judged. */
export const REASONS = {
  no_samples: "nothing observed in any window",
  too_few: "too few rows yet",
  warming: "windows are still filling",
  too_variable: "the reference varies too much to tell",
  no_window: "no configured window may judge it",
  no_reference: "not in the reference",
  muted: "muted for now",
};
