// Words for what the API says in one.

/** What is known of a column whose values look like identifiers or free text. */
export const NAMELESS = "Its values look like identifiers or free text, so none of them is kept: only missing ones are counted and judged.";

/** Where a reference comes from. */
export const MODES = { file: "profile", learned: "learned from traffic", accepted: "accepted from traffic" };

/** What of a model's own past the newest traffic is compared with. */
export const PASTS = { same_hour_7d: "beside the same hour of 7 days", previous_window: "beside the day before" };

/** Why rows were left out. */
export const LEFT_OUT = {
  late: "Rows left out: older than the lateness allows",
  future: "Rows left out: dated in the future",
};

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
