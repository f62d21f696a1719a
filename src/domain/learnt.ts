import type { TransactionKind } from './transaction.ts';
import type { Instant } from './values.ts';

/** How far back the bank listed an account's transactions, where that is less than usual. */
export interface AccountReach {
  readonly accountId: string;
  /** In milliseconds. */
  readonly reach: number;
  /** When it was found out. */
  readonly at: Instant;
}

/** What is read of an account, each with a call of its own. */
export const accountParts = ['balance', 'pots', 'transactions'] as const;
export type AccountPart = (typeof accountParts)[number];

/** A part that the bank never showed of an account, although it showed others. */
export interface AbsentPart {
  readonly accountId: string;
  readonly part: AccountPart;
  /** When the bank first did not show it. */
  readonly since: Instant;
  /** When it was last asked for. */
  readonly askedAt: Instant;
}

/**
 * What the bank was seen to do for one login, where no source guarantees it. Promises rest on this and never on what is
 * supposed.
 */
export interface Learnt {
  /** The most transactions that a page was seen to hold; null before a full one was seen. */
  readonly longestPage: number | null;
  /** The longest that a balance lagged behind what had moved, in milliseconds; null where none was seen to. */
  readonly balanceLag: number | null;
  /** By account, where the bank refused to list as far back as usual. */
  readonly reaches: readonly AccountReach[];
  /** The kinds of transactions for which its webhooks were called. */
  readonly rungKinds: readonly TransactionKind[];
  /**
   * When a list first showed a move of this bridge, which Monzo had accepted, under its id; null before that. Until then
   * a list that does not show a move proves nothing about it.
   */
  readonly showsMoves: Instant | null;
  /** How many calls were answered within five minutes before Monzo asked for fewer, and when; null where it never did. */
  readonly callsAnswered: { readonly calls: number; readonly at: Instant } | null;
  /** Whether the bank did not show a transaction by its id although a list did. */
  readonly hidesById: boolean;
  /** When the bank last refused to list from a transaction's id although it lists from its time; null where it never did. */
  readonly refusesIds: Instant | null;
  /** What single accounts do not have. */
  readonly absentParts: readonly AbsentPart[];
}

export const nothingLearnt: Learnt = {
  longestPage: null,
  balanceLag: null,
  reaches: [],
  rungKinds: [],
  showsMoves: null,
  callsAnswered: null,
  hidesById: false,
  refusesIds: null,
  absentParts: [],
};
