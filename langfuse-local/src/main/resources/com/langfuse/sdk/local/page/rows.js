// A long list of which only the rows in sight are in the document. All rows are of one height.

const BEYOND = 8; // rows above and below those in sight, so that scrolling never shows a gap

/**
 * Rows are told apart by key(item), drawn again when stamp(item) is another than before, and stay
 * the same element meanwhile: what is under the mouse is not exchanged between press and click.
 */
export class Rows {
  constructor(settings) {
    Object.assign(this, settings); // viewport, height, key, stamp, make, draw
    const { viewport } = this;
    this.items = [];
    this.indexes = new Map();
    this.shown = new Map();
    this.current = null;
    this.space = document.createElement("div");
    this.space.className = "space";
    this.space.setAttribute("role", "presentation");
    viewport.append(this.space);
    viewport.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(viewport);
  }

  /** Other items in other places; what was on top of the view stays there unless it was the top. */
  set(items) {
    const top = this.viewport.scrollTop;
    const anchor = top > 0 ? this.items[Math.floor(top / this.height)] : null;
    this.items = items;
    this.indexes = new Map(items.map((item, index) => [this.key(item), index]));
    this.space.style.height = `${items.length * this.height}px`;
    const index = anchor && this.indexes.get(this.key(anchor));
    if (index != null) this.viewport.scrollTop = index * this.height + (top % this.height);
    this.render();
  }

  render() {
    const top = this.viewport.scrollTop;
    const first = Math.max(0, Math.floor(top / this.height) - BEYOND);
    const last = Math.ceil((top + this.viewport.clientHeight) / this.height) + BEYOND;
    const gone = new Map(this.shown);
    this.items.slice(first, last).forEach((item, offset) => {
      const key = this.key(item);
      gone.delete(key);
      this.place(item, key, first + offset);
    });
    for (const [key, row] of gone) {
      row.remove();
      this.shown.delete(key);
    }
    const current = this.shown.get(this.current);
    if (current) this.viewport.setAttribute("aria-activedescendant", current.id);
    else this.viewport.removeAttribute("aria-activedescendant");
  }

  place(item, key, index) {
    let row = this.shown.get(key);
    if (!row) {
      row = this.make();
      row.id = `row-${key}`;
      row.key = key;
      this.shown.set(key, row);
      this.space.append(row);
    }
    const stamp = this.stamp(item);
    if (row.stamp !== stamp) {
      row.stamp = stamp;
      this.draw(row, item);
    }
    row.style.top = `${index * this.height}px`;
    if (row.role === "option") {
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", this.items.length);
    }
    row.setAttribute("aria-selected", key === this.current);
  }

  /** Makes an item the current one and scrolls no further than needed to see it. */
  select(key, { centre = false } = {}) {
    this.current = key;
    const index = this.indexes.get(key);
    if (index != null) {
      const top = index * this.height;
      const room = this.viewport.clientHeight - this.height;
      const { scrollTop } = this.viewport;
      if (centre && (top < scrollTop || top > scrollTop + room)) this.viewport.scrollTop = top - room / 2;
      else if (top < scrollTop) this.viewport.scrollTop = top;
      else if (top > scrollTop + room) this.viewport.scrollTop = top - room;
    }
    this.render();
  }

  get currentItem() {
    return this.items[this.indexes.get(this.current)];
  }

  /** The item so many rows further, or the first or last one. */
  neighbour(step) {
    const index = this.indexes.get(this.current) ?? (step > 0 ? -1 : this.items.length);
    return this.items[Math.min(this.items.length - 1, Math.max(0, index + step))];
  }

  get rowsInSight() {
    return Math.max(1, Math.floor(this.viewport.clientHeight / this.height) - 1);
  }
}

/** How far a key moves in a list; 0 if it does not. */
export function stepOf(event, rows) {
  const steps = {
    ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, Home: -Infinity, End: Infinity,
    PageDown: rows.rowsInSight, PageUp: -rows.rowsInSight,
  };
  return steps[event.key] ?? 0;
}
