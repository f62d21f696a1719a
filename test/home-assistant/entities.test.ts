import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex } from '../../sim/household.ts';
import { days, hours, minutes } from '../../sim/wire-time.ts';
import { versionOfPackage } from '../../src/environment.ts';
import { openDatabase } from '../../src/store/database.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { quiet, until as untilThere } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';
import { checkAgainstHomeAssistant } from './discovery-schema.ts';
import { startRig, type Rig } from './rig.ts';

/** The last Thursday of a month: its week has a change of month in it. */
const began = Date.parse('2026-11-26T09:00:00Z');

let rig: Rig;
let registry: TestRegistry;
let world: World;
/** The balance that Home Assistant was told first. */
let opening: number;

before(async () => {
  rig = await startRig();
  registry = await startRegistry('9.8.7');
  world = await createWorld({
    at: began,
    registryUrl: registry.url,
    // The bridge's machine sleeps for half a day at a time here, which makes nothing unavailable.
    settings: {
      MONZO_BRIDGE_MQTT_URL: rig.mqttUrl,
      MONZO_BRIDGE_POLL_SECONDS: '3600',
      MONZO_BRIDGE_STALE_HOURS: '48',
    },
  });
  await world.connect('alex');
  opening = world.bank.account(alex.current).balance;
  await until('the account is there', async () => (await stateOf(`${alex.current}_balance`)) !== undefined);
});

after(async () => {
  await world?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
  await rig?.dispose();
});

/** Lets the bridge's time pass until it is so. */
const until = (what: string, condition: () => boolean | Promise<boolean>) =>
  untilThere(what, condition, {
    between: async () => {
      await world.clock.advance(500);
      await quiet(20);
    },
  });

async function entityOf(uniqueId: string): Promise<string | undefined> {
  return (await rig.client.mqttEntity(uniqueId))?.entity_id;
}

async function stateOf(uniqueId: string): Promise<string | undefined> {
  const entity = await entityOf(uniqueId);
  return entity === undefined ? undefined : (await rig.client.state(entity))?.state;
}

async function put(body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await world.api('/api/optional-entities', {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200);
}

/** The bridge looks at the bank now. */
async function look(): Promise<void> {
  let isOver = false;
  const looking = world.api('/api/commands/refresh', { method: 'POST' });
  void looking.finally(() => (isOver = true));
  await until('the bridge has looked', () => isOver);
}

test('what a person asks for is there, works, and is gone when it is taken away', async () => {
  const wanted = [`${alex.current}_low_balance`, `${alex.current}_feed`, 'monzo_bridge_update'];
  for (const id of wanted) assert.equal(await entityOf(id), undefined, id);
  const balance = world.bank.account(alex.current).balance;
  await put({ low_balance: { [alex.current]: String(balance / 100) }, feed_posts: true, update_check: true });
  await until('not low', async () => (await stateOf(`${alex.current}_low_balance`)) === 'off');
  world.bank.purchase(alex.current, { amount: 1_00 });
  await look();
  await until('low', async () => (await stateOf(`${alex.current}_low_balance`)) === 'on');
  const low = await rig.client.state((await entityOf(wanted[0] ?? '')) ?? '');
  assert.equal(low?.entity_id, 'binary_sensor.monzo_alex_current_account_low_balance');
  assert.equal(low.attributes['device_class'], 'problem');

  await until('an update is offered', async () => (await stateOf('monzo_bridge_update')) === 'on');
  const update = await rig.client.state((await entityOf('monzo_bridge_update')) ?? '');
  const { installed_version: installed, latest_version: latest, release_url: url } = update?.attributes ?? {};
  assert.deepEqual(
    [installed, latest, url, Number(update?.attributes['supported_features']) & installable],
    [versionOfPackage(), '9.8.7', 'https://www.npmjs.com/package/monzo-bridge/v/9.8.7', 0],
  );

  await until('the feed is there', async () => (await entityOf(`${alex.current}_feed`)) !== undefined);
  const feed = (await entityOf(`${alex.current}_feed`)) ?? '';
  assert.equal(feed, 'notify.monzo_alex_current_account_feed');
  const messages = [
    'The wash is done',
    `It's "50%" off & {{ more }}\nGo to the shop:\nnow`,
    `${'x'.repeat(150)} 👍`,
  ];
  for (const message of messages)
    await rig.client.call({
      domain: 'notify',
      service: 'send_message',
      target: { entity_id: feed },
      data: { message },
    });
  await until('they are in the feed', () => world.bank.feed.length >= messages.length);
  assert.deepEqual(
    world.bank.feed.map(({ accountId, params }) => [accountId, params['title'], params['body']]),
    [
      [alex.current, messages[0], undefined],
      [alex.current, `It's "50%" off & {{ more }}`, 'Go to the shop:\nnow'],
      [alex.current, 'x'.repeat(100), `${'x'.repeat(50)} 👍`],
    ],
  );
  await put({ low_balance: { [alex.current]: null }, feed_posts: false, update_check: false });
  for (const id of wanted) await until(`${id} is gone`, async () => (await entityOf(id)) === undefined);
});

/** Of the features of an update entity: the Install button. */
const installable = 1;

const rowSchema = z.looseObject({ statistic_id: z.string() });
const statisticsSchema = z.record(
  z.string(),
  z.array(z.looseObject({ change: z.number().nullable(), sum: z.number().nullable() })),
);

test('a week with a change of month makes right statistics, and few rows', async () => {
  const month = `${alex.current}_spent_this_month`;
  const random = seededRandom(5);
  /** When Home Assistant wrote what, and what time it was for the bridge. */
  const marks: { readonly real: number; readonly simulated: number }[] = [];
  const from = { balance: world.bank.account(alex.current).balance, spent: 0, bought: 0 };
  const first = Number(await stateOf(month));
  const mark = () => marks.push({ real: Date.now() / 1_000, simulated: world.clock.now() / 1_000 });
  await quiet(1_500);
  mark();
  for (let turn = 0; turn < 14; turn += 1) {
    const amount = 1_00 + Math.floor(random() * 40_00);
    world.bank.purchase(alex.current, { amount });
    from.spent += amount;
    from.bought += 1;
    await look();
    const balance = String((from.balance - from.spent) / 100);
    await until(
      'the balance is told',
      async () => Number(await stateOf(`${alex.current}_balance`)) === Number(balance),
    );
    await quiet(1_100);
    mark();
    world.clock.jump(12 * hours - 5 * minutes);
    await world.clock.advance(2 * minutes);
    await look();
    await quiet(1_100);
    mark();
  }
  const last = Number(await stateOf(month));
  assert.ok(last < first + from.spent / 100, 'the month has changed');
  await quiet(1_500);
  mark();

  const ids = await Promise.all(
    ['balance', 'spent_today', 'spent_this_month', 'left_to_move_today'].map(
      async (key) => (await entityOf(`${alex.current}_${key}`)) ?? key,
    ),
  );
  const others = [
    await entityOf('monzo_bridge_undelivered'),
    await entityOf(`${alex.pots.holiday}_goal_reached`),
  ];
  const entities = [...ids, ...others.map((id) => id ?? '')];
  const rows = new Map<string, number>();
  await rig.whileHomeAssistantIsDown(async () => {
    for (const [entity, count] of moveInto(rig, marks, entities)) rows.set(entity, count);
  });
  const [balance = '', today = '', spent = '', left = ''] = ids;
  const summedUp = [balance, today, spent];
  const changesOf = async () => {
    const found = await statistics(summedUp);
    const total = (id: string) => (found[id] ?? []).reduce((sum, { change }) => sum + (change ?? 0), 0);
    return summedUp.map((id) => Math.round(100 * total(id)));
  };
  const gone = opening - world.bank.account(alex.current).balance;
  const expected = [0 - gone, gone, gone];
  let changes: readonly number[] = [];
  await until('the whole week is in the statistics', async () => {
    const next = await changesOf();
    const isOver =
      isDeepStrictEqual(next, expected) ||
      (next.some((one) => one !== 0) && isDeepStrictEqual(next, changes));
    changes = next;
    if (!isOver) await quiet(3_000);
    return isOver;
  });
  const listed = await rig.client.command({ type: 'recorder/list_statistic_ids' }, z.array(rowSchema));
  const summed = new Set(listed.map(({ statistic_id }) => statistic_id));
  for (const id of [balance, today, spent]) assert.ok(summed.has(id), id);
  for (const id of [left, ...others]) assert.ok(!summed.has(id ?? ''), `${id} is no sum`);

  assert.deepEqual(
    changes,
    expected,
    'balance, spent today, spent this month: over the change of day and month',
  );
  const perDay = Object.fromEntries([...rows].map(([id, count]) => [id, Math.round((10 * count) / 7) / 10]));
  console.log('rows a day', perDay);
  const [, , , , undelivered = '', goal = ''] = entities;
  assert.ok((rows.get(spent) ?? 0) <= from.bought + 2, 'one for each purchase, and for the month');
  assert.ok((rows.get(left) ?? 0) <= 2);
  assert.ok((rows.get(undelivered) ?? 0) <= 2);
  assert.ok((rows.get(goal) ?? 0) <= 1);
});

async function statistics(ids: readonly string[]) {
  return rig.client.command(
    {
      type: 'recorder/statistics_during_period',
      start_time: new Date(Date.now() - 9 * days).toISOString(),
      period: 'day',
      statistic_ids: ids,
      types: ['change', 'sum', 'state'],
    },
    statisticsSchema,
  );
}

/**
 * Moves what Home Assistant has recorded to the times that it had for the bridge, so that the week ends now: at its start it
 * makes the statistics that are missing. Returns how many rows each entity wrote in that week.
 */
function moveInto(
  { homeAssistant }: Rig,
  marks: readonly { readonly real: number; readonly simulated: number }[],
  entities: readonly string[],
): ReadonlyMap<string, number> {
  const database = openDatabase(join(homeAssistant.configDirectory, 'home-assistant_v2.db'), {});
  const end = marks.at(-1) ?? { real: 0, simulated: 0 };
  const start = marks[0] ?? end;
  // Home Assistant adds up whole hours.
  const offset = Date.now() / 1_000 - 7_200 - end.simulated;
  try {
    const rows = new Map<string, number>();
    for (const entity of entities) {
      const sql = `SELECT count(*) AS count FROM states JOIN states_meta USING (metadata_id)
        WHERE states_meta.entity_id = ? AND last_updated_ts BETWEEN ? AND ?`;
      rows.set(entity, database.get(sql, [entity, start.real, end.real], ({ count }) => Number(count)) ?? 0);
    }
    for (const table of ['statistics_runs', 'statistics_short_term', 'statistics'])
      database.run(`DELETE FROM ${table}`);
    database.run('DELETE FROM states WHERE last_updated_ts > ?', [end.real]);
    // First of all what was there before: later the end of the week lies in that time.
    database.run(
      'UPDATE states SET last_updated_ts = ?, last_changed_ts = NULL, last_reported_ts = NULL WHERE last_updated_ts > ? AND last_updated_ts < ?',
      [start.simulated + offset - 60, start.real - 3_600, start.real],
    );
    // From the last to the first, so that no row is moved twice.
    for (const [index, { real, simulated }] of [...marks.entries()].toReversed()) {
      const next = marks[index + 1] ?? { real: end.real + 1, simulated: simulated + 1 };
      // On a slow machine more time passes than for the bridge: no row may come behind those of the next mark.
      const pace = Math.min(1, (next.simulated - simulated) / (next.real - real));
      database.run(
        'UPDATE states SET last_updated_ts = ? + ? * (last_updated_ts - ?), last_changed_ts = NULL, last_reported_ts = NULL WHERE last_updated_ts >= ? AND last_updated_ts < ?',
        [simulated + offset, pace, real, real, next.real],
      );
    }
    return rows;
  } finally {
    database.close();
  }
}

test('Home Assistant accepts every document, with all that can be asked for', async () => {
  await put({ low_balance: { [alex.current]: '50' }, feed_posts: true, update_check: true });
  const documents: Record<string, unknown> = {};
  const { connectAsync } = await import('mqtt');
  const client = await connectAsync(rig.mqttUrl);
  client.on('message', (topic, payload) => {
    if (payload.length > 0) documents[topic] = JSON.parse(payload.toString());
  });
  await client.subscribeAsync('homeassistant/device/+/config');
  await until(
    'all are there',
    () => /"update"/.test(JSON.stringify(documents)) && /_feed"/.test(JSON.stringify(documents)),
  );
  await client.endAsync(true);
  assert.deepEqual(await checkAgainstHomeAssistant(documents), []);
});
