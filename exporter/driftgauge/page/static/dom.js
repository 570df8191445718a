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
  const known = new Map(olds.map((old, place) => [old.key, { old, place }]));
  const places = [];
  const kept = news.map((item) => {
    const found = known.get(item.key);
    const same = found && kind(found.old) === kind(item);
    if (same) known.delete(item.key);
    const node = same && found.old.node;
    const made = patch(same ? found.old : null, item, inSvg);
    places.push(made.node === node ? found.place : -1);
    return made;
  });
  for (const { old } of known.values()) old.node.remove();
  const stays = steady(places);
  kept.reduceRight((next, item, n) => {
    if (places[n] < 0) parent.insertBefore(item.node, next);
    else if (!stays.has(n)) move(parent, item.node, next);
    return item.node;
  }, null);
  return kept;
}

// Where browsers can, as one: then whoever is at it, by keyboard or screen reader, stays there.
function move(parent, node, next) {
  if (parent.moveBefore) parent.moveBefore(node, next);
  else {
    const focused = document.activeElement;
    parent.insertBefore(node, next);
    if (focused !== document.activeElement) focused.focus({ preventScroll: true });
  }
}

// The most that can stay where they are while the others are put between them: a longest rising run of the old places; -1 is new.
function steady(places) {
  const ends = [], before = new Map(); // ends[k]: where the run of k + 1 with the lowest end ends
  places.forEach((place, n) => {
    if (place < 0) return;
    let low = 0, high = ends.length;
    if (high && places[ends[high - 1]] < place) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[ends[middle]] < place) low = middle + 1;
      else high = middle;
    }
    before.set(n, ends[low - 1]);
    ends[low] = n;
  });
  const found = new Set();
  for (let n = ends.at(-1); n !== undefined; n = before.get(n)) found.add(n);
  return found;
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
  if (name === "watch") {
    if (value) value(node); // tells who wants to know where it is
    return;
  }
  if (name.startsWith("on")) {
    const type = name.slice(2);
    if (before) node.removeEventListener(type, before);
    if (value) node.addEventListener(type, value);
  } else if (name === "value") {
    if (node.value !== value) node.value = value ?? "";
  } else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
