import type { Monotonic } from '../clock.ts';
import type { Instant, Minor } from './values.ts';

/**
 * Whether a balance that was read includes what is known to have moved. The bank's balance may lag behind its lists and
 * behind our own moves; and it may be ahead of them, where a list shows a transaction late or never.
 */

/** What moved in an account and its agreed balance does not include, in minor units; negative where money left. */
export interface Change {
  /** The id of the transaction, or the dedupe id of a move of ours that no list has shown yet. */
  readonly id: string;
  readonly amount: Minor;
  /** False where the agreed balance may include it all the same. */
  readonly isCertain: boolean;
  /** Whether the bank made it longer ago than a balance lags: it is in every new one, and perhaps in the agreed one too. */
  readonly isOld: boolean;
  readonly potId: string | null;
  /** Whether it is a move of ours that no list has shown yet. */
  readonly isExpected: boolean;
}

/** A balance as it was read, in minor units; when it was asked for by the bank's time, and in monotonic time. */
export interface AmountRead {
  readonly amount: Minor;
  readonly at: Instant;
  readonly askedAt: Monotonic;
}

/** Something new of a transaction: its amount, or the difference to the one before. */
export interface SeenChange extends Pick<Change, 'id' | 'amount' | 'potId'> {
  /** When a new transaction was made; null for a change of a known one, because the bank does not say when it was. */
  readonly created: Instant | null;
  readonly isOld: boolean;
}

/**
 * `agrees`: the balance includes everything; `late`: it lacks something, as one that lags would; `uncertain`: it lacks only
 * what the agreed balance may include already; `unexplained`: the bank knows of something that it has not shown.
 */
export type Verdict = 'agrees' | 'late' | 'uncertain' | 'unexplained';

/** A balance that does not agree with what is known. */
export interface Doubt {
  readonly reading: AmountRead;
  readonly verdict: Exclude<Verdict, 'agrees'>;
  /** When the first reading that did not agree was asked for. */
  readonly since: Monotonic;
  /** The same, since the last news: another balance, or another change. */
  readonly calmSince: Monotonic;
  /** It did not come to agree and was taken as it is; a minute later it is looked at once more. */
  readonly isTaken: boolean;
}

/** What is known of one balance beside its amount. */
export interface SinceAgreed {
  /** False for a pot: nothing shows its interest and round-ups, so that what is unexplained means nothing. */
  readonly isAllShown: boolean;
  /** The balance that was agreed last, in minor units. */
  readonly agreed: Minor;
  /** What is older than this is in the first balance that was read. */
  readonly from: Instant;
  readonly changes: readonly Change[];
  /** What the agreed balance includes since a short time: one that lags may lack it again. */
  readonly echoes: readonly { readonly amount: Minor; readonly until: Monotonic }[];
  /** How far the agreed balance differs from the sum of all that was shown, since it was taken as it is, and until when. */
  readonly gap: { readonly amount: Minor; readonly until: Instant };
  /** Moves of ours that the agreed balance includes and no list has shown yet. */
  readonly unshown: readonly Change[];
  readonly hasNews: boolean;
  readonly doubt: Doubt | null;
}

const second = 1_000;
const minute = 60 * second;
/** When to ask again, in milliseconds after the first reading that does not agree; then every ten seconds. */
const asks = [second, 2 * second, 5 * second, 10 * second];
const thenEvery = 10 * second;
/** A balance that was taken as it is is looked at once more after so long. */
const lookAgainAfter = minute;
/** The longest lag of a balance that is waited for, also to tell which transactions a first balance may lack. */
const mostLag = 2 * minute;
/** For how long a balance that stays the same is asked for again before it is taken as it is, in milliseconds. */
const patience: Readonly<Record<Doubt['verdict'], number>> = {
  late: mostLag,
  uncertain: 10 * second,
  unexplained: 10 * second,
};
/** Of so many changes all combinations are looked at; of more, those in the order of time. */
const mostCombined = 9;
const mostUnshown = 50;

/** A first balance is taken as it is. */
export function firstAgreed({ amount, at }: Omit<AmountRead, 'askedAt'>, isAllShown: boolean): SinceAgreed {
  const gap = { amount: 0, until: at };
  const nothing = { changes: [], echoes: [], gap, unshown: [], hasNews: false, doubt: null };
  return { ...nothing, isAllShown, agreed: amount, from: at };
}

/** What a balance says. */
export function verdictOn(balance: Minor, known: SinceAgreed): Verdict {
  const { agreed, changes, echoes } = known;
  if (balance === expectedBalance(known)) return 'agrees';
  if (lacks(balance, known, ({ isOld }) => isOld)) return 'agrees';
  if (lacks(balance, known, ({ isCertain }) => !isCertain)) return 'uncertain';
  const lacking = [...echoes.map(({ amount }) => amount), ...changes.map(({ amount }) => amount)];
  const before = agreed - total(echoes.map(({ amount }) => amount));
  return partialSums(lacking).some((sum) => balance === before + sum) ? 'late' : 'unexplained';
}

/** With everything that is known to have moved. */
function expectedBalance({ agreed, changes }: SinceAgreed): Minor {
  return agreed + total(changes.map(({ amount }) => amount));
}

/** The lowest that the balance can be by what is known. */
export function lowestBalance({ agreed, changes }: SinceAgreed): Minor {
  const counted = changes.filter(({ isCertain, amount }) => isCertain || amount < 0);
  return agreed + total(counted.map(({ amount }) => amount));
}

/** Whether a balance lacks nothing but some of these changes. */
function lacks(balance: Minor, known: SinceAgreed, which: (change: Change) => boolean): boolean {
  const amounts = known.changes.filter(which).map(({ amount }) => amount);
  const lacking = expectedBalance(known) - balance;
  return partialSums(amounts).includes(lacking);
}

export interface Judged {
  readonly known: SinceAgreed;
  /** Whether the balance may be told. */
  readonly isAdmitted: boolean;
  /** For how long it lagged, in milliseconds, where that was seen. */
  readonly lag: number | null;
}

/** What is known after a reading: it is agreed, doubted, or taken as it is because it has not changed for long enough. */
export function afterReading(before: SinceAgreed, reading: AmountRead): Judged {
  const known = { ...before, echoes: before.echoes.filter(({ until }) => until > reading.askedAt) };
  const { doubt } = known;
  if (isOvertaken(known, reading)) return { known, isAdmitted: false, lag: null };
  const verdict = verdictOn(reading.amount, known);
  if (verdict === 'agrees') {
    const lag = doubt?.verdict === 'late' && !doubt.isTaken ? reading.askedAt - doubt.since : null;
    return { known: agreedOn(known, reading), isAdmitted: true, lag };
  }
  const open = doubt?.isTaken === true ? null : doubt;
  const isCalm = open !== null && !known.hasNews && open.reading.amount === reading.amount;
  const since = open?.since ?? reading.askedAt;
  const calmSince = isCalm ? open.calmSince : reading.askedAt;
  const doubted: Doubt = { reading, verdict, since, calmSince, isTaken: false };
  const isSettled = verdict === 'unexplained' && !known.isAllShown;
  const isTaken = isSettled || reading.askedAt - calmSince >= patience[verdict];
  return {
    known: isTaken ? takenAsItIs(known, doubted) : { ...known, hasNews: false, doubt: doubted },
    isAdmitted: isTaken,
    lag: null,
  };
}

/** Whether the doubt is about a balance that was asked for later: an earlier answer says nothing new. */
export function isOvertaken({ doubt }: SinceAgreed, { askedAt }: AmountRead): boolean {
  return doubt !== null && askedAt < doubt.reading.askedAt;
}

function agreedOn(known: SinceAgreed, { amount, askedAt }: AmountRead): SinceAgreed {
  const { changes, echoes, unshown, gap } = known;
  const until = askedAt + mostLag;
  const included = changes.map((change) => ({ amount: change.amount, until }));
  const differs = amount - expectedBalance(known);
  return {
    ...known,
    agreed: amount,
    changes: [],
    echoes: [...echoes, ...included],
    // What the agreed balance included already was a part of the gap; the first one of all has none that is known.
    gap: gap.amount === 0 ? gap : { ...gap, amount: gap.amount + differs },
    unshown: [...unshown, ...changes.filter(({ isExpected }) => isExpected)].slice(-mostUnshown),
    hasNews: false,
    doubt: null,
  };
}

function takenAsItIs(known: SinceAgreed, doubt: Doubt): SinceAgreed {
  const { amount, at, askedAt } = doubt.reading;
  const next = agreedOn(known, doubt.reading);
  if (doubt.verdict === 'uncertain' || !known.isAllShown) return next;
  const differs = amount - expectedBalance(known);
  return {
    ...next,
    gap: { amount: known.gap.amount + differs, until: at },
    unshown: known.unshown,
    doubt: { ...doubt, since: askedAt, isTaken: true },
  };
}

/** When to read a doubted balance again, in monotonic time. */
export function nextBalanceAsk({ since, isTaken }: Doubt, now: Monotonic): Monotonic {
  const passed = now - since;
  const inStepsOf = (step: number) => since + Math.ceil((passed + 1) / step) * step;
  if (isTaken) return inStepsOf(lookAgainAfter);
  const step = asks.find((ask) => ask > passed);
  return step === undefined ? inStepsOf(thenEvery) : since + step;
}

/** Something of a transaction is new. */
export function afterChange(known: SinceAgreed, seen: SeenChange): SinceAgreed {
  const { id, amount, potId, created, isOld } = seen;
  if (amount === 0 || (created !== null && created < known.from - mostLag)) return known;
  const { gap } = known;
  const mayFillGap = gap.amount !== 0 && (created === null || created <= gap.until);
  // What could not be explained is explained now.
  if (mayFillGap && gap.amount === amount) return { ...known, gap: { ...gap, amount: 0 } };
  const isCertain = !isOld && !mayFillGap && (created === null || created > known.from);
  const change: Change = { id, amount, potId, isCertain, isOld, isExpected: false };
  return { ...known, changes: [...known.changes, change], hasNews: true };
}

/** A list shows a move of ours, and by how much the balance really changes; null where none was expected. */
export function afterShown(
  known: SinceAgreed,
  isShown: (move: Change) => boolean,
  amount: Minor,
): SinceAgreed | null {
  const waiting = known.changes.find((change) => change.isExpected && isShown(change));
  if (waiting !== undefined) {
    const shown = known.changes.map((one) => (one === waiting ? { ...one, amount, isExpected: false } : one));
    return { ...known, changes: shown.filter((one) => one.amount !== 0) };
  }
  const included = known.unshown.find(isShown);
  if (included === undefined) return null;
  return { ...known, unshown: known.unshown.filter((one) => one !== included) };
}

/** A move of ours was accepted: its id is the dedupe id. Once is enough. */
export function afterMove(known: SinceAgreed, move: Pick<Change, 'id' | 'amount' | 'potId'>): SinceAgreed {
  const { changes, unshown } = known;
  if ([...changes, ...unshown].some(({ id }) => id === move.id)) return known;
  const expected: Change = { ...move, isCertain: true, isOld: false, isExpected: true };
  return { ...known, changes: [...changes, expected], hasNews: true };
}

/** The sum of amounts in minor units. */
export function total(amounts: readonly Minor[]): Minor {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

/** The sums of all combinations, or, of many amounts, of the first ones and of the last ones. */
function partialSums(amounts: readonly Minor[]): readonly Minor[] {
  if (amounts.length > mostCombined) {
    const all = total(amounts);
    let first = 0;
    return amounts.flatMap((amount) => {
      const sums = [first, all - first];
      first += amount;
      return sums;
    });
  }
  let sums = [0];
  for (const amount of amounts) sums = sums.flatMap((sum) => [sum, sum + amount]);
  return sums;
}
