import type { PartHealth } from '../../domain/view.ts';
import type { Output, Picture } from '../output.ts';

/** Hands every picture to whoever looks on right now: the page, through the private listener. */
export class LiveOutput implements Output {
  readonly name = 'live';
  readonly #watchers = new Set<(picture: Picture) => void>();
  #newest: Picture | null = null;

  show(picture: Picture): void {
    this.#newest = picture;
    for (const watcher of this.#watchers) watcher(picture);
  }

  /** Null until something was drawn. */
  newest(): Picture | null {
    return this.#newest;
  }

  /** Calls back with every picture from now on, until the returned function is called. The watcher must not throw. */
  watch(watcher: (picture: Picture) => void): () => void {
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
