import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { supervisorTokens } from '../../sim/supervisor.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { asAppOf, startSupervisorOf } from '../support/supervised.ts';
import { inSteps, until as untilThere } from '../support/until.ts';
import { notedIn } from '../support/bank-positions.ts';
import { createWorld, type World } from '../support/world.ts';

const until = (world: World, what: string, condition: () => boolean): Promise<void> =>
  untilThere(what, condition, { between: inSteps(world.clock, 1_000) });

for (const way of ['with a token', 'as an app'] as const)
  test(`${way}: sign-in through Home Assistant, notices, doorbell and events on the bus`, async () => {
    await using fake = await startFakeHomeAssistant();
    if (way === 'with a token') {
      const settings = {
        MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
        MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
      };
      await using world = await createWorld({ settings });
      assert.match(await goThrough(world, fake), /\]\(http:\/\/127\.0\.0\.1:\d+\/#\/settings\/people\)$/);
    } else {
      await using supervisor = await startSupervisorOf(fake);
      await using world = await createWorld(asAppOf(supervisor));
      assert.match(await goThrough(world, fake), /\]\(\/app\/a0b1c2d3_monzo_bridge\)$/);
      const said = world.logLines.join('') + fake.frames.join('');
      assert.ok(!said.includes(supervisorTokens.app));
    }
  });

/** Returns the notice that reminds the person of the approval. */
async function goThrough(world: World, fake: FakeHomeAssistant): Promise<string> {
  const { bank } = world;
  const stateOf = (part: string) =>
    world
      .app()
      .health()
      .find((found) => found.part === part)?.state;
  await until(world, 'Home Assistant is connected', () => stateOf('home_assistant') === 'ok');
  await until(world, 'both webhooks are there', () =>
    fake.of('subscribe_events').some(({ event_type: type }) => type === 'core_config_updated'),
  );

  const answer = await world.api('/api/logins', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Alex', client_id: alex.clientId, client_secret: alex.clientSecret }),
  });
  const { id, authorize_url, redirect_uri: redirectUri } = (await answer.json()) as Record<string, string>;
  assert.match(redirectUri ?? '', /^https:\/\/home\.example\.org\/api\/webhook\/[0-9a-f]{64}$/);
  const webhookId = redirectUri?.slice(-64) ?? '';
  bank.registerRedirect(alex.clientId, redirectUri ?? '');
  const state = new URL(authorize_url ?? '').searchParams.get('state') ?? '';
  fake.callWebhook(webhookId, { code: 'c:forged', state: 's:forged', error: 'e:' });
  const landing = bank.authorize({
    clientId: alex.clientId,
    redirectUri: redirectUri ?? '',
    state,
    userId: alex.userId,
  });
  const code = new URL(landing).searchParams.get('code') ?? '';
  fake.callWebhook(webhookId, { code: `c:${code}`, state: `s:${state}`, error: 'e:' });
  const login = () =>
    world
      .app()
      .view()
      .logins.find((found) => found.id === id);
  await until(world, 'the sign-in is taken', () => login()?.state === 'awaiting_approval');

  const notice = `monzo_bridge_${id}`;
  await until(world, 'the person is reminded', () => fake.notifications.has(notice));
  const reminder = fake.notifications.get(notice)?.message ?? '';
  bank.approve(alex.userId);
  await until(world, 'it is active', () => login()?.state === 'active');
  await until(world, 'the notice goes', () => !fake.notifications.has(notice));

  const transaction = bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  const subscription = fake
    .of('subscribe_trigger')
    .find(({ trigger }) => JSON.stringify(trigger).includes('POST'));
  const { webhook_id: doorbellId = '' } = (subscription?.['trigger'] ?? {}) as { webhook_id?: string };
  const listedBefore = world.clock.now();
  fake.callWebhook(doorbellId, { trigger: { json: { data: { account_id: alex.current } } } });
  const fired = () => fake.of('fire_event').map(({ event_data: data }) => data as Record<string, unknown>);
  await until(world, 'it is on the bus', () =>
    fired().some((data) => data['event_id'] === `${transaction}:created`),
  );
  assert.ok(world.clock.now() - listedBefore < 60_000, 'the doorbell, not the schedule, found it');
  world.faults.add({
    kind: 'wrong_shape',
    match: ({ path }) => path === '/transactions',
    rewrite: () => ({ transactions: [] }),
  });
  const unlisted = bank.purchase(alex.current, { amount: 120, merchant: 'Corner Shop' });
  const named = { account_id: alex.current, id: unlisted, scheme: 'mastercard' };
  fake.callWebhook(doorbellId, { trigger: { json: { type: 'transaction.created', data: named } } });
  await until(world, 'what no list shows is asked for by id', () =>
    fired().some((data) => data['event_id'] === `${unlisted}:created`),
  );
  assert.equal(stateOf('home_assistant_events'), 'ok');
  const noted = await notedIn(world);
  assert.deepEqual(
    [noted.get('ring_types'), noted.get('ring_schemes')],
    [['transaction.created'], ['mastercard']],
    'how Monzo rings is noted here too',
  );
  const said = world.logLines.join('');
  for (const secret of [fake.world.token, webhookId, doorbellId]) assert.ok(!said.includes(secret));
  const told = fake.frames.join('');
  assert.match(told, /monzo_event/);
  const secretKey = readFileSync(join(world.directory, 'secret-key'), 'utf8').trim();
  for (const secret of [...bank.secrets(), world.app().adminToken, secretKey, state])
    assert.ok(!told.includes(secret), 'nothing secret is told to Home Assistant');
  return reminder;
}
