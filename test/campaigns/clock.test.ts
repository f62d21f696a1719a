import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { test, type TestContext } from 'node:test';
import { alex } from '../../sim/household.ts';
import { localDay } from '../../src/domain/time.ts';
import { assertRecorded, eventLog } from '../support/event-oracle.ts';
import { isMove, movesAt, type Told } from '../support/money.ts';
import { temporaryDirectory } from '../support/process.ts';
import { accounts, installBridge, openBank, type RealBridge } from '../support/real-bridge.ts';
import { until } from '../support/until.ts';
import { createSteppedClock, type SteppedClock } from './faketime.ts';

const hour = 3_600_000;

/** Answers each line with what its two clocks say. */
const tellTheTime = `
  process.stdin.on('data', () => console.log(JSON.stringify([Date.now(), performance.now()])));
`;

test('the wall clock of a running Node is stepped, and its monotonic time is not', async (t) => {
  const clock = await createSteppedClock(temporaryDirectory(t), '+1h');
  const child = spawn(process.execPath, ['-e', tellTheTime], { env: clock.env });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const began = performance.now();
  const told = async () => {
    child.stdin.write('\n');
    const [wall, monotonic] = JSON.parse((await lines.next()).value as string) as [number, number];
    return { ahead: wall - Date.now(), monotonic };
  };
  const first = await told();
  let before = first.monotonic;
  assert.equal(Math.round(first.ahead / hour), 1);
  for (const [offset, hours] of [
    ['-2h', -2],
    ['+2d', 48],
    ['+0', 0],
  ] as const) {
    clock.set(offset);
    const { ahead, monotonic } = await told();
    assert.ok(Math.round(ahead / hour) === hours, `${offset}: ${ahead} ms ahead`);
    assert.ok(monotonic >= before, offset);
    before = monotonic;
  }
  assert.ok(before - first.monotonic <= performance.now() - began);
});

/** The real process with a wall clock of its own, two people’s bank that rings it, and a pot of Alex’s. */
async function connectedBridge(t: TestContext, clock: SteppedClock) {
  const opened = await openBank(t);
  const { bank } = opened;
  const pot = bank.openPot(alex.current, { name: 'Holiday' });
  const bridge = await installBridge(t, opened, (publicUrl) => ({
    ...clock.env,
    MONZO_BRIDGE_PUBLIC_URL: publicUrl,
    MONZO_BRIDGE_POLL_SECONDS: '2',
  }));
  bridge.start();
  await until('it serves', bridge.isServing);
  await bridge.connect();
  const connected = Date.now();
  // Events begin within a second of that: the bank tells the time to the second only.
  await until('events have begun', () => Date.now() > connected + 2_500);
  return { ...opened, bridge, pot };
}

type Stage = Awaited<ReturnType<typeof connectedBridge>>;

const read = async <T>({ api }: RealBridge, path: string) => (await (await api(path)).json()) as T;

interface Shown {
  readonly items: readonly { readonly id: string; readonly balance_minor: number }[];
}

/** One purchase on each account, every second of them without a ring: all are events soon, and the balances follow. */
async function spend({ bank, bridge, faults, transactions }: Stage, when: string): Promise<void> {
  for (const [number, account] of accounts.entries()) {
    if (number % 2 === 0) faults.add({ kind: 'hook_dropped', times: 1 });
    bank.purchase(account, { amount: 350, merchant: 'Blue Door Coffee' });
  }
  await until(`every purchase is an event: ${when}`, async () => {
    const log = new Set((await eventLog(bridge.api)).map(({ transaction_id }) => transaction_id));
    return transactions.every((id) => log.has(id));
  });
  await until(`the balances are the bank’s: ${when}`, async () => {
    const { items } = await read<Shown>(bridge, '/api/accounts');
    const shown = new Map(items.map(({ id, balance_minor }) => [id, balance_minor]));
    return accounts.every((id) => shown.get(id) === bank.account(id).balance);
  });
}

/** Waits until the bridge knows whether its clock is right, as it says on its page. */
async function untilClockIs({ bridge }: Stage, state: 'ok' | 'degraded', says: RegExp): Promise<void> {
  interface Health {
    readonly parts: readonly {
      readonly part: string;
      readonly state: string;
      readonly sentence: string | null;
    }[];
  }
  await until(`the clock is ${state}, and ${String(says)}`, async () => {
    const { parts } = await read<Health>(bridge, '/api/health');
    const clock = parts.find(({ part }) => part === 'clock');
    return clock?.state === state && says.test(clock.sentence ?? '');
  });
}

async function killAndStart({ bridge }: Stage): Promise<void> {
  await bridge.end('SIGKILL');
  bridge.start();
  await until('it serves again', bridge.isServing);
}

async function ask({ bridge, pot }: Stage, amount: string, request_id: string): Promise<Told> {
  const body = JSON.stringify({ pot, transfer_type: 'deposit', amount, request_id });
  const response = await bridge.api('/api/commands/pot_transfer', { method: 'POST', body });
  return { ...((await response.json()) as object), http: response.status };
}

async function assertRefused(stage: Stage, requestId: string): Promise<void> {
  const before = movesAt(stage).length;
  const { http, code, money_moved: moved } = await ask(stage, '5', requestId);
  assert.deepEqual([http, code, moved], [409, 'clock_differs', 'no']);
  assert.equal(movesAt(stage).length, before);
}

async function assertMoved(stage: Stage, amount: string, requestId: string): Promise<void> {
  const told = await ask(stage, amount, requestId);
  assert.deepEqual([told.http, told['money_moved']], [200, 'yes'], JSON.stringify(told));
}

const perDay = 30_000;
const today = () => localDay(Date.now(), 'Europe/London');
const movedOn = (stage: Stage, day: string) =>
  movesAt(stage)
    .filter(({ createdMs }) => localDay(createdMs, 'Europe/London') === day)
    .reduce((sum, { amount }) => sum + Math.abs(amount), 0);

/** A penny more than the day’s cap leaves, by the bank’s own books, is refused. */
async function assertCapHolds(stage: Stage): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const day = today();
    const left = perDay - movedOn(stage, day);
    const told = await ask(stage, ((left + 1) / 100).toFixed(2), `a penny too much, ${tries}`);
    // At midnight another day's cap counts.
    if (today() !== day) continue;
    assert.equal(told['code'], 'per_day_cap', JSON.stringify(told));
    return;
  }
}

test('a real clock that is an hour ahead at boot, then stepped to and fro and put right, disturbs neither events nor money', async (t) => {
  const clock = await createSteppedClock(temporaryDirectory(t), '+1h');
  const began = Date.now();
  const stage = await connectedBridge(t, clock);
  const { bank, bridge, faults, transactions } = stage;
  const rails = { per_move: { '*': '300.01' }, per_day: { '*': '300' } };
  assert.equal((await bridge.api('/api/rails', { method: 'PUT', body: JSON.stringify(rails) })).status, 200);
  await spend(stage, 'an hour ahead since boot');
  await untilClockIs(stage, 'degraded', /60 minutes ahead/);
  await assertRefused(stage, 'first');

  clock.set('-2h');
  await spend(stage, 'two hours behind');
  await untilClockIs(stage, 'degraded', /(2 hours|120 minutes) behind/);
  await assertRefused(stage, 'first');

  clock.set('+0');
  await untilClockIs(stage, 'ok', /^$/);
  await assertMoved(stage, '100', 'first');
  await spend(stage, 'right');

  clock.set('+2d');
  await untilClockIs(stage, 'degraded', /2 days ahead/);
  await assertRefused(stage, 'second');
  await killAndStart(stage);
  await spend(stage, 'two days ahead, started again');
  await assertRefused(stage, 'second');

  clock.set('+0');
  await untilClockIs(stage, 'ok', /^$/);
  // The bank moves it, and its answer is lost together with the bridge.
  const isAsked = { yes: false };
  faults.add({
    kind: 'timeout_after',
    times: 1,
    match: (call) => (isAsked.yes ||= isMove(call)) && isMove(call),
  });
  const lost = ask(stage, '100', 'second').catch(() => null);
  await until('the bank has moved it', () => movesAt(stage).length === 2);
  clock.set('-2h');
  await killAndStart(stage);
  await lost;
  await spend(stage, 'two hours behind, started again');
  clock.set('+0');
  await untilClockIs(stage, 'ok', /^$/);
  await until(
    'it is known that it moved',
    async () => (await ask(stage, '100', 'second'))['money_moved'] === 'yes',
  );
  await assertMoved(stage, '50', 'third');
  await assertCapHolds(stage);
  await spend(stage, 'right again');

  const moves = movesAt(stage).map(({ amount }) => Math.abs(amount));
  assert.deepEqual(moves, [10_000, 10_000, 5_000]);
  const log = (await eventLog(bridge.api)).filter(({ transaction_id }) => transaction_id);
  assertRecorded(bank, log, transactions);
  for (const item of log) {
    const at = Date.parse(item.at);
    assert.ok(
      at >= began - 2_000 && at <= Date.now() + 2_000,
      `${item.event_id}: dated ${new Date(at).toISOString()}`,
    );
  }
});
