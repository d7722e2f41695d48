// The list of traces, newest first, with its search. What matches is decided by the server.

import { copyButton, el, fill, icon, said } from "./dom.js";
import { cost, count, counted, duration, time, tokens } from "./format.js";
import { ask, Poll } from "./live.js";
import { Rows, stepOf } from "./rows.js";

const COLUMNS = ["Time", "Name", "Steps", "Duration", "Tokens", "Cost", "User", "Session", "Env"];
const LEVELS = { All: null, Warnings: "warning", Errors: "error" };

export class TraceList {
  /** @param go changes the place in the location, by its hash */
  constructor(go, about) {
    this.go = go;
    this.about = about;
    this.query = "";
    this.forget();
    this.search = el("input", {
      type: "search", placeholder: "Search names, inputs, outputs …  user:  session:  tag:  env:  type:  level:",
      "aria-label": "Search", spellcheck: "false", autocomplete: "off", oninput: () => this.typed(),
    });
    this.levels = el("div.segments", { role: "group", "aria-label": "Level" });
    this.summary = el("span.summary", { role: "status" });
    this.viewport = el("div.rows", { role: "listbox", "aria-label": "Traces", tabindex: 0 });
    this.hint = el("div.hint");
    this.element = el("section.list", null,
      el("div.bar", null, el("label.search", null, this.search, el("kbd", null, "/")), this.levels, this.summary),
      el("div.table", null,
        el("div.columns", { "aria-hidden": "true" }, COLUMNS.map((name) => el("span", null, name))),
        this.viewport, this.hint));
    this.rows = new Rows({
      viewport: this.viewport, height: 36, key: (trace) => trace.id, stamp: (trace) => trace,
      make: () => el("div.row", { role: "option" }), draw,
    });
    this.viewport.addEventListener("click", (event) => this.clicked(event));
    this.poll = new Poll(() => this.load());
  }

  forget() {
    this.traces = new Map();
    this.version = 0;
    this.generation = (this.generation ?? 0) + 1; // answers to earlier questions are late
  }

  show(query) {
    document.title = "Traces";
    if (query !== this.query || !this.version) {
      this.query = query;
      if (this.search.value.trim() !== query) this.search.value = query;
      this.drawLevels();
      this.forget();
      this.load().catch((error) => this.fail(error));
    } else this.news();
    this.rows.render();
  }

  fail(error) {
    fill(this.hint, el("p", null, error.message));
  }

  news() {
    this.poll.soon();
  }

  async load() {
    const { generation } = this;
    const page = await ask(`/view/traces?since=${this.version}&q=${encodeURIComponent(this.query)}`);
    if (generation !== this.generation || page.version < this.version) return;
    this.version = page.version;
    page.traces.forEach((trace) => this.traces.set(trace.id, trace));
    const newest = [...this.traces.values()].sort((a, b) => b.start - a.start).slice(0, page.limit);
    if (newest.length !== Math.min(page.total, page.limit)) {
      // Some were forgotten, or match no longer: only a whole list says which.
      this.forget();
      return this.load();
    }
    this.traces = new Map(newest.map((trace) => [trace.id, trace]));
    this.rows.set(newest);
    this.drawSummary(page);
  }

  drawSummary({ total, limit, forgotten }) {
    this.summary.textContent = [
      counted(total, "trace"),
      total > limit && `newest ${count(limit)} listed`,
      forgotten > 0 && `${count(forgotten)} older forgotten`,
    ].filter(Boolean).join(" · ");
    fill(this.hint, ...(total ? [] : [this.query ? this.nothing() : this.welcome()]));
  }

  nothing() {
    return el("div.empty", null, el("h2", null, "No trace matches"),
      el("p", null, "Nothing here has all of ", said(this.query, "code"), "."),
      el("p", null, el("button", { onclick: () => this.filter("") }, "Clear the search")));
  }

  welcome() {
    const { baseUrl, publicKey, secretKey } = this.about;
    const settings =
      `export LANGFUSE_BASE_URL=${baseUrl}\n` +
      `export LANGFUSE_PUBLIC_KEY=${publicKey}\n` +
      `export LANGFUSE_SECRET_KEY=${secretKey ?? "…"}`;
    return el("div.empty", null,
      el("h2", null, "Waiting for traces"),
      el("p", null, "Point any Langfuse SDK at this address, and what it records shows up here at once."),
      el("div.code", null, el("pre", null, settings), copyButton(settings)),
      el("p.fine", null, "SDKs that know no LANGFUSE_BASE_URL read LANGFUSE_HOST. OpenTelemetry exporters send to ",
        el("code", null, `${baseUrl}/api/public/otel/v1/traces`), " with the keys as HTTP Basic."));
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.filter(this.search.value), 150);
  }

  leave() {
    clearTimeout(this.typing);
  }

  /** The query is part of the location, so that it survives a reload and the way back. */
  filter(query) {
    clearTimeout(this.typing);
    this.search.value = query;
    this.go(query.trim() ? `#/?q=${encodeURIComponent(query.trim())}` : "#/", true);
  }

  /** The query with other conditions of that key: none if the value is null. */
  withCondition(key, value) {
    const rest = this.query.replace(new RegExp(`(^|\\s)${key}:("[^"]*"?|\\S*)`, "gi"), " ").trim();
    this.filter(`${rest} ${value ? `${key}:${quoted(value)}` : ""}`.trim());
  }

  drawLevels() {
    const current = /(?:^|\s)level:(\S+)/i.exec(this.query)?.[1].toLowerCase() ?? null;
    fill(this.levels, ...Object.entries(LEVELS).map(([label, level]) =>
      el("button", { "aria-pressed": String(level === current), onclick: () => this.withCondition("level", level) },
        label)));
  }

  clicked(event) {
    const condition = event.target.closest("[data-key]");
    const row = event.target.closest(".row");
    if (condition) this.withCondition(condition.dataset.key, condition.dataset.value);
    else if (row) this.open(row.key);
  }

  open(id) {
    this.rows.select(id);
    this.go(`#/trace/${encodeURIComponent(id)}`);
  }

  focus() {
    this.viewport.focus({ preventScroll: true });
  }

  key(event) {
    const inSearch = event.target === this.search;
    if (event.key === "Escape") {
      if (inSearch && !this.search.value) this.focus();
      else this.filter("");
      return true;
    }
    if (inSearch && !["ArrowDown", "Enter"].includes(event.key)) return false;
    const step = stepOf(event, this.rows);
    if (step && this.rows.items.length) {
      this.focus();
      this.rows.select(this.rows.neighbour(step).id);
      return true;
    }
    if (event.key === "Enter" && event.target.tagName !== "BUTTON") {
      if (inSearch && this.search.value.trim() !== this.query) {
        this.filter(this.search.value); // what is listed is not yet what was asked for
        return true;
      }
      const trace = this.rows.currentItem ?? this.rows.items[0];
      if (trace) this.open(trace.id);
      return true;
    }
    return false;
  }
}

function draw(row, trace) {
  row.dataset.level = trace.level;
  fill(row, 
    el("span.time", null, time(trace.start)),
    el("span.name", null,
      mark(trace), trace.name ? said(trace.name) : el("span.faint", null, trace.complete ? "no name" : "running …"),
      trace.tags.map((tag) => condition("button.chip", "tag", tag))),
    el("span.number", null, count(trace.observations)),
    el("span.number", null, duration(trace.duration)),
    el("span.number", null, tokens(trace)),
    el("span.number", null, cost(trace.cost)),
    el("span", null, trace.userId && condition("button.plain", "user", trace.userId)),
    el("span", null, trace.sessionId && condition("button.plain", "session", trace.sessionId)),
    el("span", null, condition("button.plain", "env", trace.environment)));
}

const mark = (trace) =>
  trace.level === "ERROR" || trace.level === "WARNING" ? icon(trace.level, trace.level.toLowerCase())
  : trace.complete ? el("span.icon") : icon("running", "running");

/** Where the traces of that user, session or tag are listed. */
export const placeOf = (key, value) => `#/?q=${encodeURIComponent(`${key}:${quoted(value)}`)}`;

const quoted = (value) => (/[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value);

/** A value that filters the list when it is clicked. */
const condition = (tag, key, value) =>
  el(tag, { "data-key": key, "data-value": value, title: `${key}: ${value}`, tabindex: -1 }, said(value));
