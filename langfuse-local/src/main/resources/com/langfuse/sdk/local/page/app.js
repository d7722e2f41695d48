// The page as a whole: which view is shown at which place, light and dark, and the news for both.

import { el, said } from "./dom.js";
import { listen } from "./keys.js";
import { TraceList } from "./list.js";
import { ask, follow } from "./live.js";
import { TracePage } from "./trace.js";

const main = document.querySelector("main");
const about = await ask("/view/about");
const list = new TraceList(go, about);
const trace = new TracePage(go, note, () => go(listPlace));
let shown = null;
let listPlace = "#/"; // where the list was left: its search is part of it

/** Goes to a place, given by its hash. Replacing leaves no step for the back button. */
function go(hash, replace = false) {
  if (replace) note(hash);
  else history.pushState(null, "", hash);
  route();
}

function note(hash) {
  history.replaceState(null, "", hash);
}

/** #/, #/?q=…, #/trace/<id>, #/trace/<id>/<observation> */
function route() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [, kind, id, observation] = path.split("/").map(decoded);
  if (kind === "trace" && id) {
    open(trace, el("span", null, "Trace ", said(id.slice(0, 8), "code")));
    trace.show(id, observation);
  } else {
    listPlace = location.hash || "#/";
    open(list, "");
    list.show(new URLSearchParams(query).get("q") ?? "");
  }
}

/** A place that somebody typed may be no proper one. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function open(view, crumb) {
  document.getElementById("crumb").replaceChildren(crumb);
  if (view === shown) return;
  if (shown === list) list.scroll = list.viewport.scrollTop;
  shown?.leave?.();
  main.replaceChildren(view.element);
  shown = view;
  if (view === list) list.viewport.scrollTop = list.scroll ?? 0;
  view.focus();
}

function search() {
  if (shown !== list) go(listPlace);
  list.search.focus();
  list.search.select();
}

const live = document.getElementById("live");
function state(word) {
  if (live.textContent === word) return;
  live.textContent = word;
  live.className = word;
}

const THEMES = ["", "light", "dark"];
function theme(name) {
  localStorage.setItem("theme", name);
  document.documentElement.dataset.theme = name;
}
theme(localStorage.getItem("theme") ?? "");
document.getElementById("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  const other = now === "dark" ? "light" : "dark";
  theme(other === (dark ? "dark" : "light") ? THEMES[0] : other);
});

document.querySelector(".brand").title = about.version ?? "";
listen(() => shown, search);
addEventListener("hashchange", route);
route();
follow(() => shown.news(), state);
