import assert from 'node:assert/strict';
import { test } from 'node:test';
import { someEvent, someTransaction } from '../support/snapshot-samples.ts';
import { startBench, webhookIds, type Bench } from './home-assistant-rig.ts';
import { offer } from '../support/offer.ts';

const minute = 60_000;
const connected = async (bench: Bench) => {
  await bench.until(
    'it is connected',
    () => bench.connection.isListening() && bench.connection.webhookUrl() !== null,
  );
  return bench;
};

test('both webhooks accept calls from outside, each with one method', async () => {
  await using bench = await connected(await startBench());
  const triggers = bench.fake
    .of('subscribe_trigger')
    .map(({ trigger }) => trigger as Record<string, unknown>);
  const [redirect, doorbell] = triggers;
  const open = { trigger: 'webhook', local_only: false };
  assert.deepEqual(doorbell, { ...open, webhook_id: webhookIds.doorbell, allowed_methods: ['POST'] });
  const { variables, ...rest } = redirect ?? {};
  assert.deepEqual(rest, { ...open, webhook_id: webhookIds.redirect, allowed_methods: ['GET'] });
  assert.deepEqual(Object.keys(variables as object), ['code', 'state', 'error']);
});

const calls = [
  { what: 'a code', variables: { code: 'c:123', state: 's:abc', error: 'e:' }, gives: ['123', 'abc', null] },
  {
    what: 'an error',
    variables: { code: 'c:', state: 's:1', error: 'e:denied' },
    gives: [null, '1', 'denied'],
  },
  { what: 'an empty visit', variables: { code: 'c:', state: 's:', error: 'e:x' }, gives: null },
  { what: 'numbers', variables: { code: 123, state: 's:1', error: null }, gives: [null, '1', null] },
  { what: 'no marks', variables: { code: 'x', state: 'y' }, gives: null },
  {
    what: 'an endless code',
    variables: { code: `c:${'x'.repeat(9_999)}`, state: 's:1' },
    gives: [null, '1', null],
  },
] as const;

for (const { what, variables, gives } of calls)
  test(`the redirect from Monzo: ${what}`, async () => {
    await using bench = await connected(await startBench());
    bench.fake.callWebhook(webhookIds.redirect, variables);
    bench.fake.callWebhook(webhookIds.redirect, { code: 'c:', state: 's:last', error: 'e:' });
    await bench.until('the last one came', () => bench.callbacks.at(-1)?.state === 'last');
    const [found] = bench.callbacks;
    if (gives === null) assert.equal(bench.callbacks.length, 1);
    else assert.deepEqual([found?.code, found?.state, found?.error], gives);
  });

test('only a well-formed account id rings', async () => {
  await using bench = await connected(await startBench());
  const ids = [
    1,
    null,
    '',
    'a b',
    'a/b',
    '+',
    'acc_1\n',
    'x'.repeat(81),
    ['acc_1'],
    {},
    '__proto__x',
    'acc_last',
  ];
  for (const account_id of ids)
    bench.fake.callWebhook(webhookIds.doorbell, { trigger: { json: { data: { account_id } } } });
  for (const json of [null, [], 'x', { data: null }, { data: [] }])
    bench.fake.callWebhook(webhookIds.doorbell, { trigger: { json } });
  bench.fake.callWebhook(webhookIds.doorbell, {});
  for (const id of ['tx_1', null, 7, 'a b', {}])
    bench.fake.callWebhook(webhookIds.doorbell, {
      trigger: { json: { data: { account_id: 'acc_id', id } } },
    });
  bench.fake.callWebhook(webhookIds.doorbell, { trigger: { json: { data: { account_id: 'acc_end' } } } });
  await bench.until('the last one came', () => bench.rings.includes('acc_end'));
  const named = ['acc_id tx_1', 'acc_id', 'acc_id', 'acc_id', 'acc_id'];
  assert.deepEqual(bench.rings, ['__proto__x', 'acc_last', ...named, 'acc_end']);
});

const reaches = [
  {
    what: 'an external address',
    urls: { internal: 'http://ha.local:8123', external: 'https://ha.example/', cloud: null },
    redirect: `https://ha.example/api/webhook/${webhookIds.redirect}`,
    webhook: `https://ha.example/api/webhook/${webhookIds.doorbell}`,
  },
  {
    what: 'the cloud’s address only',
    urls: { internal: 'http://ha.local:8123', external: null, cloud: 'https://x.ui.nabu.casa' },
    redirect: `https://x.ui.nabu.casa/api/webhook/${webhookIds.redirect}`,
    webhook: `https://x.ui.nabu.casa/api/webhook/${webhookIds.doorbell}`,
  },
  {
    what: 'an internal address only',
    urls: { internal: 'http://ha.local:8123', external: null, cloud: null },
    redirect: `http://ha.local:8123/api/webhook/${webhookIds.redirect}`,
    webhook: null,
  },
  {
    what: 'no address',
    urls: { internal: null, external: null, cloud: null },
    redirect: null,
    webhook: null,
  },
] as const;

for (const { what, urls, redirect, webhook } of reaches)
  test(`with ${what}`, async () => {
    await using bench = await startBench({
      prepare: ({ world }) => {
        world.urls = urls;
      },
    });
    const { fake, connection } = bench;
    await bench.until('the addresses are known', () => fake.of('subscribe_events').length > 0);
    await bench.until('calls reach us', () => connection.isListening());
    await bench.pass(1_000);
    assert.deepEqual([connection.redirectUri(), connection.webhookUrl()], [redirect, webhook]);
  });

test('a changed address is followed; while Home Assistant is away only the webhook’s address is kept', async () => {
  await using bench = await connected(await startBench());
  const { fake, connection } = bench;
  const changesBefore = bench.changes();
  fake.world.urls = { ...fake.world.urls, external: 'https://new.example' };
  fake.fire('core_config_updated');
  await bench.until(
    'it is followed',
    () => connection.webhookUrl()?.startsWith('https://new.example') === true,
  );
  assert.ok(bench.changes() > changesBefore);
  await fake.stop();
  await bench.until('the loss is known', () => !connection.isListening());
  assert.equal(connection.redirectUri(), null);
  assert.match(connection.webhookUrl() ?? '', /new\.example/);
});

const hook = { cloudhook_url: 'https://hooks.nabu.casa/known' };

test('a connected cloud gives a cloudhook: the one that exists, else a new one, created once', async () => {
  await using bench = await startBench({
    prepare: ({ world }) => {
      world.cloud = { logged_in: true, cloud: 'connected', cloudhooks: {} };
    },
  });
  const { fake, connection } = bench;
  await bench.until('it is known', () => connection.webhookUrl() === 'https://hooks.nabu.casa/bbbbbbbb');
  await bench.pass(30 * minute);
  assert.equal(fake.of('cloud/cloudhook/create').length, 1);
  assert.match(
    connection.redirectUri() ?? '',
    /^https:\/\/home\.example\.org\//,
    'browsers need no cloudhook',
  );
});

test('a cloud that connects late keeps its cloudhook; one that stays disconnected does not', async () => {
  const cloudhooks = { [webhookIds.doorbell]: hook };
  await using bench = await startBench({
    prepare: ({ world }) => {
      world.cloud = { logged_in: true, cloud: 'connecting', cloudhooks };
    },
  });
  const { fake, connection } = bench;
  await bench.until('it is known', () => connection.webhookUrl() === hook.cloudhook_url);
  await bench.pass(minute);
  assert.equal(connection.webhookUrl(), hook.cloudhook_url);
  await bench.pass(16 * minute);
  assert.match(connection.webhookUrl() ?? '', /home\.example\.org/);
  assert.equal(fake.of('cloud/cloudhook/create').length, 0);
});

for (const [what, cloud] of [
  ['nobody is signed in to', { logged_in: false, cloud: 'disconnected', cloudhooks: {} }],
  [
    'that is not connected and has no hook of ours',
    { logged_in: true, cloud: 'disconnected', cloudhooks: {} },
  ],
] as const)
  test(`a cloud ${what} gives no cloudhook`, async () => {
    await using bench = await startBench({
      prepare: ({ world }) => {
        world.cloud = cloud;
      },
    });
    await connected(bench);
    await bench.pass(20 * minute);
    assert.match(bench.connection.webhookUrl() ?? '', /home\.example\.org/);
    assert.equal(bench.fake.of('cloud/cloudhook/create').length, 0);
  });

test('a Home Assistant without the webhook integration is reported', async () => {
  await using bench = await startBench({
    prepare: ({ world }) => {
      world.components = [];
    },
  });
  await bench.until('it is told', () => bench.output.health().state === 'degraded');
  assert.match(bench.output.health().sentence ?? '', /webhook integration is not loaded/);
  assert.equal(bench.connection.redirectUri(), null);
});

test('an event is delivered when Home Assistant confirms it, and waits while it is away', async () => {
  await using bench = await startBench({ prepare: (fake) => fake.stop() });
  const { sink } = bench.output;
  let ready = 0;
  sink.onReady(() => {
    ready += 1;
  });
  assert.equal(await offer(sink, { seq: 1, event: someEvent() }), 'wait');
  bench.fake.world.startedAt = Date.now();
  await bench.fake.start();
  await connected(bench);
  assert.equal(
    await offer(sink, { seq: 1, event: someEvent() }),
    'wait',
    'its automations do not listen yet',
  );
  const before = ready;
  await bench.until('it is ready', () => ready > before);
  const transaction = someTransaction({ raw: '{"amount":9007199254740993,"x":"\\ud800"}' });
  assert.equal(await offer(sink, { seq: 1, event: someEvent({ transaction }) }), 'delivered');
  const frame = bench.fake.frames.at(-1) ?? '';
  assert.match(frame, /"event_type":"monzo_event"/);
  assert.match(frame, /"data":\{"amount":9007199254740993,"x":"\\ufffd"\}/);
  bench.fake.world.script.set('fire_event', { refuse: 'unauthorized' });
  await assert.rejects(offer(sink, { seq: 1, event: someEvent() }), { code: 'home_assistant_refused' });
});
