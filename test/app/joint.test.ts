import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallFault } from '../../sim/faults.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { callerOf } from '../../sim/api.ts';
import { ask } from '../support/money.ts';
import { answered, loginOf, reload } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;

async function bothConnected(world: World) {
  const ids = { alex: await world.connect('alex'), sam: await world.connect('sam') };
  await world.clock.advance(20 * minute);
  return ids;
}

const jointIn = (world: World) =>
  world
    .app()
    .view()
    .accounts.find(({ id }) => id === joint.account);

/** Whose token listed the joint account's transactions since a place in the bank's log of calls. */
function readersSince(world: World, place: number): readonly (string | null)[] {
  const lists = world.bank.calls
    .slice(place)
    .filter(
      ({ path, query, status }) =>
        path === '/transactions' && query.includes(joint.account) && status === 200,
    );
  return [...new Set(lists.map(({ userId }) => userId))];
}

const onlyFor =
  (world: World, userId: string): NonNullable<CallFault['match']> =>
  (call) =>
    callerOf(world.bank.model, call).userId === userId;

async function eventIds(world: World): Promise<readonly string[]> {
  const answer = await world.api('/api/events');
  const { items } = (await answer.json()) as { items: readonly { readonly event_id: string }[] };
  return items.map(({ event_id }) => event_id);
}

async function shop(world: World): Promise<string> {
  const id = world.bank.purchase(joint.account, {
    amount: 900,
    merchant: 'Green Grocer',
    userId: sam.userId,
  });
  await world.clock.advance(5 * minute);
  return id;
}

test('an outage of one login leaves the joint account to the other, in both directions, without a second event', async () => {
  await using world = await createWorld();
  await bothConnected(world);
  const bought: string[] = [await shop(world)];
  const [first] = readersSince(world, 0).slice(0, 1);
  const other = first === alex.userId ? sam.userId : alex.userId;
  for (const [broken, reader] of [
    [first, other],
    [other, first],
  ] as const) {
    const repair = world.faults.add({ kind: 'status', status: 503, match: onlyFor(world, broken ?? '') });
    await world.clock.advance(5 * minute);
    const place = world.bank.calls.length;
    bought.push(await shop(world));
    assert.deepEqual(readersSince(world, place), [reader]);
    assert.equal(jointIn(world)?.balance, world.bank.account(joint.account).balance);
    repair();
    await world.clock.advance(5 * minute);
    const later = world.bank.calls.length;
    bought.push(await shop(world));
    assert.deepEqual(readersSince(world, later), [reader], 'one that comes back does not take over');
  }
  assert.deepEqual(
    await eventIds(world),
    bought.map((id) => `${id}:created`),
  );
  assert.equal(jointIn(world)?.available, true);
});

test('what is amended while the reader changes is one event', async () => {
  await using world = await createWorld();
  await bothConnected(world);
  const id = await shop(world);
  for (const person of [alex, sam, alex, sam]) {
    const repair = world.faults.add({ kind: 'status', status: 503, match: onlyFor(world, person.userId) });
    await world.clock.advance(5 * minute);
    if (person === sam) world.bank.annotate(id, 'for the party');
    await world.clock.advance(25 * minute);
    repair();
    await world.clock.advance(20 * minute);
  }
  const [created, ...amended] = await eventIds(world);
  assert.equal(created, `${id}:created`);
  assert.equal(amended.length, 1);
  assert.match(amended[0] ?? '', new RegExp(`^${id}:amended:`));
});

for (const ownersView of ['own_categories', 'own_categories_and_notes'] as const)
  test(`what each owner sees in a way of their own is no event, however often the reader changes (${ownersView})`, async () => {
    await using world = await createWorld({ switches: { ownersView } });
    const ids = await bothConnected(world);
    const bought = [await shop(world), await shop(world), await shop(world)];
    for (const id of bought) world.bank.annotate(id, 'weekly');
    await world.clock.advance(5 * minute);
    const before = (await eventIds(world)).length;
    for (const person of [alex, sam, alex, sam]) {
      const repair = world.faults.add({ kind: 'status', status: 503, match: onlyFor(world, person.userId) });
      await world.clock.advance(30 * minute);
      repair();
      await world.clock.advance(10 * minute);
      await ask(world, 'pot_transfer', { pot: joint.pots.bills, transfer_type: 'deposit', amount: '1' });
      await world.clock.advance(10 * minute);
    }
    const amended = async () =>
      (await eventIds(world)).slice(before).filter((id) => id.includes(':amended:'));
    assert.deepEqual(await amended(), []);
    assert.deepEqual([loginOf(world, ids.alex).state, loginOf(world, ids.sam).state], ['active', 'active']);
    world.bank.settle(bought[0] ?? '', { amount: 950 });
    await world.clock.advance(40 * minute);
    assert.equal((await amended()).length, 1, 'another amount is one all the same');
  });

test('a refusal of the joint account to one login is no reason not to read it', async () => {
  await using world = await createWorld();
  const ids = await bothConnected(world);
  const isRefused: NonNullable<CallFault['match']> = (call) =>
    call.query.toString().includes(joint.account) && onlyFor(world, alex.userId)(call);
  world.faults.add({ kind: 'status', status: 403, match: isRefused });
  await world.clock.advance(20 * minute);
  await shop(world);
  assert.equal(jointIn(world)?.balance, world.bank.account(joint.account).balance);
  for (const id of [ids.alex, ids.sam]) assert.equal(loginOf(world, id).state, 'active');
});

for (const leaver of ['alex', 'sam'] as const)
  test(`${leaver} leaves, the joint account stays with its history, and ${leaver} comes back to it`, async () => {
    await using world = await createWorld();
    const ids = await bothConnected(world);
    const first = await shop(world);
    const removal = world.api(`/api/logins/${ids[leaver]}`, { method: 'DELETE' });
    assert.equal((await answered(world, removal)).status, 204);
    const second = await shop(world);
    assert.deepEqual(await eventIds(world), [`${first}:created`, `${second}:created`]);
    assert.deepEqual(jointIn(world)?.loginIds, [leaver === 'alex' ? ids.sam : ids.alex]);
    await world.connect(leaver);
    const third = await shop(world);
    assert.equal(jointIn(world)?.loginIds.length, 2);
    assert.equal((await eventIds(world)).at(-1), `${third}:created`);
    assert.equal((await eventIds(world)).length, 3);
  });

test('a login whose approval lapsed leaves the joint account to the other, and may read it again', async () => {
  await using world = await createWorld();
  const ids = await bothConnected(world);
  world.bank.lapseApproval(alex.userId);
  await world.clock.advance(10 * minute);
  assert.equal(loginOf(world, ids.alex).state, 'needs_approval');
  const place = world.bank.calls.length;
  await shop(world);
  assert.deepEqual(readersSince(world, place), [sam.userId]);
  world.bank.approve(alex.userId);
  await reload(world, ids.alex);
  world.bank.evict(sam.clientId, sam.userId);
  await world.clock.advance(10 * minute);
  const later = world.bank.calls.length;
  await shop(world);
  assert.deepEqual(readersSince(world, later), [alex.userId]);
  assert.equal((await eventIds(world)).length, 2);
});
