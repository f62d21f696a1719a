import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { Call } from '../../sim/call.ts';
import { reauthorize, signIn } from '../support/people.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const historyOf = (world: World) => world.app().view().logins[0]?.history;
const stateOf = (world: World) => world.app().view().logins[0]?.state;
const isList = ({ path }: Pick<Call, 'path'>) => path === '/transactions';

async function rowsOf(world: World): Promise<number> {
  const answer = await world.api('/api/transactions/export?format=json');
  return ((await answer.json()) as readonly unknown[]).length;
}

function rowsAtBank(world: World, since = 0): number {
  const { accounts } = world.app().view();
  const rows = [...world.bank.model.transactions.values()];
  return rows.filter(
    ({ accountId, createdMs }) => createdMs >= since && accounts.some(({ id }) => id === accountId),
  ).length;
}

/** Alex has a year of history in one account. */
async function aYear(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  world.bank.addHistory(alex.current, { days: 400, perDay: 1 });
  return world;
}

test('a minute of trouble at the approval costs nothing: what is missing is read by itself', async () => {
  await using world = await aYear();
  const trouble = world.faults.add({ kind: 'status', status: 503, match: isList });
  await world.connect('alex');
  await world.clock.advance(minute);
  assert.notEqual(historyOf(world)?.state, 'complete');
  trouble();
  await world.until('the history is read', () => historyOf(world)?.state === 'complete', 3 * minute);
  assert.equal(await rowsOf(world), rowsAtBank(world));
});

test('while Monzo has a problem, the page says that the bridge tries again, and what is recent is read days later', async () => {
  await using world = await aYear();
  const trouble = world.faults.add({ kind: 'status', status: 503, match: isList });
  await world.connect('alex');
  await world.clock.advance(20 * minute);
  assert.equal(historyOf(world)?.state, 'partial');
  assert.match(historyOf(world)?.missing ?? '', /failed several times in a row.* tries again by itself/);
  trouble();
  await world.clock.advance(7 * 60 * minute);
  assert.ok((await rowsOf(world)) >= rowsAtBank(world, world.clock.now() - 85 * day));
  const missing = historyOf(world)?.missing ?? '';
  assert.match(missing, /urrent account before \d{4}-\d\d-\d\d: Monzo shows older transactions only/);
  assert.match(missing, /choose “Sign in again” on the bridge’s page and approve/);
  assert.doesNotMatch(missing, /by itself/);
});

for (const callLimit of ['sliding', 'sticky'] as const)
  test(`a bank that counts calls (${callLimit}) is asked for fewer, and all that is in reach is read`, async () => {
    await using world = await aYear({ switches: { callLimit } });
    await world.connect('alex');
    await world.clock.advance(2 * 60 * minute);
    assert.ok((await rowsOf(world)) >= rowsAtBank(world, world.clock.now() - 85 * day));
    const refusals = world.bank.calls.filter(({ status }) => status === 429).length;
    assert.ok(refusals <= 12, `${refusals} refusals`);
    const { items } = (await (await world.api('/api/logins')).json()) as { items: { learnt: string[] }[] };
    assert.match(items[0]?.learnt.join(' ') ?? '', /calls within five minutes/);
  });

test('asking for the approval does not use up the calls that Monzo answers', async () => {
  await using world = await aYear({ switches: { callLimit: 'sticky' } });
  await signIn(world, alex);
  await world.clock.advance(9 * minute);
  const refusals = world.bank.calls.filter(({ status }) => status === 429).length;
  assert.ok(refusals <= 5, `${refusals} refusals`);
  world.bank.approve(alex.userId);
  await world.clock.advance(30_000);
  assert.equal(stateOf(world), 'active');
});

test('what only a new sign-in opens is read after it', async () => {
  await using world = await aYear();
  const trouble = world.faults.add({ kind: 'status', status: 503, match: isList });
  const id = await world.connect('alex');
  await world.clock.advance(6 * minute);
  trouble();
  await world.clock.advance(30 * minute);
  assert.equal(historyOf(world)?.state, 'partial');
  await reauthorize(world, id, alex.userId);
  world.bank.approve(alex.userId);
  await world.until('the history is read', () => historyOf(world)?.state === 'complete', 3 * minute);
  assert.equal(historyOf(world)?.missing, null);
  assert.equal(await rowsOf(world), rowsAtBank(world));
});

test('a sign-in after a lapse calls nothing missing that is held, and counts what is held of the rest', async () => {
  await using world = await aYear();
  const id = await world.connect('alex');
  await world.until('the history is read', () => historyOf(world)?.state === 'complete', 3 * minute);
  world.bank.lapseApproval(alex.userId);
  world.clock.jump(120 * day);
  await world.clock.advance(minute);
  const trouble = world.faults.add({ kind: 'status', status: 503, match: isList });
  await reauthorize(world, id, alex.userId);
  world.bank.approve(alex.userId);
  await world.clock.advance(10 * minute);
  trouble();
  await world.clock.advance(7 * 60 * minute);
  const { state, missing } = historyOf(world) ?? {};
  assert.equal(state, 'partial');
  const spans = [
    ...(missing ?? '').matchAll(/from (\S+) to (\S+?)(?: \((\d+) transactions? of that time held\))?: /g),
  ];
  assert.ok(spans.length > 0 && !/ before \d/.test(missing ?? ''), missing ?? '');
  for (const [, since = '', before = ''] of spans)
    assert.ok(Date.parse(before) - Date.parse(since) <= 37 * day, 'only what was not read for certain');
});

test('what was read before a restart is not asked for again', async () => {
  await using world = await aYear();
  world.faults.add({ kind: 'slow', ms: 4_000, match: isList });
  await world.connect('alex');
  await world.clock.advance(40_000);
  assert.equal(historyOf(world)?.state, 'running');
  assert.ok((historyOf(world)?.read ?? 0) > 100, String(historyOf(world)?.read));
  world.faults.clear();
  await world.restart();
  await world.until('the history is read', () => historyOf(world)?.state === 'complete');
  assert.equal(await rowsOf(world), rowsAtBank(world));
  const first = world.bank.calls.filter(isList).map(({ query }) => query);
  const slices = first.filter((query) => query.includes('before='));
  const starts = slices.map((query) => {
    const params = new URLSearchParams(query);
    return `${params.get('account_id')} ${params.get('since')}`;
  });
  const repeated = starts.filter((one, place) => starts.indexOf(one) !== place);
  assert.ok(repeated.length <= 2, repeated.join(', '));
});

for (const reachBeyond of ['refused_403', 'refused_400'] as const)
  test(`where Monzo lists thirty days, these are read, and the rest is named (${reachBeyond})`, async () => {
    await using world = await aYear({ switches: { reachDays: 30, reachBeyond } });
    const trouble = world.faults.add({ kind: 'status', status: 503, match: isList });
    await world.connect('alex');
    await world.clock.advance(6 * minute);
    trouble();
    await world.clock.advance(60 * minute);
    assert.ok((await rowsOf(world)) >= rowsAtBank(world, world.clock.now() - 29 * day));
    assert.equal(historyOf(world)?.state, 'partial');
    assert.match(historyOf(world)?.missing ?? '', /“Sign in again”/);
    assert.equal(stateOf(world), 'active');
  });

test('what a sleep of three months leaves out is named, and read after a new sign-in', async () => {
  await using world = await aYear();
  const id = await world.connect('alex');
  await world.until('the history is read', () => historyOf(world)?.state === 'complete');
  await world.clock.advance(6 * minute);
  const rows = await rowsOf(world);
  world.clock.jump(10 * day);
  const bought = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  world.clock.jump(100 * day);
  await world.until('the lapse is noticed', () => stateOf(world) === 'needs_approval');
  world.bank.approve(alex.userId);
  await world.until('the approval is noticed', () => stateOf(world) === 'active');
  await world.clock.advance(10 * minute);
  assert.equal(await rowsOf(world), rows);
  assert.match(
    historyOf(world)?.missing ?? '',
    /from 2026-11-02 to 2026-11-2\d: Monzo shows older .* “Sign in again”/,
  );
  await reauthorize(world, id, alex.userId);
  world.bank.approve(alex.userId);
  await world.until('all is read', () => historyOf(world)?.state === 'complete');
  const { items } = (await (await world.api('/api/events')).json()) as {
    items: { transaction_id: string }[];
  };
  assert.deepEqual(
    items.map((event) => event.transaction_id),
    [bought],
  );
});
