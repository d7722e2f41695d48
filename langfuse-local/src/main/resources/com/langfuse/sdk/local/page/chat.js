// Conversations with a model, in the shapes of OpenAI, Anthropic, Gemini and OpenTelemetry's gen_ai.

import { count } from "./format.js";
import { el, said } from "./dom.js";
import { isBranch, leaf, mediaIn, prose, showString, tree } from "./values.js";

const MOST_MESSAGES = 100;
const isObject = (value) => isBranch(value) && !Array.isArray(value);

/** Where makers have the messages of a conversation, and what is a message there. */
const LISTS = {
  messages: (each) => each,
  contents: (each) => each,
  choices: (each) => each?.message,
  candidates: (each) => each?.content,
};

/** What is said to whom, and what else the value has; null if it is no conversation. */
export function conversation(value) {
  if (Array.isArray(value)) return value.length && value.every(isMessage) ? { messages: value, rest: {} } : null;
  if (isMessage(value)) return { messages: [value], rest: {} };
  const key = Object.keys(LISTS).find((each) => listOf(value[each], LISTS[each]));
  if (!key) return null;
  const { [key]: list, system, ...rest } = value;
  const messages = list.map(LISTS[key]);
  return { messages: system == null ? messages : [{ role: "system", content: system }, ...messages], rest };
}

function listOf(value, unwrap) {
  const list = Array.isArray(value) ? value.map(unwrap) : [];
  return list.length && list.every(isMessage) ? list : null;
}

const ITEMS = ["function_call", "function_call_output", "reasoning"];

const CONTENTS = ["content", "parts", "tool_calls", "function_call"];

const isMessage = (value) =>
  isObject(value) &&
  (ITEMS.includes(value.type) || (typeof value.role === "string" && CONTENTS.some((key) => key in value)));

export function chat({ messages, rest }, view, path) {
  const all = view.folds.get(`${path}…`) || messages.length <= MOST_MESSAGES;
  const shown = all ? messages : messages.slice(-MOST_MESSAGES);
  const first = messages.length - shown.length;
  return el("div.chat", null,
    !all && el("button.more", { onclick: () => {
      view.folds.set(`${path}…`, true);
      view.redraw();
    } }, `show all (${count(messages.length)} messages)`),
    shown.map((each, index) => message(each, view, `${path}/m${first + index}`)),
    Object.keys(rest).length > 0 && tree(rest, view, `${path}/rest`, { rows: 8 }));
}

function message(value, view, path) {
  const role = value.role ?? (value.type === "function_call_output" ? "tool" : "assistant");
  const parts = partsOf(value);
  return el("div.message", { "data-role": role },
    el("div.role", null, said(role), value.role && value.name && said(value.name, "span", { class: "faint" })),
    el("div.parts", null, parts.length ? parts.map((each, index) => part(each, view, `${path}/${index}`, role))
      : el("span.faint", null, "nothing")));
}

function partsOf(value) {
  if (ITEMS.includes(value.type)) return [value];
  const content = value.parts ?? value.content;
  const calls = [value.tool_calls, value.function_call].flat().filter(Boolean);
  return [
    ...(value.reasoning_content ? [{ type: "reasoning", content: value.reasoning_content }] : []),
    ...(Array.isArray(content) ? content : content == null || content === "" ? [] : [content]),
    ...(value.refusal ? [{ type: "refusal", refusal: value.refusal }] : []),
    ...calls.map((each) => ({ ...each, ...each.function, type: "tool_call" })),
  ];
}

/** Each maker has words of its own for the same few things. */
function part(value, view, path, role) {
  if (typeof value === "string") return role === "tool" ? showString(value, view, path) : prose(value, view, path);
  if (!isObject(value)) return isBranch(value) ? tree(value, view, path) : leaf(value, view, path);
  const call = value.functionCall ?? value;
  const result = value.functionResponse ?? value;
  switch (value.functionCall ? "tool_call" : value.functionResponse ? "tool_result" : value.type ?? "text") {
    case "tool_call": case "tool_use": case "function_call": case "server_tool_use":
      return framed("→", call.name, call.id ?? call.call_id, call.arguments ?? call.input ?? call.args, view, path);
    case "tool_result": case "tool_call_response": case "function_call_output":
      return framed("←", result.name ?? "result", result.tool_use_id ?? result.id ?? result.call_id,
        result.content ?? result.result ?? result.response ?? result.output, view, path);
    case "thinking": case "reasoning": {
      const thought = value.thinking ?? value.content ?? value.text ?? value.summary ?? "";
      const text = typeof thought === "string" ? thought : JSON.stringify(thought);
      return el("div.thought", null, prose(text, view, path));
    }
    case "text": case "input_text": case "output_text": case "refusal": {
      const text = value.text ?? value.content ?? value.refusal;
      return typeof text === "string" ? prose(text, view, path) : tree(value, view, path);
    }
    default: {
      const media = mediaIn(value);
      if (media.length) return el("div.prose", null, media);
      const data = value.image_url?.url ?? value.image_url;
      return typeof data === "string" && data.startsWith("data:") ? prose(data, view, path) : tree(value, view, path);
    }
  }
}

/** A call of a tool, or what came back. */
function framed(arrow, name, id, value, view, path) {
  const body = typeof value === "string" ? showString(value, view, path)
    : Array.isArray(value) && value.every((each) => typeof each?.text === "string")
      ? value.map((each, index) => prose(each.text, view, `${path}/${index}`))
      : isBranch(value) ? tree(value, view, path)
      : value == null ? null : leaf(value, view, path);
  return el("div.call", null,
    el("div.call-head", null, el("span.faint", null, arrow), said(name ?? "tool", "code"),
      id != null && said(id, "span", { class: "faint" })),
    body);
}
