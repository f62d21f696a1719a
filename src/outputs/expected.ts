/** `gone`: a person said that it is not coming back. */
export type Acquaintance = 'never_seen' | 'seen' | 'gone';

/** Values on disk, by key. */
export interface Memory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

const key = 'home_assistant';

/** Whether there is a Home Assistant to keep events for; remembered on disk. */
export class ExpectedHomeAssistant {
  readonly #memory: Memory;
  readonly #listeners: (() => void)[] = [];
  #state: Acquaintance;

  constructor(memory: Memory) {
    this.#memory = memory;
    const stored = memory.get(key);
    this.#state = stored === 'seen' || stored === 'gone' ? stored : 'never_seen';
  }

  state(): Acquaintance {
    return this.#state;
  }

  isExpected(): boolean {
    return this.#state === 'seen';
  }

  /** It was there just now. */
  saw(): void {
    this.#become('seen');
  }

  /** Something that only a Home Assistant leaves behind was found; this does not contradict a person. */
  heardOf(): void {
    if (this.#state === 'never_seen') this.#become('seen');
  }

  isGone(): void {
    this.#become('gone');
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #become(state: Acquaintance): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
    this.#memory.set(key, state);
  }
}
