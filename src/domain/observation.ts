import type { Account, Balance, Pot } from './bank.ts';
import type { Transaction } from './transaction.ts';
import type { Instant } from './values.ts';

/**
 * Something we learnt, stamped with the moment the bank's answer arrived. All of them, whether a doorbell, the
 * schedule or a command brought them, meet in `fold`.
 */
export type Observation = AccountsListed | BalanceRead | PotsListed | TransactionsSeen | TransactionGone;

/** The complete list of accounts that one login may see. */
export interface AccountsListed {
  readonly kind: 'accounts';
  readonly at: Instant;
  readonly loginId: string;
  readonly accounts: readonly Account[];
}

export interface BalanceRead {
  readonly kind: 'balance';
  readonly at: Instant;
  readonly accountId: string;
  readonly balance: Balance;
}

/** The complete list of an account's pots, deleted ones included. */
export interface PotsListed {
  readonly kind: 'pots';
  readonly at: Instant;
  readonly accountId: string;
  readonly pots: readonly Pot[];
}

/** Some of an account's transactions: one page of a list, or one row asked for by id. */
export interface TransactionsSeen {
  readonly kind: 'transactions';
  readonly at: Instant;
  readonly accountId: string;
  readonly transactions: readonly Transaction[];
}

/** A row we hold is not found under its id any more: the authorisation was dropped. */
export interface TransactionGone {
  readonly kind: 'transaction_gone';
  readonly at: Instant;
  /** Whose it was said to be: who may not see an account is told that its rows do not exist. */
  readonly accountId: string;
  readonly transactionId: string;
}
