// Numbers and times as people read them; always the same width for the same size of thing.

const GROUPED = new Intl.NumberFormat("en-US");
const pad = (number, digits = 2) => String(number).padStart(digits, "0");

export const count = (number) => GROUPED.format(number);

/** "1 trace", "2 traces". */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Three digits or so in the unit that suits. */
export function duration(ms) {
  if (ms < 1) return ms <= 0 ? "0 ms" : `${Math.max(0.01, ms).toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.floor(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(Math.floor(ms / 10) / 100).toFixed(2)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
}

/** The same for round numbers, without zeros that say nothing. */
export const tickLabel = (ms) =>
  ms < 1 ? `${+ms.toPrecision(2)} ms` : duration(ms).replace(/\.0+(?= )|(?<=\.\d)0(?= )/, "");

/** "1,200 → 34", or the total where they went one way, or nobody said which. */
export function tokens(row) {
  if (row.inputTokens && row.outputTokens) return `${count(row.inputTokens)} → ${count(row.outputTokens)}`;
  return row.totalTokens ? count(row.totalTokens) : "";
}

/** US dollars with at least two digits that say something. */
export function cost(dollars) {
  if (!dollars) return "";
  const digits = dollars >= 1 ? 2 : Math.min(10, 1 - Math.floor(Math.log10(dollars)) + 1);
  return `$${dollars.toFixed(Math.max(2, digits))}`;
}

/** The time of day, with the date unless it is today's. */
export function time(ms) {
  const date = new Date(ms);
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return date.toDateString() === new Date().toDateString()
    ? clock
    : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${clock}`;
}

/** To the millisecond, with date and zone. */
export const exactTime = (ms) => new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC");
