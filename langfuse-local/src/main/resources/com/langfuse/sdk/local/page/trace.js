// One trace: its tree with a waterfall on a shared time axis, and beside it the selected observation.

import { copyButton, el, fill, icon, said } from "./dom.js";
import { cost, count, duration, exactTime, tickLabel, time, tokens } from "./format.js";
import { Detail, scoreChips } from "./detail.js";
import { placeOf } from "./list.js";
import { ask, Poll } from "./live.js";
import { Rows, stepOf } from "./rows.js";
import { forest, ticks, unfolded } from "./tree.js";

const INDENT = 14;
const DEEPEST = 10; // levels that are indented; deeper ones show a number instead

export class TracePage {
  /** @param go changes the place, @param note only what the location says, @param back goes to the list */
  constructor(go, note, back) {
    Object.assign(this, { go, note, back });
    this.folded = new Set();
    this.head = el("div.trace-head");
    this.axis = el("div.axis", { "aria-hidden": "true" });
    this.viewport = el("div.rows", { role: "tree", "aria-label": "Observations", tabindex: 0 });
    this.detail = new Detail();
    this.foldButton = el("button.quiet", { onclick: () => this.foldAll() }, "fold all");
    this.tree = el("div.tree", null,
      el("div.columns", { "aria-hidden": "true" },
        el("span", null, this.foldButton),
        el("span", null, "Duration"), el("span", null, "Tokens"), this.axis),
      this.viewport);
    this.problem = el("div.hint");
    this.element = el("section.trace", null, this.head,
      el("div.split", null, this.tree, this.handle(), this.detail.element, this.problem));
    this.rows = new Rows({
      viewport: this.viewport, height: 30, key: (node) => node.id,
      stamp: (node) => [
        node.row?.stamp, node.start, node.end, node.depth, node.children.length, node.worst, this.from, this.span,
        this.folded.has(node.id),
      ].join(),
      make: () => el("div.row", { role: "treeitem" }), draw: (row, node) => this.draw(row, node),
    });
    this.viewport.addEventListener("click", (event) => this.clicked(event));
    this.poll = new Poll(() => this.load().catch((error) => this.gone(error)));
  }

  /** The bar between tree and detail, to be dragged. */
  handle() {
    const drag = (event) => {
      const { left, width } = this.element.getBoundingClientRect();
      const share = Math.min(0.8, Math.max(0.25, (event.clientX - left) / width));
      this.element.style.setProperty("--share", `${share * 100}%`);
    };
    return el("div.handle", {
      onpointerdown: (event) => event.target.setPointerCapture(event.pointerId),
      onpointermove: (event) => event.target.hasPointerCapture(event.pointerId) && drag(event),
    });
  }

  show(id, observationId) {
    this.wanted = observationId;
    if (id === this.id) {
      if (this.trace) this.select(observationId ?? this.rows.items[0].id);
      return this.news();
    }
    this.id = id;
    this.folded.clear();
    this.rows.current = null;
    this.viewport.scrollTop = 0;
    fill(this.problem);
    this.empty();
    this.load().catch((error) => this.fail(error));
  }

  empty() {
    this.version = 0;
    this.trace = null;
    this.rows.set([]);
    fill(this.head);
    this.detail.clear();
  }

  fail({ status, message }) {
    const missing = status === 404;
    fill(this.problem, el("div.empty", null,
      el("h2", null, missing ? "This trace is not here" : "This trace cannot be shown"),
      el("p", null, missing ? "It will show up when it arrives. Unless it has been here, and was forgotten." : message),
      el("p", null, el("a", { href: "#/" }, "All traces"))));
  }

  /** What was here a moment ago was forgotten, or the server took the place of another. */
  gone(error) {
    if (error.status !== 404) throw error;
    this.empty();
    this.fail(error);
  }

  news() {
    this.poll.soon();
  }

  async load() {
    const { id } = this;
    const trace = await ask(`/view/traces/${encodeURIComponent(id)}?since=${this.version}`);
    if (id !== this.id || trace.version < this.version) return; // late
    this.version = trace.version;
    if (!trace.observations) return; // nothing new
    fill(this.problem);
    this.trace = trace;
    this.nodes = forest(trace.observations);
    this.from = this.nodes.reduce((first, node) => Math.min(first, node.start), Infinity);
    this.until = this.nodes.reduce((last, node) => Math.max(last, node.end), 0);
    this.span = Math.max(this.until - this.from, 0.001);
    this.drawHead();
    this.drawAxis();
    this.setRows();
    const known = this.rows.currentItem;
    this.select(known?.id ?? this.wanted ?? this.nodes[0].id, { centre: !known });
  }

  select(id, { centre = false } = {}) {
    const node = this.nodes.find((each) => each.id === id) ?? this.nodes[0];
    for (let above = node.parent; above; above = above.parent) {
      if (this.folded.delete(above.id)) this.setRows();
    }
    if (node.id !== this.rows.current || centre) this.rows.select(node.id, { centre });
    this.detail.show(this.trace, node, this.from);
  }

  /**
   * Selecting is no step in the history: back leads to the list, wherever one has looked. And it is noted
   * only when the selection rests, because browsers ignore those who change their location all the time.
   */
  choose(id) {
    this.wanted = id;
    this.select(id);
    clearTimeout(this.noting);
    const place = `#/trace/${encodeURIComponent(this.id)}/${encodeURIComponent(id)}`;
    this.noting = setTimeout(() => this.note(place), 100);
  }

  leave() {
    clearTimeout(this.noting);
  }

  setRows() {
    this.rows.set(unfolded(this.nodes, this.folded));
    this.foldButton.textContent = this.folded.size ? "unfold all" : "fold all";
  }

  drawHead() {
    const { trace, nodes } = this;
    const total = (field) => trace.observations.reduce((sum, row) => sum + row[field], 0);
    const name = trace.name || nodes[0].row?.name || "";
    document.title = name || "Trace";
    const [inputTokens, outputTokens, totalTokens] = ["inputTokens", "outputTokens", "totalTokens"].map(total);
    const fact = (label, value, key) => value && el("span.fact", null, el("span", null, label),
      key ? this.others(key, value, "button.plain") : said(value));
    fill(this.head,
      el("div", null,
        el("h1", null, name ? said(name) : el("span.faint", null, "running …")),
        trace.tags.map((tag) => this.others("tag", tag, "button.chip")),
        scoreChips(trace.scores.filter((score) => !score.observationId)),
        el("span.gap"), copyButton(trace.id, "copy id", trace.id)),
      el("div", null,
        fact("started", time(this.from)), fact("took", duration(this.span)),
        fact("observations", count(trace.observations.length)),
        fact("tokens", tokens({ inputTokens, outputTokens, totalTokens })), fact("cost", cost(total("cost"))),
        fact("user", trace.userId, "user"), fact("session", trace.sessionId, "session"),
        trace.environment !== "default" && fact("environment", trace.environment),
        fact("trace input", trace.input), fact("trace output", trace.output)));
    this.head.title = exactTime(this.from);
  }

  /** A value that leads to the traces that have it, too. */
  others(key, value, tag) {
    return el(tag, { onclick: () => this.go(placeOf(key, value)) }, said(value));
  }

  drawAxis() {
    const { step, last } = ticks(this.span);
    this.tree.style.setProperty("--step", `${(step / this.span) * 100}%`);
    fill(this.axis, Array.from({ length: last + 1 }, (_, index) => {
      const tick = el("span", null, index ? tickLabel(index * step) : "0");
      tick.style.left = `${((index * step) / this.span) * 100}%`;
      return tick;
    }));
  }

  draw(element, { id, row, children, depth, worst, start, end }) {
    const folded = this.folded.has(id);
    const level = row?.level ?? "DEFAULT";
    const hidden = folded && worst > 0 ? ["", "WARNING", "ERROR"][worst] : null;
    element.dataset.level = level;
    element.setAttribute("aria-level", depth + 1);
    if (children.length) element.setAttribute("aria-expanded", String(!folded));
    else element.removeAttribute("aria-expanded");
    const guide = el("span.guide");
    guide.style.width = `${Math.min(depth, DEEPEST) * INDENT}px`;
    const mark = level === "ERROR" || level === "WARNING" ? level : hidden;
    fill(element, 
      el("span.name", null, guide, depth > DEEPEST && el("span.depth", null, depth),
        el("span.caret", null, children.length ? (folded ? "▸" : "▾") : ""),
        icon(row ? row.type : "running", row ? row.type.toLowerCase() : "running"),
        row ? said(row.name || "no name") : el("span.faint", null, "still running …"),
        mark && icon(mark, mark.toLowerCase()),
        folded && el("span.depth", null, `+${children.length}`),
        row?.model && said(row.model, "span", { class: "model" })),
      el("span.number", null, row ? (row.type === "EVENT" && !row.duration ? "" : duration(row.duration)) : ""),
      el("span.number", null, row ? tokens(row) : ""),
      el("span.lane", null, this.bar(row, level, start, end)));
  }

  bar(row, level, start, end) {
    const share = (ms) => `${Math.min(100, Math.max(0, (ms / this.span) * 100))}%`;
    const bar = el(`span.bar.type-${row?.type ?? "running"}`, { "data-level": level });
    bar.style.left = share(start - this.from);
    bar.style.width = share((row ? end : this.until) - start);
    if (row?.firstToken > 0 && row.duration > 0) {
      const wait = el("span.wait"); // until the first token
      wait.style.width = `${Math.min(100, (row.firstToken / row.duration) * 100)}%`;
      bar.append(wait);
    }
    return bar;
  }

  clicked(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const isCaret = event.target.closest(".caret") && row.hasAttribute("aria-expanded");
    if (isCaret) this.fold(row.key, !this.folded.has(row.key));
    else this.choose(row.key);
  }

  fold(id, folded) {
    if (folded) this.folded.add(id);
    else this.folded.delete(id);
    this.setRows();
    if (!this.rows.currentItem) this.choose(id); // it was below
  }

  /** Folds what is below the top, or unfolds everything if that is done. */
  foldAll() {
    if (!this.trace) return;
    const inner = this.nodes.filter((node) => node.depth && node.children.length);
    this.folded = new Set(this.folded.size ? [] : inner.map((node) => node.id));
    this.setRows();
    if (!this.rows.currentItem) this.choose(this.rows.items[0].id);
  }

  focus() {
    this.viewport.focus({ preventScroll: true });
  }

  key(event) {
    const inDetail = this.detail.element.contains(event.target);
    if (event.key === "Escape") {
      if (inDetail) this.focus();
      else this.back();
      return true;
    }
    const node = this.rows.currentItem;
    if (inDetail || !node || event.target.tagName === "BUTTON") return false;
    const step = stepOf(event, this.rows);
    if (step) {
      this.choose(this.rows.neighbour(step).id);
      return true;
    }
    const folded = this.folded.has(node.id);
    if (event.key === "ArrowLeft") {
      if (node.children.length && !folded) this.fold(node.id, true);
      else if (node.parent) this.choose(node.parent.id);
    } else if (event.key === "ArrowRight") {
      if (folded) this.fold(node.id, false);
      else if (node.children.length) this.choose(node.children[0].id);
    } else if (event.key === "Enter") {
      this.detail.element.focus();
    } else return false;
    return true;
  }
}
