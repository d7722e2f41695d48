// Which keys there are, and who gets them.

import { el } from "./dom.js";

const KEYS = [
  ["↑ ↓", "or j k", "move in the list, in the tree"],
  ["Enter", "", "open a trace; look at an observation"],
  ["← →", "", "fold and unfold a branch, go to its parent or child"],
  ["Esc", "", "back; clear the search"],
  ["/", "", "search"],
  ["?", "", "these keys"],
];

/** @param view gives the view that is shown, whose key(event) says whether it took the event */
export function listen(view, search) {
  const dialog = document.getElementById("keys");
  dialog.append(
    el("h2", null, "Keys"),
    el("dl", null, KEYS.map(([key, other, what]) => [
      el("dt", null, key.split(" ").map((each) => el("kbd", null, each)), other && ` ${other}`), el("dd", null, what),
    ])),
    el("p.fine", null, "user: session: tag: env: type: level: narrow the search. So does a click on one of them."));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const help = () => (dialog.open ? dialog.close() : dialog.showModal());
  document.getElementById("help").addEventListener("click", help);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const writing = event.target.tagName === "INPUT";
    if (event.key === "?" && !writing) help();
    else if (dialog.open) return;
    else if (event.key === "/" && !writing) search();
    else if (!view().key(event)) return;
    event.preventDefault();
  });
}
