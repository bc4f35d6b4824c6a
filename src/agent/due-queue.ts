/** Which key is due next; a binary heap, in which an old entry of a key that was set again is skipped when it comes up. */
export class DueQueue<Key> {
  readonly #heap: { at: number; key: Key }[] = [];
  readonly #dueAt = new Map<Key, number>();

  /** Sets when a key is due; the last call counts. */
  set(key: Key, at: number): void {
    if (this.#dueAt.get(key) === at) return;
    this.#dueAt.set(key, at);
    this.#push({ at, key });
    // Entries that were set again stay until they come up: cleared when they are most of the heap.
    if (this.#heap.length > 2 * this.#dueAt.size + 64) this.#rebuild();
  }

  delete(key: Key): void {
    this.#dueAt.delete(key);
  }

  dueAt(key: Key): number | null {
    return this.#dueAt.get(key) ?? null;
  }

  /** When something is due next; null when nothing is. */
  next(): number | null {
    this.#dropOld();
    return this.#heap[0]?.at ?? null;
  }

  /** Takes out one key that is due by then. */
  take(now: number): Key | null {
    this.#dropOld();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return null;
    this.#pop();
    this.#dueAt.delete(first.key);
    return first.key;
  }

  #dropOld(): void {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (this.#dueAt.get(first.key) === first.at) return;
      this.#pop();
    }
  }

  #rebuild(): void {
    this.#heap.length = 0;
    for (const [key, at] of this.#dueAt) this.#push({ at, key });
  }

  #push(entry: { at: number; key: Key }): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (heap[above]!.at <= entry.at) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]!.at < heap[below]!.at) below++;
      if (heap[below]!.at >= last.at) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = last;
  }
}
