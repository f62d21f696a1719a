import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holiday, auditOf } from '../support/money.ts';
import { openDoors, type Doors } from '../support/doors.ts';
import { answered, post } from '../support/people.ts';
import type { MqttRequest } from '../support/mqtt-five.ts';

const deposit = { pot: holiday, transfer_type: 'deposit', amount: '5', request_id: 'r' };
const payload = JSON.stringify(deposit);

const path = '/api/commands/pot_transfer';
const headers = { 'content-type': 'application/json' };

/** A request for money that a door refuses, and how its row in the audit begins. */
interface Refused {
  readonly what: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly ask: (doors: Doors) => Promise<unknown>;
  readonly row: readonly [door: string, user: string | null, code: string, requestId: string | null];
}

const overMqtt = (message: MqttRequest['message']) => (doors: Doors) =>
  answered(doors.world, doors.asker.ask('pot_transfer', message));
const overHttp = (init: RequestInit) => (doors: Doors) =>
  answered(doors.world, doors.world.api(path, { method: 'POST', headers, ...init }));
const inHomeAssistant = (userId: string | null) => (doors: Doors) => {
  const heard = Promise.withResolvers<unknown>();
  const { users } = doors.homeAssistant.world;
  users.set('guest', { name: 'Sam', isAdministrator: false });
  doors.home.call({ script: 'monzo_pot_transfer', fields: deposit, userId }, heard.resolve);
  return answered(doors.world, heard.promise);
};

const refused: readonly Refused[] = [
  {
    what: 'a broker’s user whom the setting does not allow to move money',
    settings: { MONZO_BRIDGE_MQTT_COMMANDS: 'write' },
    ask: overMqtt({ payload }),
    row: ['mqtt', null, 'not_allowed', 'r'],
  },
  {
    what: 'a retained request',
    ask: overMqtt({ payload, retain: true }),
    row: ['mqtt', null, 'retained_request', 'r'],
  },
  {
    what: 'an expired request',
    ask: overMqtt({ payload, properties: { messageExpiryInterval: 0 } }),
    row: ['mqtt', null, 'expired_request', 'r'],
  },
  {
    what: 'a request that is no JSON',
    ask: overMqtt({ payload: '{' }),
    row: ['mqtt', null, 'bad_request', null],
  },
  {
    what: 'a request with a field too many',
    ask: overMqtt({ payload: JSON.stringify({ ...deposit, currency: 'GBP' }) }),
    row: ['mqtt', null, 'bad_request', 'r'],
  },
  {
    what: 'a user of Home Assistant who is no administrator',
    ask: inHomeAssistant('guest'),
    row: ['home_assistant', 'Sam', 'not_allowed', 'r'],
  },
  {
    what: 'an automation where nobody may move money',
    settings: { MONZO_BRIDGE_HOME_ASSISTANT_MONEY: 'nobody' },
    ask: inHomeAssistant(null),
    row: ['home_assistant', null, 'not_allowed', 'r'],
  },
  {
    what: 'an HTTP body that is no JSON',
    ask: overHttp({ body: '{' }),
    row: ['http', null, 'bad_request', null],
  },
  {
    what: 'an HTTP body of another type',
    ask: overHttp({ body: 'pot=1', headers: { 'content-type': 'text/plain' } }),
    row: ['http', null, 'unsupported_media_type', null],
  },
  {
    what: 'an HTTP body that is a list',
    ask: overHttp({ body: '[]' }),
    row: ['http', null, 'bad_request', null],
  },
  {
    what: 'a pot that is no text, over HTTP',
    ask: overHttp({ body: JSON.stringify({ ...deposit, pot: 5 }) }),
    row: ['http', null, 'bad_request', 'r'],
  },
  {
    what: 'an amount that is none, on the command line',
    ask: (doors) => doors.ask('cli', 'pot_transfer', { ...deposit, amount: 'much' }),
    row: ['cli', null, 'bad_amount', 'r'],
  },
  {
    what: 'a pot that is not there, on the page',
    ask: (doors) => doors.ask('page', 'pot_transfer', { ...deposit, pot: 'Nowhere' }),
    row: ['page', null, 'unknown_pot', 'r'],
  },
];

for (const { what, settings = {}, ask, row } of refused)
  test(`${what} is refused and in the audit, once`, async () => {
    await using doors = await openDoors({ settings });
    await ask(doors);
    const rows = auditOf(doors.world).filter(({ action }) => action === 'pot_transfer');
    const [only] = rows;
    assert.deepEqual(
      rows.map(({ door, user, code, asked }) => [door, user, code, asked?.['request_id'] ?? null]),
      [row],
    );
    assert.equal(only?.decision, 'refused');
    assert.equal(only.count, 1);
    assert.match(only.sentence ?? '', /\.$/);
  });

test('wrong credentials fill no audit, and neither do other commands', async () => {
  await using doors = await openDoors();
  const { world } = doors;
  const before = auditOf(world).length;
  for (const authorization of ['Bearer wrong', ''])
    await answered(
      world,
      fetch(`${world.app().uiUrl}${path}`, { ...post(deposit), headers: { ...headers, authorization } }),
    );
  await answered(world, world.api('/api/commands/refresh', { method: 'POST', headers, body: '{' }));
  await doors.ask('mqtt', 'annotate', { transaction_id: 5 });
  assert.equal(auditOf(world).length, before);
});

test('a flood of refused and repeated requests, and of pauses, adds a row a minute for each kind', async () => {
  await using doors = await openDoors();
  const { world } = doors;
  await doors.ask('http', 'pot_transfer', deposit);
  await doors.ask('mqtt', 'pause', {});
  const before = auditOf(world).length;
  for (let time = 0; time < 20; time += 1) {
    await doors.ask('http', 'pot_transfer', deposit);
    await doors.ask('http', 'pot_transfer', { ...deposit, request_id: `other ${time}` });
    await doors.ask('http', 'pot_transfer', { ...deposit, amount: `${time} pounds` });
    await doors.ask('http', 'pause', {});
  }
  const added = auditOf(world).slice(0, auditOf(world).length - before);
  assert.deepEqual(
    added.map(({ decision, code, count }) => [decision, code, count]),
    [
      ['refused', 'bad_amount', 20],
      ['refused', 'paused', 20],
      ['repeated', null, 20],
    ],
  );
  const { items } = (await (await world.api('/api/audit?limit=1')).json()) as {
    readonly items: readonly { readonly at: string; readonly count: number; readonly last_at: string }[];
  };
  assert.equal(items[0]?.count, 20);
  assert.ok(items[0].last_at >= items[0].at);
  await world.clock.advance(61_000);
  await doors.ask('http', 'pot_transfer', { ...deposit, amount: 'some' });
  assert.deepEqual([auditOf(world)[0]?.code, auditOf(world)[0]?.count], ['bad_amount', 1]);
});
