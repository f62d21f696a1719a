/** What a person has chosen for this browser: kept in it over reloads, and the same in all of its tabs. */
export interface KeptChoice<T> {
  readonly value: T;
  readonly set: (value: T) => void;
}

export interface Browser {
  /** Throws where the browser refuses to keep anything; a choice then lasts as long as the page. */
  readonly memory: () => Pick<Storage, 'getItem' | 'setItem'>;
  /** Calls when another tab has changed what is kept. */
  readonly watch: (onChange: () => void) => void;
}

export interface ChoiceOptions<T> {
  readonly key: string;
  /** Until something is chosen. */
  readonly first: T;
  /** Null for what means nothing. */
  readonly read: (text: string) => T | null;
  readonly write: (value: T) => string;
  /** Called with every value, whoever chose it, the first one included. */
  readonly onChange: (value: T) => void;
}

export function createChoice<T>({ memory, watch }: Browser, options: ChoiceOptions<T>): KeptChoice<T> {
  const { key, first, read, write, onChange } = options;
  const kept = (otherwise: T): T => {
    try {
      const text = memory().getItem(key);
      return text === null ? otherwise : (read(text) ?? otherwise);
    } catch {
      return otherwise;
    }
  };
  let value = kept(first);
  onChange(value);
  watch(() => {
    const next = kept(value);
    if (write(next) === write(value)) return;
    value = next;
    onChange(value);
  });
  return {
    get value() {
      return value;
    },
    set: (next) => {
      value = next;
      try {
        memory().setItem(key, write(next));
      } catch {
        // Refused: the choice lasts as long as the page.
      }
      onChange(value);
    },
  };
}
