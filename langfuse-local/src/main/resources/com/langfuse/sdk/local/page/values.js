// Values as people read them: JSON that folds, texts that are cut until asked, media where they are.

import { el, said, visible } from "./dom.js";
import { chat, conversation } from "./chat.js";
import { count } from "./format.js";

const LONG_TEXT = 3000;
const LONG_LINES = 40;
const LONG_LIST = 100;
const OPENED_ROWS = 200; // of JSON that nobody has folded or unfolded yet
const SHOWN = /^(image\/(png|jpe?g|webp|gif|bmp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+)$/;
const MEDIA = /(@@@langfuseMedia:type=[^|@\s]{1,100}\|id=[^|@\s]{1,100}\|source=[^|@\s]{1,100}@@@)/;
const REFERENCE = /^@@@langfuseMedia:type=([^|]+)\|id=([^|]+)\|/;
const IMAGE_DATA = /^data:image\/(png|jpeg|webp|gif);base64,[\w+/=\s]+$/;

/**
 * A whole value, as the server gave it: { text, length }, the text being its beginning if it is long.
 * The view remembers what is folded, by path, and gets the whole of what was cut.
 */
export function show({ text, length }, view, path) {
  if (length > text.length) return prose(text, view, path, length);
  const value = parse(text);
  if (value === null || typeof value !== "object" || value instanceof Verbatim) {
    return prose(typeof value === "string" ? value : text, view, path);
  }
  const talk = conversation(value);
  return talk ? chat(talk, view, path) : tree(value, view, path);
}

export const showString = (text, view, path) => show({ text, length: text.length }, view, path);

/** A number with more digits than JavaScript's have. */
class Verbatim {
  constructor(source) {
    this.source = source;
  }

  toString() {
    return this.source;
  }
}

/** The value, or undefined for what is no JSON, or nested beyond reason. */
export function parse(text) {
  const exact = (_, value, { source } = {}) =>
    typeof value === "number" && source && String(value) !== source ? new Verbatim(source) : value;
  try {
    return JSON.parse(text, /[\d.]{16}|\d[eE][+-]?\d/.test(text) ? exact : undefined);
  } catch {
    return undefined;
  }
}

/** Text with its media, cut where it is long. */
export function prose(text, view, path, length = text.length) {
  if (IMAGE_DATA.test(text)) return el("figure.media", null, el("img", { src: text, alt: "image in the text" }));
  const open = view.folds.get(path) && length === text.length;
  const end = open ? text.length : beginning(text);
  const whole = end === text.length && length === text.length;
  const shown = el("div.prose", { dir: "auto" }, text.slice(0, end).split(MEDIA).map(piece));
  return whole ? shown : el("div", null, shown, more(`show all (${count(length)})`, () => {
    view.folds.set(path, true);
    view.redraw(length > text.length);
  }));
}

function beginning(text) {
  let end = -1;
  for (let line = 0; line < LONG_LINES; line++) {
    end = text.indexOf("\n", end + 1);
    if (end < 0 || end > LONG_TEXT) break;
  }
  const cut = end < 0 ? text.length : end;
  return cut <= LONG_TEXT * 1.2 ? cut : LONG_TEXT;
}

const more = (label, onclick) => el("button.more", { onclick }, label);

function piece(text) {
  const [, type, id] = REFERENCE.exec(text) ?? [];
  return id ? media(type, id) : visible(text);
}

/** From our own route, which makes a download of all that a browser could run. */
function media(type, id) {
  const src = `/view/media/${encodeURIComponent(id.toWellFormed())}`;
  const kind = SHOWN.test(type) ? type.split("/")[0] : "file";
  const link = el("a", { href: src, download: id }, `${type} ↓`);
  const missing = () => figure.replaceChildren(el("span.faint", null, `${type}, whose bytes have not come`));
  const shown = {
    image: () => el("img", { src, alt: type, loading: "lazy", onerror: missing }),
    audio: () => el("audio", { src, controls: true, preload: "metadata", onerror: missing }),
    video: () => el("video", { src, controls: true, preload: "metadata", onerror: missing }),
    file: () => null,
  }[kind]();
  const figure = el("span.media", null, shown, link);
  return figure;
}

/** Every media reference in a value, for parts of a message that are nothing else. */
export function mediaIn(value) {
  const found = JSON.stringify(value).split(MEDIA).filter((text) => REFERENCE.test(text));
  return found.map(piece);
}

export function tree(value, view, path, budget = { rows: OPENED_ROWS }, depth = 0) {
  const entries = Object.entries(value);
  const all = view.folds.get(`${path}…`);
  const rows = entries.slice(0, all ? entries.length : LONG_LIST);
  budget.rows -= rows.length;
  const list = Array.isArray(value);
  return el("div.json", null,
    !entries.length && el("span.faint", null, list ? "[ ]" : "{ }"),
    rows.map(([key, child], index) => entry(key, child, list, view, `${path}/${index}`, budget, depth)),
    rows.length < entries.length && more(`show all (${count(entries.length)})`, () => {
      view.folds.set(`${path}…`, true);
      view.redraw();
    }));
}

function entry(key, value, inList, view, path, budget, depth) {
  const name = el(inList ? "span.index" : "span.key", null, said(key.length > 300 ? `${key.slice(0, 300)}…` : key));
  const size = isBranch(value) ? Object.keys(value).length : 0;
  if (!size) return el("div.leaf", null, name, leaf(value, view, path));
  const inside = Array.isArray(value) ? `[ ${count(size)} ]` : `{ ${count(size)} }`;
  const branch = el("details", null, el("summary", null, name, el("span.faint", null, inside)));
  const fill = () => branch.children.length < 2 && branch.append(tree(value, view, path, budget, depth + 1));
  branch.open = view.folds.get(path) ?? (depth < 5 && budget.rows - size > 0);
  if (branch.open) fill();
  branch.addEventListener("toggle", () => {
    if (branch.open) fill();
    view.folds.set(path, branch.open);
  });
  return branch;
}

export const isBranch = (value) => value !== null && typeof value === "object" && !(value instanceof Verbatim);

export function leaf(value, view, path) {
  if (typeof value === "string") {
    const long = value.length > 200 || value.includes("\n") || MEDIA.test(value) || value.startsWith("data:image/");
    return long ? prose(value, view, path) : said(`"${value}"`, "span", { class: "string", dir: "auto" });
  }
  if (isBranch(value)) return el("span.faint", null, Array.isArray(value) ? "[ ]" : "{ }");
  return el("span", { class: value === null ? "faint" : typeof value === "boolean" ? "boolean" : "figure" },
    String(value));
}
