/** The newest of many values, by their ids. */
export interface Recent<Value> {
  get(id: string): Value | undefined;
  /** Adds a value, or replaces it; the oldest ones above the limit are forgotten. */
  set(id: string, value: Value): void;
  clear(): void;
}

export function createRecent<Value>(atMost: number): Recent<Value> {
  const entries = new Map<string, Value>();
  return {
    get: (id) => entries.get(id),
    set: (id, value) => {
      entries.delete(id);
      entries.set(id, value);
      const [oldest] = entries.keys();
      if (entries.size > atMost && oldest !== undefined) entries.delete(oldest);
    },
    clear: () => entries.clear(),
  };
}

/** A pure function of an object that remembers what it returned for it, for as long as the object exists. */
export function memoised<Of extends object, Result>(compute: (of: Of) => Result): (of: Of) => Result {
  const results = new WeakMap<Of, { readonly result: Result }>();
  return (of) => {
    const known = results.get(of) ?? { result: compute(of) };
    results.set(of, known);
    return known.result;
  };
}

/** Makes a value when it is first needed, and only once; what making it throws is not remembered. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
