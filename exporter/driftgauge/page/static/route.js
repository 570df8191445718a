// Addresses after the #: #/, #/models/NAME/VERSION?window=24h, #/models/NAME/VERSION/input/FEATURE, #/exporter.

export function parse(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  const window = new URLSearchParams(query || "").get("window") || "";
  if (!parts.length) return { view: "models", window };
  if (parts[0] === "exporter" && parts.length === 1) return { view: "exporter", window };
  const [head, model, version, role, feature] = parts;
  if (head === "models" && parts.length === 3) return { view: "model", model, version, window };
  if (head === "models" && parts.length === 5 && (role === "input" || role === "output")) {
    return { view: "feature", model, version, role, feature, window };
  }
  return { view: "unknown", window };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// Half a surrogate pair has no encoding.
const encoded = (name) => encodeURIComponent(name.toWellFormed ? name.toWellFormed() : name);
const suffix = (window) => (window ? `?window=${encodeURIComponent(window)}` : "");

export const toModel = (name, version, window) => `#/models/${encoded(name)}/${encoded(version)}${suffix(window)}`;
export const toFeature = (name, version, role, feature, window) =>
  `#/models/${encoded(name)}/${encoded(version)}/${role}/${encoded(feature)}${suffix(window)}`;
export const apiModel = (name, version) => `api/v1/models/${encoded(name)}/versions/${encoded(version)}`;
export const apiFeature = (at) =>
  `${apiModel(at.model, at.version)}/columns/${at.role}/${encoded(at.feature)}${suffix(at.window)}`;
