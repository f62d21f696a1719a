import type { Settings } from '../store/settings.ts';

const key = 'paused';
const whyKey = 'paused_why';

/** The pause: no money moves while it is on. It survives restarts. */
export class MoneyPause {
  readonly #settings: Settings;
  readonly #onChange: () => void;
  #isPaused: boolean;
  #why: string | null;

  constructor(settings: Settings, onChange: () => void) {
    this.#settings = settings;
    this.#onChange = onChange;
    this.#isPaused = settings.get(key) === true;
    const why = settings.get(whyKey);
    this.#why = typeof why === 'string' ? why : null;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  /** Why the bridge itself paused moves, as a sentence; null where a person did, or nobody. */
  why(): string | null {
    return this.#why;
  }

  /** Takes effect even when the disk refuses to remember it; then it throws what the disk said. */
  pause(why: string | null = null): void {
    this.#isPaused = true;
    this.#why = why ?? this.#why;
    this.#onChange();
    this.#settings.set(key, true);
    this.#settings.set(whyKey, this.#why);
  }

  resume(): void {
    this.#settings.set(key, false);
    this.#settings.set(whyKey, null);
    this.#why = null;
    this.#isPaused = false;
    this.#onChange();
  }
}
