/** Says whether something that came from outside has the type. */
export type Guard<T> = (value: unknown) => value is T;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

export const text: Guard<string> = (value) => typeof value === 'string';
export const number: Guard<number> = (value) => typeof value === 'number';
/** An integer that is exact: every amount of money is one. */
export const whole: Guard<number> = (value): value is number => Number.isSafeInteger(value);
export const flag: Guard<boolean> = (value) => typeof value === 'boolean';
export const anything: Guard<unknown> = (_value): _value is unknown => true;

export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function listOf<T>(guard: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(guard);
}

export function oneOf<const T extends string>(words: readonly T[]): Guard<T> {
  return (value): value is T => words.some((word) => word === value);
}

/** An object that has at least these members; more are welcome. */
export function shape<T extends object>(guards: { readonly [Key in keyof T]: Guard<T[Key]> }): Guard<T> {
  const entries = Object.entries<Guard<unknown>>(guards);
  return (value): value is T => isFields(value) && entries.every(([key, guard]) => guard(value[key]));
}

/** Any object, whose members nobody has looked at yet. */
export const record: Guard<Readonly<Record<string, unknown>>> = (value): value is Fields =>
  isFields(value) && !Array.isArray(value);

/** Values of one kind under any keys. */
export function map<T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => record(value) && Object.values(value).every(guard);
}

export function orMissing<T>(guard: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || guard(value);
}
