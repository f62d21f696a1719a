import type { Settings } from '../store/settings.ts';

const key = 'paused';
const whyKey = 'paused_why';

/** The pause: no money moves while it is pulled. It survives restarts. */
export class Brake {
  readonly #settings: Settings;
  readonly #onChange: () => void;
  #isPulled: boolean;
  #why: string | null;

  constructor(settings: Settings, onChange: () => void) {
    this.#settings = settings;
    this.#onChange = onChange;
    this.#isPulled = settings.get(key) === true;
    const why = settings.get(whyKey);
    this.#why = typeof why === 'string' ? why : null;
  }

  isPulled(): boolean {
    return this.#isPulled;
  }

  /** Why the bridge itself pulled it, as a sentence; null where a person did, or nobody. */
  why(): string | null {
    return this.#why;
  }

  /** Takes effect even when the disk refuses to remember it; then it throws what the disk said. */
  pull(why: string | null = null): void {
    this.#isPulled = true;
    this.#why = why ?? this.#why;
    this.#onChange();
    this.#settings.set(key, true);
    this.#settings.set(whyKey, this.#why);
  }

  release(): void {
    this.#settings.set(key, false);
    this.#settings.set(whyKey, null);
    this.#why = null;
    this.#isPulled = false;
    this.#onChange();
  }
}
