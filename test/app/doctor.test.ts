import assert from 'node:assert/strict';
import { chmodSync, closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { supervisorTokens } from '../../sim/supervisor.ts';
import { checksSchema } from '../../src/contract/bridge-data.ts';
import { startTestBroker } from '../support/broker.ts';
import { connected, doctor, list, portOf, stopped, type Found } from '../support/doctor.ts';
import { startFakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { answered, post } from '../support/people.ts';
import { someMachine } from '../support/start-app.ts';
import { startSupervisorOf } from '../support/supervised.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal } from './cli-run.ts';

const minute = 60_000;

describe('the doctor of a bridge that runs', () => {
  it('finds everything in order, and the page gets the same list', async () => {
    await using world = await connected();
    const { code, checks } = await doctor(world, portOf(world));
    assert.deepEqual(
      checks.map(({ check }) => check),
      list,
    );
    assert.deepEqual(
      checks.filter(({ state, sentence }) => state !== 'ok' || sentence === ''),
      [],
    );
    assert.equal(code, 0);
    const answer = await answered(world, world.api('/api/checks', { method: 'POST' }));
    const known = checksSchema.parse(await answer.json()).checks;
    const plain = (all: readonly Found[]) => all.filter(({ check }) => check !== 'process');
    assert.deepEqual(plain(known), plain(checks));
  });

  const broken: readonly (readonly [
    check: string,
    state: string,
    sentence: RegExp,
    act: (world: World) => unknown,
  ])[] = [
    [
      'data_directory',
      'degraded',
      /have access.*Run: chmod 700/,
      ({ directory }) => chmodSync(directory, 0o755),
    ],
    [
      'bank',
      'down',
      /^No connection to api\.bank\.invalid comes about \(ECONNREFUSED\)\. Check this machine’s network/,
      async (world) => {
        world.faults.add({ kind: 'refused' });
        await world.clock.advance(2 * minute);
      },
    ],
    [
      'clock',
      'degraded',
      /^This machine’s clock is about 2 hours behind Monzo’s.*Turn on network time/,
      async (world) => {
        world.bridgeClock.setAhead(-120 * minute);
        await world.clock.advance(4 * minute);
      },
    ],
    [
      'login',
      'needs_user',
      /Monzo app/,
      async (world) => {
        world.bank.lapseApproval(alex.userId);
        await world.clock.advance(4 * minute);
      },
    ],
  ];
  for (const [check, state, sentence, act] of broken)
    it(`says what to do about ${check}`, async () => {
      await using world = await connected();
      await act(world);
      const { code, found } = await doctor(world, portOf(world));
      assert.equal(found(check).state, state);
      assert.match(found(check).sentence, sentence);
      assert.equal(code, 1);
    });

  it('says that money is paused, and the limits', async () => {
    await using world = await connected();
    assert.match(
      (await doctor(world, portOf(world))).found('rails').sentence,
      /^One move may be at most 100 in any currency,/,
    );
    await world.api('/api/commands/pause', post({}));
    assert.match(
      (await doctor(world, portOf(world))).found('rails').sentence,
      /^Money moves are paused\. Resume/,
    );
  });

  it('says where other devices open the page', async () => {
    const address = {
      address: '192.168.1.20',
      netmask: '255.255.255.0',
      family: 'IPv4',
      mac: '',
      internal: false,
      cidr: null,
    } as const;
    await using world = await createWorld({
      machine: { ...someMachine, interfaces: () => ({ eth0: [address] }) },
      settings: { MONZO_BRIDGE_UI_HOST: '0.0.0.0' },
    });
    const { port } = new URL(world.app().uiUrl);
    const { found } = await doctor(world, portOf(world));
    assert.match(
      found('page').sentence,
      new RegExp(`open the page at http://192\\.168\\.1\\.20:${port} or `),
    );
  });

  it('asks the bank itself where nobody is connected yet, and compares the clock with its answer', async () => {
    await using world = await createWorld({ ahead: 120 * minute });
    const { code, found } = await doctor(world, portOf(world));
    assert.equal(found('bank').state, 'ok');
    assert.match(found('clock').sentence, /2 hours ahead of Monzo’s/);
    assert.deepEqual(found('login').commands, ['monzo-bridge login add']);
    assert.equal(code, 1);
  });
});

it('ends with 3 where nothing is known to be wrong and not everything could be seen', async () => {
  const check = { check: 'clock', about: null, sentence: 'Not known.', commands: [] };
  const codeFor = async (...states: readonly string[]) => {
    const checks = states.map((state) => ({ ...check, state }));
    const fetch: typeof globalThis.fetch = async (address) =>
      Response.json(
        new Request(address).url.endsWith('/healthz') ? { state: 'ok' } : { version: '1', checks },
      );
    const env = { MONZO_BRIDGE_ADMIN_TOKEN: 'x'.repeat(32) };
    return (await runOnTerminal(['doctor'], { env, fetch })).code;
  };
  assert.deepEqual(
    await Promise.all([codeFor('ok'), codeFor('ok', 'unknown'), codeFor('unknown', 'degraded')]),
    [0, 3, 1],
  );
});

describe('the doctor of a bridge that does not run', () => {
  it('looks at the directory and outside by itself, changes nothing that is stored, and says what only a running one can tell', async (t) => {
    const { world, ports } = await stopped(t);
    const before = stored(world.directory);
    const { code, checks, found } = await doctor(world, ports);
    assert.equal(code, 1);
    assert.deepEqual(
      checks.map(({ check }) => check),
      list,
    );
    const states = Map.groupBy(checks, ({ state }) => state);
    assert.deepEqual(
      states.get('unknown')?.map(({ check }) => check),
      ['page', 'public_address', 'login', 'accounts', 'webhooks'],
    );
    assert.deepEqual(
      [...(states.get('down') ?? []), ...(states.get('degraded') ?? [])].map(({ check }) => check),
      ['process'],
    );
    assert.match(found('process').sentence, /^No bridge answers at .* Start it with: monzo-bridge start$/);
    assert.equal(found('login').about, 'Alex');
    assert.deepEqual(stored(world.directory), before);
  });

  const kept: readonly (readonly [
    string,
    check: string,
    sentence: RegExp,
    act: (directory: string) => void,
  ])[] = [
    ['a damaged database', 'database', /is damaged.*Move that file away/, damage],
    [
      'a database of a later version',
      'database',
      /written by a later version.*Install that version again/,
      makeNewer,
    ],
    [
      'a database that is none',
      'database',
      /is damaged or is not a database/,
      (directory) => writeFileSync(join(directory, 'monzo-bridge.sqlite'), 'x'.repeat(5_000)),
    ],
  ];
  for (const [name, check, sentence, act] of kept)
    it(`finds ${name}`, async (t) => {
      const { world, ports } = await stopped(t);
      act(world.directory);
      const { code, found } = await doctor(world, ports);
      assert.equal(found(check).state, 'down');
      assert.match(found(check).sentence, sentence);
      assert.equal(found('login').state, 'unknown');
      assert.match(found('process').sentence, /cannot start before what is named above is put right/);
      assert.equal(code, 1);
    });

  it('does not take a bank that it cannot reach for one that tells the time', async (t) => {
    const { world, ports } = await stopped(t);
    world.faults.add({ kind: 'no_route' });
    const { found } = await doctor(world, ports);
    assert.match(found('bank').sentence, /\(ENETUNREACH\)\. Check this machine’s network/);
    assert.equal(found('clock').state, 'unknown');
  });

  it('finds a port that another program has', async (t) => {
    const { world, ports } = await stopped(t);
    const port = Number(ports['MONZO_BRIDGE_PUBLIC_PORT']);
    const other = createServer().listen(port, '127.0.0.1');
    t.after(() => other.close());
    const { found } = await doctor(world, ports);
    assert.match(
      found('process').sentence,
      new RegExp(`already listens on 127\\.0\\.0\\.1:${port}; stop it, or set MONZO_BRIDGE_PUBLIC_PORT`),
    );
  });

  it('tries the broker without publishing anything', async (t) => {
    const { world, ports } = await stopped(t);
    await using broker = await startTestBroker();
    const tried = async () => {
      const { found } = await doctor(world, { ...ports, MONZO_BRIDGE_MQTT_URL: broker.url });
      return found('broker');
    };
    assert.equal((await tried()).state, 'ok');
    const { found } = await doctor(world, { ...ports, MONZO_BRIDGE_MQTT_URL: broker.url });
    assert.deepEqual([found('events').about, found('events').state], ['MQTT', 'unknown']);
    assert.deepEqual(broker.seen, []);
    broker.demand('another password');
    const refused = await tried();
    assert.deepEqual(
      [refused.state, /check both in MONZO_BRIDGE_MQTT_URL/.test(refused.sentence)],
      ['needs_user', true],
    );
    await broker.stop();
    const gone = await tried();
    assert.match(gone.sentence, /^Nothing answers at mqtt:.* Is the MQTT broker running\?$/);
  });

  it('tries Home Assistant and its token', async (t) => {
    const { world, ports } = await stopped(t);
    await using home = await startFakeHomeAssistant();
    const env = {
      ...ports,
      MONZO_BRIDGE_HOME_ASSISTANT_URL: home.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: home.world.token,
    };
    const tried = async () => (await doctor(world, env)).found('home_assistant');
    assert.equal((await tried()).state, 'ok');
    home.world.isAdministrator = false;
    assert.match((await tried()).sentence, /not an administrator.*use an administrator’s token/);
    home.world.token = 'another-token';
    assert.match((await tried()).sentence, /rejected the token.*create a long-lived access token/);
    await home.stop();
    assert.match(
      (await tried()).sentence,
      /^Nothing answers at http:.*: Home Assistant is not running there\. Start it, or correct MONZO_/,
    );
  });

  it('tries the Supervisor of a Home Assistant app, and what it leads to', async (t) => {
    const { world, ports } = await stopped(t);
    await using home = await startFakeHomeAssistant();
    await using supervisor = await startSupervisorOf(home);
    const env = {
      ...ports,
      SUPERVISOR_TOKEN: supervisorTokens.app,
      MONZO_BRIDGE_UI_HOST: '127.0.0.1',
      MONZO_BRIDGE_PUBLIC_HOST: '127.0.0.1',
    };
    const place = { supervisor: { url: supervisor.url, address: '127.0.0.1' } };
    const { found } = await doctor(world, env, place);
    assert.equal(found('supervisor').state, 'ok');
    assert.equal(found('home_assistant').state, 'ok');
    assert.match(found('broker').sentence, /no MQTT broker.*Install the Mosquitto broker app/);
    assert.match(found('page').sentence, /sidebar of Home Assistant/);
    await supervisor.stop();
    const later = await doctor(world, env, place);
    assert.equal(later.found('supervisor').state, 'down');
    assert.match(later.found('supervisor').sentence, /Supervisor of Home Assistant does not answer/);
  });
});

/** Every file with its content, but for those in which SQLite keeps who is reading. */
function stored(directory: string) {
  const names = readdirSync(directory).filter((name) => !/-(shm|wal)$/.test(name));
  return names.toSorted().map((name) => [name, readFileSync(join(directory, name), 'hex')]);
}

/** Overwrites the first page of a table, as a dying disk would. */
function damage(directory: string): void {
  const path = join(directory, 'monzo-bridge.sqlite');
  const database = new DatabaseSync(path, { readOnly: true });
  const found = database
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'transaction_text_data'")
    .get();
  database.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(2_000, 0xa5), 0, 2_000, (Number(found?.['rootpage']) - 1) * 4_096);
  closeSync(file);
}

function makeNewer(directory: string): void {
  const database = new DatabaseSync(join(directory, 'monzo-bridge.sqlite'));
  database.exec('PRAGMA user_version = 999');
  database.close();
}
