import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import type { BankEvent } from '../../src/domain/event.ts';
import type { Knowledge } from '../../src/domain/fold.ts';
import type { HeldTransaction } from '../../src/domain/held-transaction.ts';
import { nothingKnown } from '../../src/domain/fold.ts';
import type { Login } from '../../src/domain/login.ts';
import { comparedFields, kindOf, type Transaction } from '../../src/domain/transaction.ts';
import type { Transfer } from '../../src/domain/transfer.ts';
import { createAudit } from '../../src/store/audit.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { migrations } from '../../src/store/schema.ts';
import { createTransfers } from '../../src/store/transfer-rows.ts';
import { aLogin, aTransaction } from './samples.ts';

interface Cleaner {
  after(fn: () => void): void;
}

export function temporaryDirectory(test: Cleaner): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-store-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function clockAt(instant: number): Clock {
  return { now: () => instant, monotonic: () => 0, wait: () => Promise.resolve() };
}

export const sampleKey = new Uint8Array(32).fill(7);

export function sampleLogin(fields: Partial<Login> = {}): Login {
  return aLogin({
    id: 'alex',
    userId: null,
    state: 'new',
    activeSince: null,
    approvedAt: null,
    lastSuccess: null,
    ...fields,
  });
}

export function sampleTransaction(fields: Partial<Transaction> = {}): Transaction {
  return aTransaction({
    created: 1_000,
    settles: 2_000,
    amount: -605,
    description: 'PRET A MANGER LONDON',
    merchantName: 'Pret A Manger',
    raw: '{"id":"tx_1"}',
    ...fields,
  });
}

export function heldSample(fields: Partial<Transaction> = {}): HeldTransaction {
  const transaction = sampleTransaction(fields);
  return {
    transaction,
    status: 'settled',
    seenAt: 3_000,
    seenBy: 'login_1',
    firstFields: comparedFields(transaction),
  };
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
    previousKind: null,
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

/** A deposit of 5.00 that was written down and not sent yet. */
export function aTransfer(told: Partial<Transfer> = {}): Transfer {
  return {
    id: 'transfer_1',
    created: 1_000_000,
    state: 'open',
    userId: 'user_1',
    accountId: 'acc_1',
    potId: 'pot_1',
    direction: 'deposit',
    amount: 500,
    currency: 'GBP',
    requestId: null,
    dedupeId: 'mb-1',
    sends: 0,
    firstSentAt: null,
    lastSentAt: null,
    answer: null,
    notifyLater: false,
    settledAt: null,
    transactionId: null,
    reason: null,
    door: 'http',
    user: null,
    found: false,
    potBefore: null,
    ...told,
  };
}

/** The parts of a store that have to do with money moving, in a database of their own. */
export function temporaryStore(test: Cleaner) {
  const database = openDatabase(join(temporaryDirectory(test), 'test.sqlite'));
  test.after(() => database.close());
  migrate(database, migrations);
  return { database, transfers: createTransfers(database), audit: createAudit(database) };
}
