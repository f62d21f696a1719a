import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { createFakeClock, seededRandom, type FakeClock } from '../../sim/fake-clock.ts';
import { days, hours, minutes } from '../../sim/wire-time.ts';
import { createReleaseCheck } from '../../src/app/release-check.ts';
import { versionOfPackage } from '../../src/environment.ts';
import { createLog, createSecrets } from '../../src/log.ts';
import { startTestBroker, type TestBroker } from '../support/broker.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { quiet, until as untilThere } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Room extends AsyncDisposable {
  readonly world: World;
  readonly broker: TestBroker;
  readonly registry: TestRegistry;
  /** What Home Assistant's update entity is told; null where there is none. */
  readonly told: () => Fields | null;
  readonly isAnnounced: () => boolean;
  set(update_check: boolean): Promise<{ readonly status: number; readonly said: Fields }>;
  until(what: string, condition: () => boolean): Promise<void>;
}

async function room(version: string): Promise<Room> {
  const broker = await startTestBroker();
  const registry = await startRegistry(version);
  const settings = { MONZO_BRIDGE_MQTT_URL: broker.url };
  const world = await createWorld({ broker, settings, registryUrl: registry.url });
  const isAnnounced = () =>
    /"platform":"update"/.test(broker.retained('homeassistant/device/monzo_bridge/config') ?? '');
  return {
    world,
    broker,
    registry,
    told: () => {
      const text = broker.retained('monzo/bridge/update');
      return text === undefined ? null : (JSON.parse(text) as Fields);
    },
    isAnnounced,
    set: async (update_check) => {
      const headers = { 'content-type': 'application/json' };
      const put = { method: 'PUT', headers, body: JSON.stringify({ update_check }) };
      const answer = await world.api('/api/optional-entities', put);
      return { status: answer.status, said: (await answer.json()) as Fields };
    },
    until: (what, condition) => untilThere(what, condition, { between: () => world.clock.advance(500) }),
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await broker.stop();
    },
  };
}

const page = (version: string) => `https://www.npmjs.com/package/monzo-bridge/v/${version}`;

test('nothing is asked of a registry, and there is no update entity, until a person wants it', async () => {
  await using here = await room('1.2.3');
  await here.world.clock.advance(2 * hours);
  assert.equal(here.registry.asked(), 0);
  assert.deepEqual([here.told(), here.isAnnounced()], [null, false]);
  assert.equal((await here.set(true)).status, 200);
  await here.until('it is told', () => here.told()?.['latest_version'] === '1.2.3');
  assert.deepEqual(here.told(), {
    installed_version: versionOfPackage(),
    latest_version: '1.2.3',
    title: 'monzo-bridge',
    release_url: page('1.2.3'),
  });
  const document = here.broker.retained('homeassistant/device/monzo_bridge/config') ?? '';
  const { components } = JSON.parse(document) as { components: Readonly<Record<string, Fields>> };
  assert.equal(components['update']?.['command_topic'], undefined, 'no Install button');
  await here.set(false);
  await here.until('it is gone', () => here.told() === null && !here.isAnnounced());
});

interface Check extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly registry: TestRegistry;
  readonly logLines: string[];
  readonly latest: () => string | null;
  /** Ends and begins again on the same settings, as a restart does. */
  restart(): void;
  turn(isWanted: boolean): void;
  until(what: string, condition: () => boolean): Promise<void>;
}

/** The check alone: whole days of it take no time. */
async function checking(version: string): Promise<Check> {
  const registry = await startRegistry(version);
  const clock = createFakeClock(Date.parse('2026-11-02T09:00:00Z'));
  const kept = new Map<string, unknown>();
  const settings = {
    get: (key: string) => kept.get(key),
    set: (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
  };
  const logLines: string[] = [];
  const write = (line: string) => void logLines.push(line);
  const log = createLog({ level: 'debug', format: 'json', secrets: createSecrets(), write });
  let isWanted = true;
  const begin = () => {
    const check = createReleaseCheck({
      clock,
      random: seededRandom(3),
      log,
      settings,
      version: '0.1.0',
      url: registry.url,
      isWanted: () => isWanted,
      onChange: () => {},
    });
    void check.run();
    return check;
  };
  let check = begin();
  return {
    clock,
    registry,
    logLines,
    latest: () => check.release()?.latest ?? null,
    restart: () => {
      check.close();
      check = begin();
    },
    turn: (wanted) => {
      isWanted = wanted;
      check.wake();
    },
    until: (what, condition) => untilThere(what, condition, { between: () => clock.advance(minutes) }),
    [Symbol.asyncDispose]: async () => {
      check.close();
      await registry[Symbol.asyncDispose]();
    },
  };
}

test('it is asked once a day, however often the bridge restarts and the switch is used', async () => {
  await using here = await checking('0.1.0');
  await here.until('it was asked', () => here.registry.asked() === 1);
  for (let hour = 0; hour < 20; hour += 4) {
    await here.clock.advance(4 * hours - 20 * minutes);
    here.turn(false);
    assert.equal(here.latest(), null);
    here.turn(true);
    here.restart();
    await here.clock.advance(20 * minutes);
  }
  assert.equal(here.registry.asked(), 1);
  here.registry.answer('0.10.0');
  await here.until('it is told', () => here.latest() === '0.10.0');
  for (let asked = 2; asked < 6; asked += 1) {
    const before = here.clock.now();
    await here.until('once more', () => here.registry.asked() > asked);
    const passed = (here.clock.now() - before) / days;
    assert.ok(passed >= 0.99 && passed <= 1.26, `${passed}`);
  }
  const asked = here.registry.asked();
  here.restart();
  assert.equal(here.latest(), '0.10.0', 'it is remembered');
  await here.clock.advance(12 * hours);
  assert.equal(here.registry.asked(), asked);
});

const wrongAnswers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'an error': (response) => void response.writeHead(500).end('{"version":"9.9.9"}'),
  'a redirect': (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'a page': (response) => void response.end('<html>9.9.9</html>'),
  'another package': (response) => void response.end('{"name":"other","version":"9.9.9"}'),
  'no version': (response) => void response.end('{"name":"monzo-bridge"}'),
  'a hostile version': (response) =>
    void response.end('{"name":"monzo-bridge","version":"9.9.9\\u001b[2J<script>"}'),
  'a release candidate': (response) => void response.end('{"name":"monzo-bridge","version":"9.9.9-rc.1"}'),
  'a list': (response) => void response.end('[]'),
  'far too much': (response) => {
    response.write('{"name":"monzo-bridge","version":"9.9.9","x":"');
    for (let piece = 0; piece < 40; piece += 1) response.write('x'.repeat(64 * 1024));
    response.end('"}');
  },
  'a cut connection': (response) => void response.socket?.destroy(),
  'nothing at all': () => {},
};

for (const [what, answer] of Object.entries(wrongAnswers))
  test(`${what} changes nothing and is told nowhere but in the log for developers`, async () => {
    await using here = await checking('0.2.0');
    await here.until('it is told', () => here.latest() === '0.2.0');
    here.registry.answer(answer);
    const asked = here.registry.asked();
    await here.until('it was asked again', () => here.registry.asked() > asked);
    await here.until('it is noted', () => here.logLines.length > 0);
    assert.ok(here.logLines.every((line) => /"level":"?(debug|20)/.test(line)));
    assert.doesNotMatch(here.logLines.join('\n'), /9\.9\.9/);
    assert.equal(here.latest(), '0.2.0');
    await here.clock.advance(3 * hours);
    await quiet();
    assert.equal(here.registry.asked(), asked + 1, 'no sooner than after a day');
  });

test('an older version, and the same one, are no update', async () => {
  for (const version of ['0.1.0', '0.0.9']) {
    await using here = await checking(version);
    await here.until('it was asked', () => here.registry.asked() === 1);
    await here.clock.advance(minutes);
    assert.equal(here.latest(), '0.1.0');
  }
});
