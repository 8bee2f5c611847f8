// Small pieces of DOM, built from text only.

const TAGS = new Set(["B", "STRONG", "I", "EM", "U", "S", "CODE", "PRE", "BLOCKQUOTE"]);
export const $ = (id) => document.getElementById(id);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const narrow = matchMedia("(max-width: 1039px)");

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function button(label, act, { kind = "", sign = "" } = {}) {
  return el("button", { type: "button", className: kind, onclick: act }, sign ? icon(sign) : null, label);
}

export function face(name, bot = false) {
  const letters = name.split(/\s+/).map((word) => word[0] || "").slice(0, 2).join("").toUpperCase();
  const tint = bot ? "bot" : [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  const node = el("span", { className: "face", "aria-hidden": "true" }, bot ? icon("heart") : letters);
  node.dataset.tint = tint;
  return node;
}

/** Formatted words, rebuilt from a whitelist: unknown tags leave only their text. */
export function words(html) {
  const copy = (from, to) => {
    for (const child of from.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
      else if (child.nodeType === Node.ELEMENT_NODE) to.append(copy(child, wrap(child)));
    }
    return to;
  };
  const wrap = (child) => {
    if (TAGS.has(child.tagName)) return document.createElement(child.tagName);
    const href = child.tagName === "A" ? child.getAttribute("href") || "" : "";
    if (!/^(https?|tel|mailto|tg):/i.test(href)) return document.createDocumentFragment();
    return el("a", { href, target: "_blank", rel: "noopener noreferrer" });
  };
  return copy(new DOMParser().parseFromString(html, "text/html").body, document.createDocumentFragment());
}

/**
 * Makes the children of `box` those of `wanted` ({key, print, make, pulse}): those with the same print stay
 * untouched, and one whose pulse has changed lights up for a moment.
 */
export function reconcile(box, wanted, animate) {
  const had = new Map([...box.children].map((node) => [node.dataset.key, node]));
  let place = box.firstChild;
  for (const { key, print, make, pulse } of wanted) {
    let node = had.get(key);
    had.delete(key);
    if (!node || node.print !== print) {
      const old = node;
      const held = old && old.contains(document.activeElement);
      node = make();
      node.dataset.key = key;
      node.print = print;
      node.pulse = pulse;
      if (animate && !old) node.classList.add("fresh");
      if (animate && old && old.pulse !== pulse) node.classList.add("flash");
      if (old) {
        if (place === old) place = old.nextSibling;
        old.replaceWith(node);
        if (held) (node.querySelector(".inline button") || node).focus({ preventScroll: true });
      }
    }
    if (node === place) place = place.nextSibling;
    else box.insertBefore(node, place);
  }
  for (const node of had.values()) node.remove();
}
