// The shape of a trace: which observation is below which, and which rows that makes.

const WORSE = { DEBUG: 0, DEFAULT: 0, WARNING: 1, ERROR: 2 };

/**
 * Nodes in the order of their rows, each observation once. A parent that has not arrived gets a node
 * of its own, known by its children only; parents in a circle end up at the top. There is no
 * recursion: a trace may be deeper than the stack.
 */
export function forest(observations) {
  const nodes = new Map(observations.map((row) => [row.id, node(row.id, row)]));
  for (const row of observations) {
    const parent = parentOf(row, nodes);
    parent?.children.push(nodes.get(row.id));
  }
  const roots = [...nodes.values()].filter(({ row }) => !row || !parentOf(row, nodes));
  const ordered = [];
  const seen = new Set();
  for (const root of [...roots.sort(byStart), ...nodes.values()]) plant(root, seen, ordered);
  for (const each of ordered.toReversed()) {
    each.end = each.row ? each.end : lastEnd(each.children);
    if (each.parent) each.parent.worst = Math.max(each.parent.worst, each.worst);
  }
  return ordered;
}

function node(id, row) {
  const start = row?.start ?? Infinity;
  return { id, row, children: [], parent: null, depth: 0, start, end: start + (row?.duration ?? 0),
    worst: WORSE[row?.level] ?? 0 };
}

/** An observation that is the topmost of its sender may have a parent elsewhere, which never comes. */
function parentOf(row, nodes) {
  if (!row.parentId || row.parentId === row.id) return null;
  if (!nodes.has(row.parentId)) {
    if (row.appRoot) return null;
    nodes.set(row.parentId, node(row.parentId, null));
  }
  const parent = nodes.get(row.parentId);
  if (!parent.row) parent.start = Math.min(parent.start, row.start);
  return parent;
}

function plant(root, seen, ordered) {
  const waiting = [root];
  while (waiting.length) {
    const next = waiting.pop();
    if (seen.has(next)) continue;
    seen.add(next);
    ordered.push(next);
    next.children = next.children.filter((child) => !seen.has(child));
    for (const child of next.children.toReversed()) {
      child.parent = next;
      child.depth = next.depth + 1;
      waiting.push(child);
    }
  }
}

const byStart = (a, b) => a.start - b.start;
const lastEnd = (nodes) => nodes.reduce((last, each) => Math.max(last, each.end), -Infinity);

/** Those of the nodes that are not below a folded one. */
export function unfolded(nodes, folded) {
  const rows = [];
  let hiddenBelow = Infinity;
  for (const each of nodes) {
    if (each.depth > hiddenBelow) continue;
    hiddenBelow = folded.has(each.id) ? each.depth : Infinity;
    rows.push(each);
  }
  return rows;
}

/** Where the lines of the time axis are: every step of 1, 2 or 5, some five of them. */
export function ticks(span) {
  const rough = span / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough);
  return { step, last: Math.floor((span * 0.93) / step) }; // a label needs some room
}
