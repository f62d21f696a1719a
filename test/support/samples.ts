import { allReadable, type ListedRows } from '../../src/domain/absence.ts';
import type { Account, Balance, Pot } from '../../src/domain/account.ts';
import { noHistory, type Login, type LoginView } from '../../src/domain/login.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import { createPageFacts, type PageFacts } from '../../src/monzo/page-facts.ts';

/** The moment around which samples happen. */
export const noon = Date.parse('2026-03-10T12:00:00Z');

/** A current account in pounds, unless told otherwise. */
export function anAccount(told: Partial<Account> = {}): Account {
  return {
    id: 'acc_1',
    type: 'uk_retail',
    currency: 'GBP',
    closed: false,
    created: noon,
    owners: [{ userId: 'user_1', firstName: 'Alex' }],
    ...told,
  };
}

export function aPot(told: Partial<Pot> = {}): Pot {
  return {
    id: 'pot_1',
    accountId: 'acc_1',
    name: 'Savings',
    type: 'default',
    currency: 'GBP',
    balance: 0,
    goal: null,
    locked: false,
    deleted: false,
    created: noon,
    ...told,
  };
}

/** A list of which every row could be read. */
export function aList<Row>(rows: readonly Row[], askedAt = 0): ListedRows<Row> {
  return { rows, askedAt, unreadable: allReadable };
}

export function aBalance(told: Partial<Balance> = {}): Balance {
  return { balance: 0, totalBalance: null, spendToday: 0, spendSince: noon, currency: 'GBP', ...told };
}

/** A pending card payment of 3.50 at a shop, unless told otherwise. `raw` follows from the rest. */
export function aTransaction(told: Partial<Transaction> = {}): Transaction {
  const created = told.created ?? noon;
  const amount = told.amount ?? -350;
  const row: Omit<Transaction, 'raw'> = {
    id: 'tx_1',
    accountId: 'acc_1',
    created,
    updated: created,
    settles: null,
    amountIsPending: false,
    amount,
    currency: 'GBP',
    localAmount: amount,
    localCurrency: 'GBP',
    declineReason: null,
    description: 'COFFEE SHOP  LONDON  GBR',
    notes: '',
    category: 'eating_out',
    split: null,
    scheme: 'mastercard',
    isLoad: false,
    merchantId: 'merch_1',
    merchantName: 'Coffee Shop',
    atm: false,
    counterparty: null,
    counterpartyAccount: null,
    counterpartyBank: null,
    isDirectDebit: false,
    originalId: null,
    spender: null,
    inSpending: true,
    potId: null,
    externalId: null,
    ...told,
  };
  return { ...row, raw: told.raw ?? JSON.stringify(row) };
}

/** What rows carry that no shop was part of. */
export const withoutShop = { merchantId: null, merchantName: null } as const;

export function aLogin(told: Partial<Login> = {}): Login {
  return {
    id: 'login_1',
    name: 'Alex',
    clientId: 'oauth2client_1',
    redirectUri: 'http://127.0.0.1:8098/oauth/callback',
    userId: 'user_1',
    state: 'active',
    trouble: null,
    created: noon,
    activeSince: noon,
    approvedAt: noon,
    lastSuccess: noon,
    history: noHistory,
    ...told,
  };
}

/** The same login as it is shown. */
export function aLoginView(told: Partial<LoginView> = {}): LoginView {
  const { trouble: _, history, ...shown } = aLogin();
  const well = { needs: null, fault: null, remedy: null, approvalIsDue: false };
  return { ...shown, ...well, history: { ...history, missing: null }, ...told };
}

/** Facts of pages of which nothing was seen yet and nothing is kept. */
export function newPageFacts(saved: (full: number) => void = () => undefined): PageFacts {
  return createPageFacts({ clock: { monotonic: () => 0 }, full: null, save: saved });
}
