import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import type { Transaction } from '../src/domain/transaction.ts';
import { Ingest } from '../src/ingest/ingest.ts';
import { Reader } from '../src/store/reader.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { count, median, memoryInUse, ms, print, timed } from './measure.ts';

const begin = Date.parse('2020-01-01T00:00:00Z');
const shops = ['Blue Door Coffee', 'Corner Shop', 'Green Grocer', 'Night Cinema', 'Paper & Ink'];

/** A transaction like the bank's, of about the same size. */
function row(number: number): Transaction {
  const id = `tx_${String(number).padStart(12, '0')}`;
  const created = begin + number * 60_000;
  const merchantName = shops[number % shops.length] ?? '';
  const shown = {
    id,
    amount: -100 - (number % 5_000),
    created: new Date(created).toISOString(),
    merchantName,
  };
  return {
    id,
    accountId: `acc_${number % 3}`,
    created,
    updated: created,
    settles: created + 1_000,
    amountIsPending: false,
    amount: shown.amount,
    currency: 'GBP',
    localAmount: shown.amount,
    localCurrency: 'GBP',
    declineReason: null,
    description: `${merchantName.toUpperCase()} LONDON GBR`,
    notes: '',
    category: 'groceries',
    split: null,
    scheme: 'mastercard',
    isLoad: false,
    merchantId: `merch_${number % shops.length}`,
    merchantName,
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
    raw: JSON.stringify({ ...shown, filler: 'x'.repeat(1_100) }),
  };
}

function fill(ingest: Ingest, from: number, to: number): void {
  for (let page = from; page < to; page += 100) {
    const transactions = Array.from({ length: 100 }, (_, index) => row(page + index));
    const byAccount = Map.groupBy(transactions, ({ accountId }) => accountId);
    for (const [accountId, rows] of byAccount)
      ingest.observe([
        { kind: 'transactions', loginId: 'login_1', at: begin + to * 60_000, accountId, transactions: rows },
      ]);
  }
}

async function lookUps(store: Store, reader: Reader, rows: number): Promise<void> {
  const times: number[] = [];
  for (let number = 0; number < 200; number += 1)
    times.push(
      await timed(() => store.ledger.byId(`tx_${String((number * 7_919) % rows).padStart(12, '0')}`)),
    );
  print(`one row by id among ${count(rows)}`, ms(median(times)));
  const pages: number[] = [];
  for (let number = 0; number < 50; number += 1)
    pages.push(await timed(() => reader.ask('page', { accountId: `acc_${number % 3}`, limit: 50 })));
  print(`newest page of an account among ${count(rows)}`, ms(median(pages)));
}

export async function benchLedger(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-bench-'));
  const clock = { ...systemClock, wait: () => Promise.resolve() };
  const store = openStore({ directory, clock, secretKey: randomBytes(32) });
  const reader = new Reader({ path: store.path });
  try {
    const ingest = new Ingest({ store, onCommit: () => {}, reconcile: () => [] });
    for (const [from, to] of [
      [0, 100_000],
      [100_000, 1_000_000],
    ] as const) {
      const took = await timed(() => fill(ingest, from, to));
      const { resident } = memoryInUse();
      print(`ingest up to ${count(to)} transactions`, `${count(((to - from) / took) * 1_000)} rows/s`);
      print(`  database, memory after`, `${count(store.size() / 1e6)} MB, ${count(resident)} MB resident`);
      await lookUps(store, reader, to);
    }
  } finally {
    await reader.close();
    store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
