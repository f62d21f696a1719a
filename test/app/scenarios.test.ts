import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { scenarios, type ScenarioName } from '../../sim/scenarios.ts';
import { assertEventsOf, both, events, play, playThrough } from '../support/scenario.ts';

const hour = 60 * 60_000;

const selfHealing = Object.keys(scenarios).filter(
  (name) => !['evicted', 'forgedRings', 'wholeMonth'].includes(name),
);

for (const name of selfHealing as ScenarioName[])
  test(`${name}: ${scenarios[name].about} Every event is recorded, each once`, async () => {
    await using world = await both();
    const tally = await play(world, name);
    assert.ok(tally.created.length > 0);
    await assertEventsOf(world, tally);
    for (const { id, balance } of world.app().view().accounts)
      assert.equal(balance, world.bank.account(id).balance);
  });

test('what was found late says so', async () => {
  await using world = await both();
  await play(world, 'outage');
  const found = await events(world);
  assert.ok(found.filter(({ recovered }) => recovered).length >= 6);
});

test('evicted: the login says who may have done it, and after signing in again nothing is missing', async () => {
  await using world = await both();
  const tally = await play(world, 'evicted');
  const login = world
    .app()
    .view()
    .logins.find(({ name }) => name === 'Alex');
  assert.equal(login?.state, 'needs_authorisation');
  const answer = await world.api(`/api/logins/${login?.id}/reauthorize`, { method: 'POST' });
  const { authorize_url } = (await answer.json()) as { readonly authorize_url: string };
  const address = new URL(authorize_url).searchParams;
  const redirectUri = address.get('redirect_uri') ?? '';
  const state = address.get('state') ?? '';
  await fetch(world.bank.authorize({ clientId: alex.clientId, redirectUri, state, userId: alex.userId }));
  world.bank.approve(alex.userId);
  await world.clock.advance(hour);
  await assertEventsOf(world, tally);
});

test('forgedRings: rings that lie make no event and cost no more than looking', async () => {
  await using world = await both();
  const secretKey = Buffer.from(readFileSync(join(world.directory, 'secret-key'), 'utf8').trim(), 'hex');
  const key = createHmac('sha256', secretKey).update(alex.current).digest('hex');
  const hook = { id: 'webhook_0000Test', accountId: alex.current, clientId: alex.clientId, createdMs: 0 };
  world.bank.model.webhooks.set(hook.id, { ...hook, url: `${world.app().publicUrl}/hooks/${key}` });
  const before = world.bank.calls.length;
  const tally = await playThrough(world, 'forgedRings', 200);
  await world.clock.advance(15_000);
  await assertEventsOf(world, tally);
  const lists = world.bank.calls.slice(before).filter(({ path }) => path === '/transactions');
  assert.ok(lists.length <= 20, `${lists.length} lists for 5 forged rings`);
});
