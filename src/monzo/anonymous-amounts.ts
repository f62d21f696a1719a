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

/** Whole multiples of amounts that add up to nothing, by amount. */
type Equation = ReadonlyMap<number, number>;

/** Of each amount that follows from others: how. */
type Totals = ReadonlyMap<number, Equation>;

/**
 * Returns what stands in for each amount: several times as much, but each drawn for itself, because the common divisor of
 * exact multiples would give the factor away. Those that a sum determines are calculated from the others.
 */
export function createAmounts({ draw, amounts, sums, taken }: AmountOptions): (amount: number) => number {
  const sizes = new Set([...amounts].map(Math.abs));
  sizes.delete(0);
  const equations = sums.map(equationOf);
  const totals = solve(equations);
  const given = new Map<number, number>();
  // Above one also where it is drawn lowest: a few pence would stand for themselves.
  const scale = 3 * 6 ** draw.fraction('scale');
  // Different amounts stay different.
  const gone = new Set(taken);
  for (const group of groupsOf(sizes, equations)) {
    const options = { draw, scale, totals, taken: gone };
    const standIns = drawnFor(group, options) ?? drawnApart(group, options);
    for (const [size, standIn] of standIns) {
      given.set(size, standIn);
      gone.add(standIn);
    }
  }
  return (amount) => Math.sign(amount) * (given.get(Math.abs(amount)) ?? 0);
}

function equationOf({ total, parts }: Sum): Equation {
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

function divisorOf(one: number, other: number): number {
  return other === 0 ? Math.abs(one) : divisorOf(other, one % other);
}

/** Without one amount, which follows from `known`, and with multiples as small as they can be. */
function without(size: number, equation: Equation, known: Equation): Equation {
  const [own, other] = [equation.get(size) ?? 0, known.get(size) ?? 1];
  if (own === 0) return equation;
  const left = new Map<number, number>();
  for (const [one, count] of equation) add(left, one, count * other);
  for (const [one, count] of known) add(left, one, -count * own);
  const divisor = [...left.values()].reduce(divisorOf, 0);
  return new Map([...left].map(([one, count]) => [one, count / divisor]));
}

/** Which amounts follow from which others. Each equation is solved for its largest: then that comes out above zero. */
function solve(equations: readonly Equation[]): Totals {
  const totals = new Map<number, Equation>();
  for (const equation of equations) {
    const terms = [...totals].reduce((left, [size, known]) => without(size, left, known), equation);
    const counts = [...terms.values()].map(Math.abs);
    if (counts.length === 0 || !counts.every(Number.isSafeInteger)) continue;
    const least = Math.min(...counts);
    const total = Math.max(
      ...[...terms].filter(([, count]) => Math.abs(count) === least).map(([size]) => size),
    );
    for (const [size, known] of totals) totals.set(size, without(total, known, terms));
    totals.set(total, terms);
  }
  return totals;
}

/** The amounts in groups, no sum reaching from one into another. */
function groupsOf(
  sizes: ReadonlySet<number>,
  equations: readonly Equation[],
): readonly (readonly number[])[] {
  const groups = new Map<number, readonly number[]>([...sizes].map((size) => [size, [size]]));
  for (const terms of equations) {
    const joined = [...new Set([...terms.keys()].flatMap((size) => groups.get(size) ?? [size]))];
    for (const size of joined) groups.set(size, joined);
  }
  return [...new Set(groups.values())];
}

interface Drawing extends Pick<AmountOptions, 'draw' | 'taken'> {
  readonly scale: number;
  readonly totals: Totals;
}

const mostDraws = 80;
const mostTries = 400;
const widest = 0.5;
const largestUnit = 1_000;

type StandIns = ReadonlyMap<number, number>;

/** Stand-ins for a group; null where none were found that add up, above zero, each another and none of what there was. */
function drawnFor(group: readonly number[], drawing: Drawing): StandIns | null {
  const { totals, taken } = drawing;
  const divisors = group.map((size) => Math.abs(totals.get(size)?.get(size) ?? 1));
  const unit = divisors.reduce((one, other) => (one / divisorOf(one, other)) * other, 1);
  const attempts = unit <= largestUnit ? mostDraws : 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const spread = widest * 0.97 ** attempt;
    const free = group.filter((size) => !totals.has(size));
    const drawn = new Map(drawnFreely(free, { ...drawing, spread, unit, attempt }));
    for (const size of group) {
      const total = totals.get(size);
      if (total !== undefined) drawn.set(size, totalOf(size, total, drawn));
    }
    const standIns = [...drawn.values()];
    const areOthers = new Set(standIns).size === standIns.length;
    if (areOthers && standIns.every((amount) => isFree(amount, taken))) return drawn;
  }
  return null;
}

/** What a total comes to. */
function totalOf(size: number, equation: Equation, drawn: StandIns): number {
  const others = [...equation].filter(([one]) => one !== size);
  const sum = others.reduce((all, [one, count]) => all + count * (drawn.get(one) ?? 0), 0);
  return -sum / (equation.get(size) ?? 1);
}

interface Freely extends Drawing {
  readonly spread: number;
  /** They are multiples of that. */
  readonly unit: number;
  readonly attempt: number;
}

/** Stand-ins for amounts that nothing determines. */
function drawnFreely(
  sizes: readonly number[],
  { draw, scale, taken, spread, unit, attempt }: Freely,
): StandIns {
  const used = new Set<number>();
  const standInFor = (size: number) => {
    let drawn = 0;
    for (let again = 0; again < mostTries && (used.has(drawn) || !isFree(drawn, taken)); again += 1) {
      const factor = scale * (1 + spread * (2 * draw.fraction(`amount ${attempt} ${again}\n${size}`) - 1));
      drawn = unit * Math.max(1, Math.round((size * factor) / unit) + again);
    }
    used.add(drawn);
    return drawn;
  };
  return new Map(sizes.map((size) => [size, standInFor(size)]));
}

/** For sums so entangled that only exact multiples would keep them, which would give the factor away: these are lost. */
function drawnApart(group: readonly number[], drawing: Drawing): StandIns {
  return drawnFreely(group, { ...drawing, spread: widest, unit: 1, attempt: mostDraws });
}

function isFree(amount: number, taken: ReadonlySet<number>): boolean {
  return amount > 0 && Number.isSafeInteger(amount) && !taken.has(amount);
}
