// News from the server: one stream of events while the tab is in sight, and polls that do not pile up.

/** Calls onNews whenever something has arrived, and onState with "live" or "reconnecting". */
export function follow(onNews, onState) {
  let events = null;
  let again = null;

  function open() {
    clearTimeout(again);
    if (events || document.hidden) return;
    events = new EventSource(address("/view/events"));
    events.onmessage = () => {
      onState("live");
      onNews();
    };
    events.onerror = () => {
      onState("reconnecting");
      if (events.readyState !== EventSource.CLOSED) return; // it tries again by itself
      close();
      again = setTimeout(open, 3000);
    };
  }

  function close() {
    events?.close();
    events = null;
  }

  // A hidden tab would hold one of the few connections that a browser has for one server.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  open();
}

const LEAST_WAIT = 250;

/** Asks after news, one question at a time, at most four a second, and rarer when answers are slow. */
export class Poll {
  constructor(ask) {
    this.ask = ask;
    this.wanted = false;
    this.busy = false;
  }

  soon() {
    this.wanted = true;
    if (!this.busy) this.run();
  }

  async run() {
    this.busy = true;
    while (this.wanted) {
      this.wanted = false;
      const before = performance.now();
      await this.ask().catch(() => {}); // the stream of events says that the server is gone
      const took = performance.now() - before;
      await new Promise((resume) => setTimeout(resume, Math.max(LEAST_WAIT, 3 * took)));
    }
    this.busy = false;
  }
}

/** Of a path of the server. Without the keys, which this page's own address may have: fetch refuses them. */
const address = (path) => location.origin + path;

/** The JSON at a path of the server. */
export async function ask(path) {
  const response = await fetch(address(path));
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.message), { status: response.status });
  return body;
}
