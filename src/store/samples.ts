import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { BankEvent } from '../domain/event.ts';
import type { HeldTransaction, Knowledge } from '../domain/fold.ts';
import { nothingKnown } from '../domain/fold.ts';
import { noHistory, type Login } from '../domain/login.ts';
import { comparedFields, kindOf, type Transaction } from '../domain/transaction.ts';

/** Things for the tests of this directory. */

interface Cleaner {
  after(fn: () => void): void;
}

export function temporaryDirectory(test: Cleaner): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-store-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function clockAt(instant: number): Clock {
  return { now: () => instant, wait: () => Promise.resolve() };
}

export const sampleKey = new Uint8Array(32).fill(7);

export function sampleLogin(fields: Partial<Login> = {}): Login {
  return {
    id: 'alex',
    name: 'Alex',
    clientId: 'oauth2client_1',
    redirectUri: 'https://example.org/callback',
    userId: null,
    state: 'new',
    needs: null,
    created: 1_000,
    activeSince: null,
    approvedAt: null,
    lastSuccess: null,
    history: noHistory,
    ...fields,
  };
}

export function sampleTransaction(fields: Partial<Transaction> = {}): Transaction {
  return {
    id: 'tx_1',
    accountId: 'acc_1',
    created: 1_000,
    updated: 1_000,
    settles: 2_000,
    amountIsPending: false,
    amount: -605,
    currency: 'GBP',
    localAmount: -605,
    localCurrency: 'GBP',
    declineReason: null,
    description: 'PRET A MANGER LONDON',
    notes: '',
    category: 'eating_out',
    scheme: 'mastercard',
    isLoad: false,
    merchantId: 'merch_1',
    merchantName: 'Pret A Manger',
    atm: false,
    counterparty: null,
    potId: null,
    externalId: null,
    raw: '{"id":"tx_1"}',
    ...fields,
  };
}

export function heldSample(fields: Partial<Transaction> = {}): HeldTransaction {
  const transaction = sampleTransaction(fields);
  return { transaction, status: 'settled', seenAt: 3_000, firstFields: comparedFields(transaction) };
}

export function knowledgeOf(...held: readonly HeldTransaction[]): Knowledge {
  return { ...nothingKnown, transactions: new Map(held.map((row) => [row.transaction.id, row])) };
}

export function sampleEvent(id: string, fields: Partial<BankEvent> = {}): BankEvent {
  const transaction = sampleTransaction({ id, raw: `{"id":"${id}","odd":1.50}` });
  return {
    id: `${id}:created`,
    type: 'transaction.created',
    kind: kindOf(transaction),
    accountId: transaction.accountId,
    transactionId: id,
    at: 5_000,
    recovered: false,
    delay: 4_000,
    balance: 12_345,
    totalBalance: null,
    transaction,
    ...fields,
  };
}
