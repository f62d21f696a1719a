import type { Monotonic } from '../clock.ts';
import type { Instant } from './values.ts';

/** One kind of recurring reading of one login. */
export type Task = 'household' | 'transactions' | 'sweep' | 'follow' | 'webhooks';

/** When each task was last done in this process; a task that is missing has never been done. */
export type Done = Readonly<Partial<Record<Task, Monotonic>>>;

/** How often each task is done, in milliseconds. */
export type Cadence = Readonly<Record<Task, number>>;

export interface CadenceInput {
  /** The setting POLL_SECONDS in milliseconds; null if it is not set. */
  readonly pollEvery: number | null;
  readonly webhooksWork: boolean;
  readonly figures: CadenceFigures;
}

export interface CadenceFigures {
  readonly listEvery: { readonly withoutWebhooks: number; readonly withWebhooks: number };
  readonly householdEvery: number;
  readonly watchedBelow: number;
  readonly sweepEvery: number;
  readonly followEvery: number;
  readonly webhooksEvery: number;
}

interface ListingInput extends Omit<CadenceInput, 'figures'> {
  readonly figures: Pick<CadenceFigures, 'listEvery'>;
}

/** How often transactions are listed: POLL_SECONDS if it is set, else less often while webhooks work. */
export function listingInterval({ pollEvery, webhooksWork, figures }: ListingInput): number {
  return pollEvery ?? figures.listEvery[webhooksWork ? 'withWebhooks' : 'withoutWebhooks'];
}

/** How often each task is done, by the setting and whether webhooks work. */
export function cadenceOf(input: CadenceInput): Cadence {
  const { pollEvery, figures } = input;
  const watched = pollEvery !== null && pollEvery < figures.watchedBelow;
  return {
    transactions: listingInterval(input),
    household: watched ? pollEvery : figures.householdEvery,
    sweep: figures.sweepEvery,
    follow: figures.followEvery,
    webhooks: figures.webhooksEvery,
  };
}

const order: readonly Task[] = ['household', 'transactions', 'webhooks', 'sweep', 'follow'];

/** The tasks that are due, in the order in which to do them. */
export function dueTasks(done: Done, cadence: Cadence, now: Monotonic): readonly Task[] {
  return order.filter((task) => dueAt(done, cadence, task) <= now);
}

/** When the next task is due. */
export function nextDue(done: Done, cadence: Cadence): Monotonic {
  return Math.min(...order.map((task) => dueAt(done, cadence, task)));
}

function dueAt(done: Done, cadence: Cadence, task: Task): Monotonic {
  const last = done[task];
  return last === undefined ? Number.NEGATIVE_INFINITY : last + cadence[task];
}

export interface FollowFigures {
  readonly shortest: number;
  readonly longest: number;
  /** The pause before the next request, as a share of the transaction's age. */
  readonly share: number;
  readonly until: number;
}

/** Whether to request a pending transaction by id again: less often as it ages, and never after `until`. */
export function shouldFollow(row: FollowedRow, now: Instant, figures: FollowFigures): boolean {
  const age = now - row.created;
  if (age > figures.until) return false;
  const pause = Math.min(figures.longest, Math.max(figures.shortest, age * figures.share));
  // A look that is dated ahead was dated by a clock that has been put right since.
  return row.lookedAt > now || now - row.lookedAt >= pause;
}

export interface FollowedRow {
  readonly created: Instant;
  readonly lookedAt: Instant;
}
