import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPerson } from '../sim/demo/connect.ts';
import { seededRandom } from '../sim/fake-clock.ts';
import { createFaults } from '../sim/faults.ts';
import { alex, household, joint } from '../sim/household.ts';
import { startWebhookSender } from '../sim/webhooks.ts';
import { serveBank } from '../sim/server.ts';
import { systemClock } from '../src/clock.ts';
import { openStore } from '../src/store/store.ts';
import { fillLedger, words } from '../test/support/large-ledger.ts';
import { yearsOf } from './bank.ts';
import type { LoopReport } from './loop-delay.ts';
import { count, median, ms, print, timed } from './measure.ts';

const rows = 1_000_000;
const uiUrl = 'http://127.0.0.1:18099';
const adminToken = 'the-admin-token-of-the-benchmark';
const headers = { authorization: `Bearer ${adminToken}` };

/** Searches as the page sends them. */
const searches = {
  'the newest page': '',
  'a word in every fifth row': `q=${words.common}`,
  'a word in one row of a thousand': `q=${words.uncommon}`,
  'a word in a single row': `q=${words.rare}`,
  'a common word and a rare amount': `q=${words.common}&min=50.99&max=50.99`,
  'one category of an account': `account=${joint.account}&category=groceries`,
  'a merchant without transactions': 'merchant=Nobody',
} as const;

const sums = {
  'spending by day': 'spending?by=day',
  'spending by month': 'spending?by=month',
  'spending by category': 'spending?by=category',
  'spending by merchant': 'spending?by=merchant',
  'spending by merchant, a month': 'spending?by=merchant&since=2025-03-01&before=2025-04-01',
  'spending by category, each month': 'spending?by=category&each=month',
  'a month beside the usual': 'report?month=2025-03',
  'balances of a quarter': 'balances',
} as const;

async function ask(path: string): Promise<void> {
  const answer = await fetch(`${uiUrl}/api/${path}`, { headers });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function medianTime(path: string, runs = 7): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push(await timed(() => ask(path)));
  return median(times);
}

/** A bridge in its own process with a million transactions, and everything a page does with it while webhooks are called. */
export async function benchReading(): Promise<void> {
  await using everything = new AsyncDisposableStack();
  const bank = household({ now: () => systemClock.now(), random: seededRandom(2) });
  const faults = createFaults({ wait: (pause) => systemClock.wait(pause) });
  const served = await serveBank({ bank, faults });
  everything.defer(() => served.close());
  const webhookSender = startWebhookSender({ bank, faults, clock: systemClock, fetch });
  everything.defer(() => webhookSender.stop());
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-bench-'));
  everything.defer(() => rmSync(directory, { recursive: true, force: true }));
  const filling = await timed(() => fill(directory));
  print(`filling a ledger with ${count(rows)} transactions`, `${count(filling / 1_000)} s`);
  const bridge = start(directory, { api: served.apiUrl, auth: served.authUrl });
  everything.defer(async () => {
    bridge.kill('SIGTERM');
    await once(bridge, 'exit');
  });
  while (!(await fetch(`${uiUrl}/healthz`).catch(() => null))?.ok) await systemClock.wait(50);
  await connectPerson(bank, { uiUrl, adminToken }, { name: 'Alex', ...alex });
  while (bank.model.webhooks.size < 3) await systemClock.wait(100);
  for (const [name, query] of Object.entries(searches))
    print(`search: ${name}`, ms(await medianTime(`transactions?${query}`)));
  for (const [name, query] of Object.entries(sums)) print(name, ms(await medianTime(query)));
  const resting = await measured(bridge, () => systemClock.wait(5_000));
  print('event loop at rest', shown(resting));
  print('memory at rest, after all these', `${count(resting.resident)} MB resident`);
  const busy = await measured(bridge, () => everythingAtOnce(bank));
  print('event loop under all of this and webhook calls', shown(busy));
  print('memory while exporting all of it', `${count(busy.resident)} MB resident at most`);
  if (busy.p99 >= 50) throw new Error('The event loop was delayed by more than 50 ms.');
}

function fill(directory: string): void {
  const store = openStore({ directory, clock: systemClock, secretKey: randomBytes(32) });
  fillLedger(store, yearsOf(rows));
  store.close();
}

function start(directory: string, bank: { readonly api: string; readonly auth: string }): ChildProcess {
  const environment = {
    MONZO_BRIDGE_DATA_DIR: directory,
    MONZO_BRIDGE_MONZO_API_URL: bank.api,
    MONZO_BRIDGE_MONZO_AUTH_URL: bank.auth,
    MONZO_BRIDGE_UI_PORT: '18099',
    MONZO_BRIDGE_PUBLIC_PORT: '18098',
    MONZO_BRIDGE_PUBLIC_URL: 'http://127.0.0.1:18098',
    MONZO_BRIDGE_ADMIN_TOKEN: adminToken,
  };
  return fork('src/main.ts', {
    env: { ...process.env, ...environment },
    execArgv: ['--import', './bench/loop-delay.ts'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function measured(bridge: ChildProcess, work: () => Promise<unknown>): Promise<LoopReport> {
  bridge.send('begin');
  await work();
  bridge.send('report');
  const [report] = (await once(bridge, 'message')) as [LoopReport];
  return report;
}

const shown = ({ p50, p99, most }: LoopReport) => `${ms(p50)} median, ${ms(p99)} p99, ${ms(most)} at most`;

/** A person who opens every page, one a second. */
async function visit(over: AbortSignal): Promise<void> {
  const pages = [...Object.values(searches).map((query) => `transactions?${query}`), ...Object.values(sums)];
  for (const page of pages) {
    if (over.aborted) return;
    await ask(page);
    await systemClock.wait(1_000);
  }
}

/** Exports everything while a person searches, a page is open and purchases call the webhook, until the export ends. */
async function everythingAtOnce(bank: ReturnType<typeof household>): Promise<void> {
  const over = new AbortController();
  const rings: number[] = [];
  const untilOver = async (work: () => Promise<unknown>) => {
    while (!over.signal.aborted) await work();
  };
  const live = fetch(`${uiUrl}/api/live`, { headers, signal: over.signal })
    .then((answer) => answer.arrayBuffer())
    .catch(() => {});
  const others = [
    untilOver(() => visit(over.signal)),
    untilOver(async () => rings.push(await ringTakes(bank))),
  ];
  let bytes = 0;
  const exporting = await timed(async () => {
    const answer = await fetch(`${uiUrl}/api/transactions/export?format=csv`, { headers });
    for await (const part of answer.body ?? []) bytes += (part as Uint8Array).length;
  });
  over.abort();
  await Promise.all([live, ...others]);
  print(`exporting all of it meanwhile, ${count(bytes / 1e6)} MB`, `${count(exporting / 1_000)} s`);
  print(`from a purchase to its event meanwhile, ${count(rings.length)} of them`, ms(median(rings)));
}

async function eventsAfter(place: number, limit = 100): Promise<string> {
  const answer = await fetch(`${uiUrl}/api/events?after=${place}&limit=${limit}`, { headers });
  return answer.text();
}

/** From a purchase at the bank, which calls the webhook, to its event in the bridge's log. */
async function ringTakes(bank: ReturnType<typeof household>): Promise<number> {
  await systemClock.wait(250);
  const { last } = JSON.parse(await eventsAfter(0, 1)) as { readonly last: number };
  return timed(async () => {
    const id = bank.purchase(alex.current, { amount: 120, merchant: 'Corner Shop' });
    for (let isKnown = false; !isKnown; await systemClock.wait(10))
      isKnown = (await eventsAfter(last)).includes(id);
  });
}
