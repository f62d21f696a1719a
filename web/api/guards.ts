/** Tells whether a value from outside has the type. */
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

/** All strings of a type, in this order; a missing or misspelt one is a type error. */
export function every<T extends string>(words: Readonly<Record<T, true>>): readonly T[] {
  return Object.keys(words) as T[];
}

export function oneOf<const T extends string>(words: readonly T[]): Guard<T> {
  return (value): value is T => words.some((word) => word === value);
}

/** An object that has at least these members. */
export function shape<T extends object>(guards: { readonly [Key in keyof T]: Guard<T[Key]> }): Guard<T> {
  const passes = membersPass(guards);
  return (value): value is T => passes(value);
}

function membersPass(guards: Readonly<Record<string, Guard<unknown>>>): (value: unknown) => boolean {
  const entries = Object.entries(guards);
  return (value) => isFields(value) && entries.every(([key, guard]) => guard(value[key]));
}

type Primitive = string | number | boolean | null | undefined;

/** The type that a guard checks for. */
export type Guarded<G> = G extends Guard<infer T> ? T : never;

/** True where every value that is sent passes the guard, and no other primitive type passes it. */
type Fits<Sent, Read> = [Sent, Extract<Read, Primitive>] extends [Read, Sent] ? true : false;

type Fitting<T, Members> = {
  readonly [Key in keyof Members]: Key extends keyof T
    ? Fits<T[Key], Members[Key]> extends true
      ? unknown
      : never
    : never;
};

/** The same members, optional where the contract has them optional. */
type Part<T, Members> = {
  readonly [Key in keyof Pick<T, Extract<keyof Members, keyof T>>]: Members[Key & keyof Members];
};

/**
 * The members of a type of the contract that the page reads. A member that the contract does not have, or has with
 * another type, is a type error.
 */
export function partOf<T extends object>() {
  return <Members extends Fitting<T, Members>>(guards: {
    readonly [Key in keyof Members]: Guard<Members[Key]>;
  }): Guard<Part<T, Members>> => {
    const passes = membersPass(guards);
    return (value): value is Part<T, Members> => passes(value);
  };
}

/** Any object; its members are not checked. */
export const record: Guard<Readonly<Record<string, unknown>>> = (value): value is Fields =>
  isFields(value) && !Array.isArray(value);

/** Values of one kind under any keys. */
export function map<T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => record(value) && Object.values(value).every(guard);
}

export function orMissing<T>(guard: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || guard(value);
}
