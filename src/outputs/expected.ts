/** `gone`: a person said that it is not coming back. */
export type Acquaintance = 'never_seen' | 'seen' | 'gone';

/** A place on disk for one value. */
export interface Memory {
  get(): unknown;
  set(value: Acquaintance): void;
}

/** Whether there is a Home Assistant to keep events for; remembered on disk. */
export class ExpectedHomeAssistant {
  readonly #memory: Memory;
  readonly #listeners: (() => void)[] = [];
  #state: Acquaintance;

  constructor(memory: Memory) {
    this.#memory = memory;
    const stored = memory.get();
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
    this.#memory.set(state);
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
