import type { Draw } from './anonymous-text.ts';

/** Stand-ins for amounts: sign, zero and sums stay, and nothing leads back to what the amounts were. */

/** A total that is the sum of its parts. */
export interface Sum {
  readonly total: number;
  readonly parts: readonly number[];
}

export interface AmountOptions {
  readonly draw: Draw;
  /** All amounts; only how large they are counts. */
  readonly amounts: Iterable<number>;
  readonly sums: readonly Sum[];
  /** Amounts that no stand-in may be. */
  readonly taken: ReadonlySet<number>;
}

/** Amounts of one kind each, and how often each of them counts. */
type Terms = ReadonlyMap<number, number>;

/**
 * Returns what stands in for each amount: roughly its multiple, but each drawn for itself, because the common divisor of
 * exact multiples would give the factor away. Those that a sum determines are calculated from the others.
 */
export function createAmounts({ draw, amounts, sums, taken }: AmountOptions): (amount: number) => number {
  const sizes = new Set([...amounts].map(Math.abs));
  sizes.delete(0);
  const equations = sums.map(termsOf);
  const { totals, stiff } = solve(equations);
  const given = new Map<number, number>();
  const scale = 0.4 * 6 ** draw.fraction('scale');
  for (const group of groupsOf(sizes, equations)) {
    const options = { draw, scale, totals, taken };
    const drawn = group.some((size) => stiff.has(size)) ? null : drawnFor(group, options);
    for (const [size, standIn] of drawn ?? multiplesOf(group, taken)) given.set(size, standIn);
  }
  return (amount) => Math.sign(amount) * (given.get(Math.abs(amount)) ?? 0);
}

/** The sum as terms that add up to nothing. */
function termsOf({ total, parts }: Sum): Terms {
  const terms = new Map<number, number>();
  for (const amount of parts) add(terms, Math.abs(amount), Math.sign(amount));
  add(terms, Math.abs(total), -Math.sign(total));
  return terms;
}

function add(terms: Map<number, number>, size: number, count: number): void {
  const sum = (terms.get(size) ?? 0) + count;
  if (sum === 0) terms.delete(size);
  else terms.set(size, sum);
}

/** The terms, with what others determine put in the place of these. */
function reduced(terms: Terms, totals: ReadonlyMap<number, Terms>): Terms {
  const left = new Map<number, number>();
  for (const [size, count] of terms)
    for (const [other, times] of totals.get(size) ?? [[size, 1]]) add(left, other, count * times);
  return left;
}

/** Which amounts follow from which others; `stiff` are those for which only a common factor keeps the sums. */
function solve(equations: readonly Terms[]) {
  const totals = new Map<number, Terms>();
  const stiff = new Set<number>();
  for (const equation of equations) {
    const terms = reduced(equation, totals);
    if (terms.size === 0) continue;
    // The largest follows from the others: then it comes out above zero.
    const total = Math.max(...[...terms].filter(([, count]) => Math.abs(count) === 1).map(([size]) => size));
    const count = terms.get(total);
    if (count === undefined) {
      for (const size of terms.keys()) stiff.add(size);
      continue;
    }
    const others = [...terms].filter(([size]) => size !== total);
    const own = new Map([[total, new Map(others.map(([size, times]) => [size, -times * count]))]]);
    for (const [size, known] of totals) totals.set(size, reduced(known, own));
    totals.set(total, own.get(total) ?? new Map());
  }
  return { totals, stiff };
}

/** The amounts in groups, no sum reaching from one into another. */
function groupsOf(sizes: ReadonlySet<number>, equations: readonly Terms[]): readonly (readonly number[])[] {
  const groups = new Map<number, readonly number[]>([...sizes].map((size) => [size, [size]]));
  for (const terms of equations) {
    const joined = [...new Set([...terms.keys()].flatMap((size) => groups.get(size) ?? [size]))];
    for (const size of joined) groups.set(size, joined);
  }
  return [...new Set(groups.values())];
}

interface Drawing extends Pick<AmountOptions, 'draw' | 'taken'> {
  readonly scale: number;
  readonly totals: ReadonlyMap<number, Terms>;
}

const mostDraws = 60;

/** Stand-ins for a group; null where none were found. */
function drawnFor(
  group: readonly number[],
  { draw, scale, totals, taken }: Drawing,
): ReadonlyMap<number, number> | null {
  for (let attempt = 0; attempt < mostDraws; attempt += 1) {
    const spread = 0.5 * 0.93 ** attempt;
    const free = (size: number) => {
      const factor = scale * (1 + spread * (2 * draw.fraction(`amount ${attempt}\n${size}`) - 1));
      return Math.max(1, Math.round(size * factor));
    };
    const standInFor = (size: number) =>
      [...(totals.get(size) ?? [[size, 1] as const])].reduce(
        (sum, [other, times]) => sum + free(other) * times,
        0,
      );
    const drawn = new Map(group.map((size) => [size, standInFor(size)]));
    if ([...drawn.values()].every((amount) => isFree(amount, taken))) return drawn;
  }
  return null;
}

const mostFactors = 5_000;

/** For sums so entangled that nothing else keeps them. */
function multiplesOf(group: readonly number[], taken: ReadonlySet<number>): ReadonlyMap<number, number> {
  let factor = 3;
  while (factor < mostFactors && group.some((size) => taken.has(size * factor))) factor += 1;
  return new Map(group.map((size) => [size, size * factor]));
}

function isFree(amount: number, taken: ReadonlySet<number>): boolean {
  return amount > 0 && Number.isSafeInteger(amount) && !taken.has(amount);
}
