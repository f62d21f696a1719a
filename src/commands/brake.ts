import type { Settings } from '../store/settings.ts';

const key = 'paused';

/** The pause: no money moves while it is pulled. It survives restarts. */
export class Brake {
  readonly #settings: Settings;
  readonly #onChange: () => void;
  #isPulled: boolean;

  constructor(settings: Settings, onChange: () => void) {
    this.#settings = settings;
    this.#onChange = onChange;
    this.#isPulled = settings.get(key) === true;
  }

  isPulled(): boolean {
    return this.#isPulled;
  }

  /** Takes effect even when the disk refuses to remember it; then it throws what the disk said. */
  pull(): void {
    this.#isPulled = true;
    this.#onChange();
    this.#settings.set(key, true);
  }

  release(): void {
    this.#settings.set(key, false);
    this.#isPulled = false;
    this.#onChange();
  }
}
