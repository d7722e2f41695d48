// Elements made by hand. Whatever comes from a trace goes through here as text, never as markup.

/**
 * el("button.quiet", { title: "Copy", onclick: copy }, "copy"): a tag with classes, attributes and
 * listeners, children. Children that are null or false are left out; texts become text nodes.
 */
export function el(tag, attributes, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, value);
  }
  return fill(element, ...children);
}

/** Exchanges what is in an element; children are as for el. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** A value of somebody else: kept from reordering its neighbours, its control characters visible. */
export const said = (text, tag = "bdi", attributes = null) => el(tag, attributes, visible(text));

export const visible = (text) =>
  String(text)
    .replaceAll("\r\n", "\n")
    .replace(/[\0-\x08\x0b-\x1f\x7f]/g, (c) => (c === "\x7f" ? "␡" : String.fromCharCode(0x2400 + c.charCodeAt(0))));

/** One icon for each type of observation, drawn with a pen on 16 × 16. */
const PATHS = {
  SPAN: "M2.5 5h7M6.5 8h7M4.5 11h6",
  GENERATION: "M8 2.2l1.5 4.3L13.8 8l-4.3 1.5L8 13.8 6.5 9.5 2.2 8l4.3-1.5z",
  EMBEDDING: "M3 13V3m0 10h10M6 10.2v.1M8.5 7.5v.1M11.5 9v.1M11 4.5v.1M6.2 5.5v.1",
  AGENT: "M4 6.5h8v6H4zM8 6.5V3.6M7 3.2h2M6.3 9v1M9.7 9v1M2.2 8.5v2M13.8 8.5v2",
  TOOL: "M13.2 4.6a3.3 3.3 0 0 1-4.4 4L4.6 13 3 11.4l4.3-4.2a3.3 3.3 0 0 1 4-4.4L9.4 4.8l.3 1.5 1.5.3z",
  CHAIN: "M7 9.2a2.6 2.6 0 0 0 3.7 0l2-2A2.6 2.6 0 0 0 9 3.5l-.8.8M9 6.8a2.6 2.6 0 0 0-3.7 0l-2 2A2.6 2.6 0 0 0 7 12.5l.8-.8",
  RETRIEVER: "M7 11.2a4.2 4.2 0 1 0 0-8.4 4.2 4.2 0 0 0 0 8.4zM10.2 10.2l3.3 3.3",
  EVALUATOR: "M2.6 11.5a5.8 5.8 0 1 1 10.8 0M8 10.5l2.8-4",
  GUARDRAIL: "M8 2.3l4.8 1.7v3.7c0 3-2 5-4.8 6-2.8-1-4.8-3-4.8-6V4zM6 8l1.5 1.5L10.2 6.5",
  EVENT: "M8.8 2.2L4 9h3.6l-.5 4.8L12 7H8.3z",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  WARNING: "M8 2.8l5.7 10.2H2.3zM8 6.5v3M8 11.3v.1",
  ERROR: "M8 13.8A5.8 5.8 0 1 0 8 2.2a5.8 5.8 0 0 0 0 11.6zM8 5v3.6M8 10.8v.1",
};

export function icon(name, title) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon type-${PATHS[name] ? name : "SPAN"}`);
  path.setAttribute("d", PATHS[name] ?? PATHS.SPAN);
  svg.append(path);
  if (title) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", title);
  } else svg.setAttribute("aria-hidden", "true");
  return svg;
}

/** A button that puts a text into the clipboard, and says so for a moment. */
export function copyButton(text, label = "copy", title = "Copy") {
  const button = el("button.quiet.copy", { title, onclick: copy }, label);
  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? await text() : text);
      button.textContent = "copied";
    } catch {
      button.textContent = "not allowed"; // beyond localhost browsers want HTTPS for it
    }
    setTimeout(() => (button.textContent = label), 1200);
  }
  return button;
}
