// The selected observation with all there is to know about it. What is folded stays so.

import { copyButton, el, fill, icon, said } from "./dom.js";
import { cost, count, duration, exactTime, tokens } from "./format.js";
import { ask } from "./live.js";
import { parse, prose, show } from "./values.js";

const LONG_LIST = 60;
const CLOSED = ["attributes", "resource", "events"];

export class Detail {
  constructor() {
    this.folds = new Map();
    this.raw = new Set();
    this.element = el("aside.detail", { tabindex: -1, "aria-label": "Observation" });
  }

  clear() {
    this.shown = null;
    this.observation = null;
    this.folds.clear();
    fill(this.element);
  }

  /** Asks for an observation unless it is shown as it is. The former one stays until the answer is there. */
  async show(trace, node, from) {
    const scores = trace.scores.filter((score) => score.observationId === node.id);
    const stamp = JSON.stringify([trace.id, node.id, node.row?.stamp, from, scores]);
    if (stamp === this.shown) return;
    this.shown = stamp;
    this.from = from;
    if (!node.row) return this.drawMissing(node);
    const isOther = node.id !== this.observation?.id;
    if (isOther) this.full = false;
    this.path = `/view/traces/${encodeURIComponent(trace.id)}/observations/${encodeURIComponent(node.id)}`;
    try {
      await this.load(stamp);
      if (isOther && stamp === this.shown) this.element.scrollTop = 0;
    } catch (error) {
      if (stamp === this.shown) fill(this.element, el("p.note", null, error.message));
    }
  }

  async load(stamp = this.shown) {
    const observation = await ask(`${this.path}?full=${this.full}`);
    if (stamp !== this.shown) return;
    this.observation = observation;
    this.draw();
  }

  /** @param whole asks for what the server had cut, too */
  redraw(whole = false) {
    if (!whole || this.full) return this.draw();
    this.full = true;
    this.load().catch((error) => fill(this.element, el("p.note", null, error.message)));
  }

  drawMissing(node) {
    this.observation = null;
    fill(this.element, 
      el("header", null, icon("running"), el("h2", null, "Still running …")),
      el("p.note", null,
        "It is known by those below it and has not arrived itself: observations are sent when they end. ",
        "If its sender does not send it at all, it stays like this."),
      el("dl.facts", null, pair("id", idOf(node.id))));
  }

  draw() {
    const { element, observation: it } = this;
    const { scrollTop } = element;
    fill(element,
      el("header", null, icon(it.type), el("h2", null, said(it.name || "no name")),
        el("span.type", null, it.type.toLowerCase()),
        it.level !== "DEFAULT" && el("span.level", { "data-level": it.level }, it.level)),
      this.numbers(it),
      it.statusMessage && this.status(it.statusMessage, it.level),
      scoreChips(it.scores, true),
      it.input && this.value("input", it.input),
      it.output && this.value("output", it.output),
      this.map("metadata", it.metadata),
      this.section("details", null, () => this.facts(it)),
      this.map("attributes", it.attributes),
      it.events.length > 0 && this.section("events", it.events.length, () => this.events(it.events)),
      this.map("resource", it.resource));
    element.scrollTop = scrollTop;
  }

  status({ text, length }, level) {
    return el("div.status", { "data-level": level }, prose(text, this.at(), `${this.observation.id}/status`, length));
  }

  events(events) {
    return this.beginning("events", events, ({ name, attributes }, index) =>
      el("div", null, said(name, "h4"), this.pairs(`events/${index}`, attributes)));
  }

  /** Of a long list its first entries, and a button for the others. */
  beginning(name, entries, drawn) {
    const path = `${this.observation.id}/${name}…`;
    const cut = entries.length > LONG_LIST && !this.folds.get(path);
    return [
      entries.slice(0, cut ? LONG_LIST : entries.length).map(drawn),
      cut && el("button.more", { onclick: () => {
        this.folds.set(path, true);
        this.draw();
      } }, `show all (${count(entries.length)})`),
    ];
  }

  numbers(it) {
    const number = (label, value, title) => value &&
      el("div", { title }, el("span", null, label), said(value, "strong"));
    return el("div.numbers", null,
      number("Took", it.type === "EVENT" && !it.duration ? "" : duration(it.duration)),
      number("Began at", `+${duration(Math.max(0, it.start - this.from))}`, exactTime(it.start)),
      it.firstToken != null && number("First token", duration(it.firstToken)),
      it.model && number("Model", it.model),
      number("Tokens", tokens(it)),
      number("Cost", cost(it.totalCost)));
  }

  facts(it) {
    const rows = [
      ["level", it.level !== "DEFAULT" && it.level.toLowerCase()],
      ["started", exactTime(it.start)],
      ["prompt", it.promptName && `${it.promptName}${it.promptVersion != null ? `, version ${it.promptVersion}` : ""}`],
      ["user", it.userId], ["session", it.sessionId], ["tags", it.tags.join(", ")], ["environment", it.environment],
      ["release", it.release], ["version", it.version], ["scope", it.scope],
    ];
    return [
      this.spent(it),
      el("dl.facts", null,
        Object.entries(it.modelParameters).map(([name, value]) => pair(name, said(value.text))),
        rows.map(([name, value]) => value && pair(name, said(value))),
        pair("observation", idOf(it.id)),
        it.parentId && pair("parent", idOf(it.parentId)),
        pair("trace", idOf(it.traceId))),
    ];
  }

  /** Tokens and dollars by bucket. */
  spent({ usage, cost: dollars }) {
    const buckets = [...new Set([...Object.keys(usage), ...Object.keys(dollars)])];
    return buckets.length > 0 && el("table.spent", null,
      el("thead", null, el("tr", null, ["usage", "tokens", "cost"].map((name) => el("th", null, name)))),
      el("tbody", null, buckets.map((bucket) => el("tr", null, el("td", null, said(bucket)),
        el("td", null, Object.hasOwn(usage, bucket) ? count(usage[bucket]) : ""),
        el("td", null, Object.hasOwn(dollars, bucket) ? cost(dollars[bucket]) || "$0" : "")))));
  }

  /** What the renderers of values need of us, for the observation that is shown. */
  at() {
    return { folds: this.folds, redraw: (whole) => this.redraw(whole) };
  }

  value(name, value) {
    const path = `${this.observation.id}/${name}`;
    const raw = this.raw.has(name);
    const whole = value.length === value.text.length;
    const isJson = whole && typeof parse(value.text) === "object";
    const toggle = isJson && el("button.quiet", {
      "aria-pressed": String(raw), title: "As it was sent",
      onclick: () => {
        if (!this.raw.delete(name)) this.raw.add(name);
        this.draw();
      },
    }, "raw");
    const all = async () => (whole ? value.text : (await ask(`${this.path}?full=true`))[name].text);
    const asSent = () => el("div.mono", null, prose(value.text, this.at(), `${path}/raw`, value.length));
    return this.section(name, null, () => (raw ? asSent() : show(value, this.at(), path)), [toggle, copyButton(all)]);
  }

  map(name, values) {
    const size = Object.keys(values).length;
    return size > 0 && this.section(name, size, () => this.pairs(name, values));
  }

  pairs(name, values) {
    const path = `${this.observation.id}/${name}`;
    return el("dl.values", null, this.beginning(name, Object.entries(values), ([key, value], index) =>
      [el("dt", null, said(key)), el("dd", null, show(value, this.at(), `${path}/${index}`))]));
  }

  /** A part that folds, for all observations alike: who looks for metadata does so in the next one, too. */
  section(name, size, body, actions = []) {
    const key = `section ${name}`;
    const open = this.folds.get(key) ?? !CLOSED.includes(name);
    const toggle = () => {
      this.folds.set(key, !open);
      this.draw();
    };
    return el("section", null,
      el("h3", null,
        el("button.toggle", { "aria-expanded": String(open), onclick: toggle },
          el("span.caret", null, open ? "▾" : "▸"), name, size != null && el("span.faint", null, count(size))),
        open && actions),
      open && el("div.body", null, body()));
  }
}

const idOf = (id) => [said(id, "code"), copyButton(id)];

const pair = (name, value) => [el("dt", null, said(name)), el("dd", null, value)];

/** What people, programs and models think of it. */
export function scoreChips(scores, withComments = false) {
  return scores.length > 0 && el("div.scores", null, scores.map((score) =>
    el("span.score", { title: score.comment }, said(score.name, "span"), said(score.value, "strong"),
      withComments && score.comment && said(score.comment, "em"))));
}
