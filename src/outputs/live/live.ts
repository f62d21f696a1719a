import type { PartHealth } from '../../domain/view.ts';
import type { Output, Snapshot } from '../output.ts';

/** Hands every snapshot to whoever looks on right now: the page, through the private listener. */
export class LiveOutput implements Output {
  readonly name = 'live';
  readonly #watchers = new Set<(snapshot: Snapshot) => void>();
  #newest: Snapshot | null = null;

  show(snapshot: Snapshot): void {
    this.#newest = snapshot;
    for (const watcher of this.#watchers) watcher(snapshot);
  }

  /** Null until something was drawn. */
  newest(): Snapshot | null {
    return this.#newest;
  }

  /** Calls back with every snapshot from now on, until the returned function is called. The watcher must not throw. */
  watch(watcher: (snapshot: Snapshot) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  health(): PartHealth {
    return { part: 'live', state: 'ok', sentence: null };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
  }
}
