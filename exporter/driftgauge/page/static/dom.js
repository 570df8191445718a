// A document from plain values: views return descriptions, `render` changes only what differs. All text is text nodes.

const SVG = "http://www.w3.org/2000/svg";

/** Describe an element. `on*` properties are listeners, `key` tells siblings apart, the rest are attributes. */
export function h(tag, props, ...children) {
  return { tag, props: props || {}, key: props?.key, children: flatten(children) };
}

/** Describe what is only made again when `sign` differs; what is there already and is `late` stays as it is for this time. */
export function memo(key, sign, make, late = false) {
  return { memo: true, key, sign, make, late };
}

/** Make the children of `parent` those described. */
export function render(parent, children) {
  parent.shown = reconcile(parent, parent.shown || [], flatten([children]), false);
}

// A place that holds nothing keeps its number, so that what comes after it is not taken for it.
function flatten(children) {
  const found = [];
  let place = 0;
  const add = (child) => {
    if (Array.isArray(child)) child.forEach(add);
    else {
      place += 1;
      if (child === null || child === undefined || child === false || child === "") return;
      const node = typeof child === "object" ? child : { text: String(child) };
      found.push(node.key === undefined ? { ...node, key: `#${place}` } : node);
    }
  };
  children.forEach(add);
  return found;
}

function reconcile(parent, olds, news, inSvg) {
  const known = new Map(olds.map((old) => [old.key, old]));
  const kept = news.map((item) => {
    const old = known.get(item.key);
    const same = old && kind(old) === kind(item);
    if (same) known.delete(item.key);
    return patch(same ? old : null, item, inSvg);
  });
  for (const old of known.values()) old.node.remove();
  let cursor = parent.firstChild;
  for (const item of kept) {
    if (item.node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(item.node, cursor);
  }
  return kept;
}

const kind = (item) => (item.memo ? "memo" : item.text === undefined ? item.tag : "text");

function patch(old, item, inSvg) {
  if (item.memo) return patchMemo(old, item, inSvg);
  if (item.text !== undefined) {
    if (!old) item.node = document.createTextNode(item.text);
    else {
      item.node = old.node;
      if (old.text !== item.text) item.node.data = item.text;
    }
    return item;
  }
  const svg = inSvg || item.tag === "svg";
  if (old) item.node = old.node;
  else item.node = svg ? document.createElementNS(SVG, item.tag) : document.createElement(item.tag);
  setProps(item.node, old ? old.props : {}, item.props);
  item.children = reconcile(item.node, old ? old.children : [], item.children, svg);
  return item;
}

function patchMemo(old, item, inSvg) {
  if (old && (item.late || old.sign === item.sign)) return Object.assign(item, { node: old.node, inner: old.inner, sign: old.sign });
  const made = item.make();
  item.inner = patch(old && kind(old.inner) === kind(made) ? old.inner : null, made, inSvg);
  item.node = item.inner.node;
  if (old && old.node !== item.node) old.node.remove();
  return item;
}

function setProps(node, before, after) {
  for (const name of Object.keys(before)) if (!(name in after)) setProp(node, name, before[name], undefined);
  for (const [name, value] of Object.entries(after)) if (before[name] !== value) setProp(node, name, before[name], value);
}

function setProp(node, name, before, value) {
  if (name === "key") return;
  if (name.startsWith("on")) {
    const type = name.slice(2);
    if (before) node.removeEventListener(type, before);
    if (value) node.addEventListener(type, value);
  } else if (name === "value") {
    if (node.value !== value) node.value = value ?? "";
  } else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
