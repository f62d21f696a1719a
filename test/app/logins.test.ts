import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, sam } from '../../sim/household.ts';
import { add, loginOf, reauthorize, signIn, stateOf } from '../support/people.ts';
import { createWorld } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;

interface LoginItem {
  readonly id: string;
  readonly state: string;
  readonly needs: string | null;
}

test('the bridge waits for the approval in the Monzo app and notices it by itself', async () => {
  await using world = await createWorld();
  const id = await signIn(world, alex);
  await world.clock.advance(3 * minute);
  assert.equal(stateOf(world, id), 'awaiting_approval');
  assert.match(loginOf(world, id).needs ?? '', /Monzo app/);
  world.bank.approve(alex.userId);
  await world.clock.advance(6_000);
  assert.equal(stateOf(world, id), 'active');
  assert.equal(loginOf(world, id).needs, null);
});

test('an approval given after a restart is noticed at once with a reload', async () => {
  await using world = await createWorld();
  const id = await signIn(world, alex);
  await world.clock.advance(hour);
  await world.restart();
  assert.equal(stateOf(world, id), 'awaiting_approval');
  world.bank.approve(alex.userId);
  const reloaded = (await (
    await world.api(`/api/logins/${id}/reload`, { method: 'POST' })
  ).json()) as LoginItem;
  assert.equal(reloaded.state, 'active');
});

test('an approval that lapses is reported, tried again and heals by itself', async () => {
  await using world = await createWorld();
  const id = await world.connect('alex');
  world.bank.lapseApproval(alex.userId);
  await world.clock.advance(5 * minute);
  assert.equal(stateOf(world, id), 'needs_approval');
  assert.match(loginOf(world, id).needs ?? '', /Monzo app/);
  world.bank.approve(alex.userId);
  await world.clock.advance(6 * minute);
  assert.equal(stateOf(world, id), 'active');
});

test('eviction names its likely cause, and signing in again repairs it without entering anything', async () => {
  await using world = await createWorld();
  const id = await world.connect('alex');
  world.bank.evict(alex.clientId, alex.userId);
  await world.clock.advance(5 * minute);
  assert.equal(stateOf(world, id), 'needs_authorisation');
  assert.match(loginOf(world, id).needs ?? '', /someone else uses this OAuth client/);
  assert.equal((await reauthorize(world, id, alex.userId)).status, 200);
  world.bank.approve(alex.userId);
  await world.clock.advance(minute);
  assert.equal(stateOf(world, id), 'active');
});

test('a client that a login already uses is refused before the bank is asked', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const calls = world.bank.calls.length;
  const answer = await add(world, alex, 'Alex again');
  assert.equal(answer.status, 409);
  assert.equal(((await answer.json()) as { code: string }).code, 'client_in_use');
  assert.equal(world.bank.calls.length, calls);
});

test('the same person through another client is refused at the callback, and the first login stays untouched', async () => {
  await using world = await createWorld();
  const first = await world.connect('alex');
  const second = await signIn(world, sam, { name: 'Sam', as: alex.userId });
  assert.notEqual(stateOf(world, second), 'active');
  assert.match(loginOf(world, second).needs ?? '', /already connected as “Alex”/);
  await world.clock.advance(10 * minute);
  assert.equal(stateOf(world, first), 'active');
});

test('a login that someone else signed in to is refused with the reason', async () => {
  await using world = await createWorld();
  const id = await world.connect('alex');
  await reauthorize(world, id, sam.userId);
  assert.match(loginOf(world, id).needs ?? '', /Someone other than Alex/);
  await world.clock.advance(5 * minute);
  assert.equal(stateOf(world, id), 'active', 'what was stored stays in use');
});

test('a client that is not confidential is named as the cause', async () => {
  await using world = await createWorld();
  world.bank.addClient({ ...world.bank.client(alex.clientId), confidential: false });
  const id = await signIn(world, alex);
  assert.match(loginOf(world, id).needs ?? '', /Confidential/);
});

test('a wrong secret is named as the cause, and replacing it repairs the login', async () => {
  await using world = await createWorld();
  world.bank.addClient({ ...world.bank.client(alex.clientId), secret: 'another-secret-than-the-given-one' });
  const id = await signIn(world, alex);
  assert.match(loginOf(world, id).needs ?? '', /secret/);
  const body = JSON.stringify({ client_secret: 'another-secret-than-the-given-one' });
  const headers = { 'content-type': 'application/json' };
  assert.equal((await world.api(`/api/logins/${id}`, { method: 'PATCH', body, headers })).status, 200);
  await reauthorize(world, id, alex.userId);
  world.bank.approve(alex.userId);
  await world.clock.advance(minute);
  assert.equal(stateOf(world, id), 'active');
});

test('a callback with a wrong, used or foreign state changes nothing', async () => {
  await using world = await createWorld();
  const answer = await add(world, alex, 'Alex');
  const { id, authorize_url, redirect_uri } = (await answer.json()) as Record<
    'id' | 'authorize_url' | 'redirect_uri',
    string
  >;
  const state = new URL(authorize_url).searchParams.get('state') ?? '';
  for (const query of ['', '?code=c', '?code=c&state=', '?code=c&state=guessed'])
    assert.equal((await fetch(`${redirect_uri}${query}`)).status, 400);
  assert.equal(stateOf(world, id), 'authorising');
  world.bank.registerRedirect(alex.clientId, redirect_uri);
  const landing = world.bank.authorize({
    clientId: alex.clientId,
    redirectUri: redirect_uri,
    state,
    userId: alex.userId,
  });
  assert.equal((await fetch(landing)).status, 200);
  assert.equal((await fetch(landing)).status, 400, 'used');
});

test('one account’s refusal is not the login’s', async () => {
  await using world = await createWorld();
  world.faults.add({
    kind: 'status',
    status: 403,
    code: 'forbidden.insufficient_permissions',
    match: ({ path, query }) => path !== '/accounts' && query.toString().includes(alex.flex),
  });
  const id = await world.connect('alex');
  await world.clock.advance(hour);
  assert.equal(stateOf(world, id), 'active');
});
