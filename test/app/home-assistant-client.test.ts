import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { HomeAssistantClient } from '../../src/outputs/home-assistant/home-assistant-client.ts';
import { someEvent, someInstant } from '../support/snapshot-samples.ts';
import { startBench, webhookIds, type Bench } from './home-assistant-rig.ts';
import { offer } from '../support/offer.ts';
import { inSteps, until } from '../support/until.ts';

const minute = 60_000;
/** What is subscribed last: the changes of Home Assistant’s addresses. */
const addresses = ({ fake }: Bench) =>
  fake.of('subscribe_events').filter(({ event_type: type }) => type === 'core_config_updated');
const isWell = ({ connection, output }: Bench) => output.health().state === 'ok' && connection.isListening();

test('connects below a base path and reports it in the health', async () => {
  await using bench = await startBench({ basePath: '/core' });
  assert.match(
    bench.output.health().sentence ?? '',
    /Not yet connected to Home Assistant at http:\/\/127.0.0.1:\d+\/core\./,
  );
  await bench.until('it is connected', () => isWell(bench));
  assert.deepEqual(bench.output.health(), { part: 'home_assistant', state: 'ok', sentence: null });
  assert.ok(bench.changes() > 0);
});

test('nothing is subscribed before Home Assistant is running', async () => {
  await using bench = await startBench({
    prepare: ({ world }) => {
      world.state = 'STARTING';
    },
  });
  const { fake, connection, output } = bench;
  await bench.until('it has looked some times', () => fake.of('get_config').length > 3);
  assert.equal(output.health().state, 'degraded');
  assert.match(output.health().sentence ?? '', /still starting/);
  assert.equal(connection.client.session(), null);
  assert.deepEqual([...fake.of('subscribe_trigger'), ...fake.of('subscribe_events')], []);
  fake.world.state = 'RUNNING';
  await bench.until('it is connected', () => isWell(bench));
  assert.equal(fake.of('subscribe_trigger').length, 2);
});

test('while Home Assistant is down at the start, the pauses between attempts grow to 15 s', async () => {
  await using bench = await startBench({ prepare: (fake) => fake.stop() });
  const { fake, output } = bench;
  await bench.until('the failure is known', () => /not running there/.test(output.health().sentence ?? ''));
  assert.equal(output.health().state, 'down');
  await bench.pass(10 * minute);
  const sentences = bench.logged.filter((line) => line.includes('not running there'));
  assert.equal(sentences.length, 1, 'one line, however long it takes');
  await fake.start();
  const since = bench.clock.now();
  await bench.until('it is connected', () => isWell(bench));
  assert.ok(bench.clock.now() - since < 16_000);
});

test('after a stable connection the bridge reconnects quickly again, however long it waited before', async () => {
  await using bench = await startBench({ prepare: (fake) => fake.stop() });
  const { fake, output } = bench;
  await bench.pass(5 * minute);
  await fake.start();
  await bench.until('it is connected', () => isWell(bench));
  await bench.pass(10_000);
  fake.cut();
  await bench.until('the loss is known', () => output.health().state === 'down');
  const since = bench.clock.now();
  await bench.until('it is connected again', () => isWell(bench));
  assert.ok(bench.clock.now() - since < 2_000);
});

test('after each reconnection everything is subscribed again, once', async () => {
  await using bench = await startBench();
  const { fake } = bench;
  for (let turn = 1; turn <= 4; turn += 1) {
    await bench.until('it is connected', () => isWell(bench));
    await bench.until('all is subscribed', () => addresses(bench).length === turn);
    assert.equal(fake.of('subscribe_trigger').length, 2 * turn);
    fake.callWebhook(webhookIds.doorbell, { trigger: { json: { data: { account_id: `acc_${turn}` } } } });
    await bench.until('it rang', () => bench.rings.length === turn);
    fake.cut();
    await bench.until('the loss is known', () => bench.output.health().state === 'down');
    assert.equal(bench.connection.isListening(), false);
  }
});

test('commands fail as retryable when the connection is lost before their answer', async () => {
  await using bench = await startBench();
  const { fake, output } = bench;
  await bench.until('its automations listen', () => output.observer.presence() === 'here');
  fake.world.script.set('fire_event', 'silence');
  const delivery = offer(output.sink, { seq: 1, event: someEvent() });
  await bench.until('it was sent', () => fake.of('fire_event').length === 1);
  fake.cut();
  await assert.rejects(delivery, { code: 'home_assistant_away', retryable: true });
  assert.equal(await offer(output.sink, { seq: 1, event: someEvent() }), 'wait');
});

test('a machine that disappears without closing the connection is noticed', async () => {
  await using bench = await startBench();
  const { fake, output } = bench;
  await bench.until('its automations listen', () => output.observer.presence() === 'here');
  for (const type of ['ping', 'fire_event']) fake.world.script.set(type, 'silence');
  const delivery = offer(output.sink, { seq: 1, event: someEvent() });
  await Promise.all([
    assert.rejects(delivery, { code: 'home_assistant_silent', retryable: true }),
    bench.until('it is noticed', () => output.health().state === 'down'),
  ]);
  assert.ok(bench.clock.now() - someInstant < 60_000);
  fake.world.script.clear();
  await bench.until('it is connected', () => isWell(bench));
});

test('a healthy connection is kept: the heartbeat is answered', async () => {
  await using bench = await startBench();
  await bench.until('it is connected', () => isWell(bench));
  await bench.pass(10 * minute);
  assert.equal(bench.fake.attempts(), 1);
  assert.ok(bench.fake.of('ping').length >= 19);
});

test('a revoked token is reported, tried again every five minutes, and works again once it is accepted', async () => {
  await using bench = await startBench();
  const { fake, output } = bench;
  await bench.until('it is connected', () => isWell(bench));
  const { token } = fake.world;
  fake.world.token = 'another-token';
  fake.cut();
  await bench.until('it is told', () => output.health().state === 'needs_user');
  assert.match(output.health().sentence ?? '', /MONZO_BRIDGE_HOME_ASSISTANT_TOKEN/);
  const before = fake.attempts();
  await bench.pass(22 * minute);
  assert.equal(fake.attempts() - before, 4);
  fake.world.token = token;
  await bench.pass(5 * minute);
  await bench.until('it is connected', () => isWell(bench));
});

test('the token of a user who is not an administrator is reported', async () => {
  await using bench = await startBench({
    prepare: ({ world }) => {
      world.isAdministrator = false;
    },
  });
  const { fake, output } = bench;
  await bench.until('it is told', () => output.health().state === 'needs_user');
  assert.match(output.health().sentence ?? '', /not an administrator/);
  assert.equal(fake.of('subscribe_trigger').length, 0);
  fake.world.isAdministrator = true;
  await bench.pass(5 * minute + 1_000);
  await bench.until('it is connected', () => isWell(bench));
});

test('losing administrator rights is reported; a single refusal does not close the connection', async () => {
  await using bench = await startBench();
  const { fake, connection, output } = bench;
  await bench.until('it is connected', () => isWell(bench));
  fake.world.script.set('fire_event', { refuse: 'unauthorized' });
  const fire = () => connection.client.session()?.command({ type: 'fire_event', event_type: 'x' });
  await assert.rejects(async () => fire(), { code: 'home_assistant_refused' });
  await bench.pass(minute);
  assert.equal(fake.attempts(), 1);
  fake.world.isAdministrator = false;
  await assert.rejects(async () => fire(), { code: 'home_assistant_refused' });
  await bench.until('it is told', () => output.health().state === 'needs_user');
  assert.match(output.health().sentence ?? '', /not an administrator/);
});

test('the connection is closed at once after Home Assistant’s close frame, because its shutdown waits for that', async () => {
  await using bench = await startBench();
  await bench.until('it is connected', () => isWell(bench));
  assert.ok((await bench.fake.hangUp()) < 1_000);
});

test('a server that is not Home Assistant, or never answers, is reported as such', async () => {
  await using bench = await startBench({ basePath: '/elsewhere' });
  const { origin } = new URL(bench.fake.url);
  assert.match(
    await sentenceAt(origin),
    /is not Home Assistant, or Home Assistant has not started yet \(HTTP 404\)/,
  );
  await using mute = await serverThat(() => {});
  assert.match(await sentenceAt(`http://127.0.0.1:${mute.port}`), /did not answer in time\..* See whether/);
  await using other = await serverThat((end) => end('SSH-2.0-OpenSSH_9.2\r\n'));
  assert.match(
    await sentenceAt(`http://127.0.0.1:${other.port}`),
    /is not Home Assistant, .*\(HPE_\w+\).* Check MONZO_BRIDGE_HOME_ASSISTANT_URL/,
  );
  assert.match(await sentenceAt(`https://127.0.0.1:${new URL(origin).port}`), /may have to start with http:/);
  await using rude = await serverThat((end) => end());
  assert.match(
    await sentenceAt(`http://user:sesame-open@127.0.0.1:${rude.port}/x`),
    /at http:\/\/127.0.0.1:\d+\/x /,
  );
});

test('closing does not wait for a Home Assistant that hangs', async () => {
  await using bench = await startBench();
  await bench.until('it is connected', () => isWell(bench));
  const session = bench.connection.client.session();
  bench.fake.freeze();
  await bench.output.close();
  await bench.connection.close();
  // The clock stands still: no heartbeat may help.
  await until('the line has ended', () => session?.ended.aborted === true);
});

test('closing ends the connection, whatever is in progress', async () => {
  const bench = await startBench();
  await bench.until('it is connected', () => isWell(bench));
  await bench.output.close();
  await bench.connection.close();
  await bench.until('the line is gone', () => bench.fake.connected() === 0);
  await bench.fake.stop();
  const early = await startBench({ prepare: (fake) => fake.stop() });
  await early.output.close();
  await early.connection.close();
});

test('the token and the webhook ids appear in no log line and in no health', async () => {
  await using bench = await startBench({ token: 'sesame-open-sesame' });
  const said: unknown[] = [];
  await bench.until('it is told', () => bench.output.health().state === 'needs_user');
  said.push(bench.output.health());
  bench.fake.world.token = 'sesame-open-sesame';
  bench.fake.world.script.set('subscribe_trigger', { refuse: 'invalid_format' });
  await bench.pass(5 * minute + 1_000);
  await bench.until('the refusal is told', () => bench.output.health().state === 'degraded');
  said.push(bench.output.health(), bench.logged);
  for (const secret of ['sesame', ...Object.values(webhookIds)])
    assert.ok(!JSON.stringify(said).includes(secret), secret);
});

/** The health's sentence after the first attempt at this address. */
async function sentenceAt(url: string): Promise<string> {
  const clock = createFakeClock(someInstant);
  const log = { info: () => {}, warn: () => {} };
  const client = new HomeAssistantClient({ url, token: 'token', clock, random: () => 0, log });
  const sentence = () => client.health().sentence ?? 'Not yet';
  const isTold = () => !sentence().startsWith('Not yet');
  await until('a sentence', isTold, { between: inSteps(clock, 500) });
  const told = sentence();
  await client.close();
  return told;
}

async function serverThat(answers: (end: (last?: string) => void) => void) {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    answers((last = '') => socket.end(last));
    server.once('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.emit('close');
      });
    },
  };
}
