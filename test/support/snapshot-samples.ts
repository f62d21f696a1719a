import type { LoginView } from '../../src/domain/login.ts';
import type { BankEvent } from '../../src/domain/event.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import type { PotView, ShownAccount } from '../../src/domain/view.ts';
import type { Release, Snapshot } from '../../src/outputs/output.ts';
import { aLoginView, aTransaction } from './samples.ts';

export const someInstant = Date.UTC(2026, 10, 23, 9, 17, 5);

export function someLogin(change: Partial<LoginView> = {}): LoginView {
  const since = {
    created: someInstant,
    activeSince: someInstant,
    approvedAt: someInstant,
    lastSuccess: someInstant,
  };
  return aLoginView({ id: 'login_one', ...since, ...change });
}

export function someAccount(change: Partial<ShownAccount> = {}): ShownAccount {
  return {
    id: 'acc_1',
    type: 'uk_retail',
    name: 'Current account',
    slug: 'current_account',
    currency: 'GBP',
    balance: 5_000,
    totalBalance: 13_055,
    spentToday: 350,
    spentSince: someInstant,
    spentThisMonth: 12_350,
    monthSince: Date.UTC(2026, 10, 1),
    leftToMoveToday: 30_000,
    lowBalance: null,
    available: true,
    missing: false,
    figuresFrom: null,
    loginIds: ['login_one'],
    ...change,
  };
}

export function somePot(change: Partial<PotView> = {}): PotView {
  return {
    id: 'pot_1',
    accountId: 'acc_1',
    name: 'Holiday',
    slug: 'holiday',
    currency: 'GBP',
    balance: 8_055,
    goal: 100_000,
    locked: false,
    available: true,
    missing: false,
    figuresFrom: null,
    ...change,
  };
}

export interface SnapshotParts {
  readonly logins?: readonly LoginView[];
  readonly accounts?: readonly ShownAccount[];
  readonly pots?: readonly PotView[];
  readonly undelivered?: number;
  readonly postsToFeed?: boolean;
  readonly release?: Release | null;
}

export function someSnapshot(parts: SnapshotParts = {}): Snapshot {
  const { logins = [someLogin()], accounts = [someAccount()], pots = [somePot()] } = parts;
  const { undelivered = 0, postsToFeed = false, release = null } = parts;
  return {
    view: { logins, accounts, pots },
    bridge: {
      version: '1.2.3',
      paused: false,
      undelivered,
      health: [{ part: 'bank', state: 'ok', sentence: null }],
      counts: { accounts: accounts.length },
      postsToFeed,
      release,
    },
  };
}

export function someTransaction(change: Partial<Transaction> = {}): Transaction {
  return aTransaction({
    created: someInstant,
    amountIsPending: true,
    description: 'PRET A MANGER LONDON',
    notes: 'lunch',
    merchantName: 'Pret A Manger',
    raw: '{"id":"tx_1","amount":-350,"big":12345678901234567890,"merchant":{"id":"merch_1"}}',
    ...change,
  });
}

export function someEvent(change: Partial<BankEvent> = {}): BankEvent {
  return {
    id: 'tx_1:created',
    type: 'transaction.created',
    kind: 'card_payment',
    previousKind: null,
    accountId: 'acc_1',
    transactionId: 'tx_1',
    at: someInstant + 1_000,
    recovered: false,
    delay: 1_000,
    balance: 4_650,
    totalBalance: 12_705,
    transaction: someTransaction(),
    ...change,
  };
}
