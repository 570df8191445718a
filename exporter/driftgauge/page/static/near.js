// Which rows of a long table are in view, or nearly: pictures are made for these alone.

const AROUND = "600px 0px"; // about a screen further up and down, so that scrolling shows no empty places
const nodes = new Map(), near = new Set();
let whole = false, tell = () => {};

const observer = new IntersectionObserver((entries) => {
  let news = false;
  for (const { target, isIntersecting } of entries) {
    if (!target.isConnected) {
      observer.unobserve(target);
      near.delete(target);
    } else if (isIntersecting) {
      news ||= !near.has(target);
      near.add(target);
    } else near.delete(target);
  }
  if (news) tell();
}, { rootMargin: AROUND });

/** Call `changed` when further rows come near, and before the page is printed, when all are. */
export function follow(changed) {
  tell = () => {
    cancelAnimationFrame(follow.frame);
    follow.frame = requestAnimationFrame(changed);
  };
  for (const [event, value] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      whole = value;
      changed();
    });
  }
}

/** The property `watch` of the row `key`. */
export const watching = (key) => (node) => {
  nodes.set(key, node);
  observer.observe(node);
};

export const isNear = (key) => whole || near.has(nodes.get(key));
