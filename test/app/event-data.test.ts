import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawNumber } from '../../src/domain/values.ts';
import { alex } from '../../sim/household.ts';
import { createScene, type Scene } from '../support/scene.ts';

interface Row {
  readonly [key: string]: unknown;
}

/** What Monzo may send one day: keys we do not know, in odd places, and numbers that no double can hold. */
function odd(row: Row): Row {
  const strange = JSON.parse(
    '{"__proto__":{"admin":true},"":0,"z":"\\u0007 \\ud83d\\ude00 </script>"}',
  ) as Row;
  return {
    zz_first: [[], {}, null, [1, [2]]],
    ...row,
    ledger_number: rawNumber('12345678901234567890123456789'),
    precise: rawNumber('0.10000000000000000555'),
    negative: rawNumber('-12345678901234567890'),
    deep: strange,
    merchant: { ...(row['merchant'] as Row), unknown: rawNumber('9007199254740993') },
  };
}

/** Every row that the bank answers with is odd from now on; the texts by transaction, as answered last. */
function makeOdd({ world }: Scene): ReadonlyMap<string, string> {
  const answered = new Map<string, string>();
  const rewrite = (body: unknown) => {
    const { transactions } = body as { transactions: readonly Row[] };
    const rows = transactions.map(odd);
    for (const row of rows) answered.set(String(row['id']), JSON.stringify(row));
    return { transactions: rows };
  };
  world.faults.add({ kind: 'wrong_shape', rewrite, match: ({ path }) => path === '/transactions' });
  return answered;
}

/** Those that no double can hold. */
const integers = /(?<=:)-?\d{16,}(?=[,}])/g;
const keysIn = (text: string) => [...text.matchAll(/"([^"\\]*)":/g)].map(([, key]) => key);

test('data is the object that the bank’s API gave, integers and order of keys included, on MQTT, on the event bus and in the API', async () => {
  await using scene = await createScene({ withToken: true });
  const { broker, fake, world } = scene;
  await scene.home.come();
  await scene.pass(10_000);
  const answered = makeOdd(scene);
  const eventId = await scene.buy();
  const text = answered.get(eventId.slice(0, -':created'.length));
  assert.ok(text !== undefined && text.includes('12345678901234567890123456789'));
  await scene.until('it is fired', () => (fake?.of('fire_event').length ?? 0) > 0);

  const [onMqtt = ''] = broker.payloads(`monzo/${alex.current}/transaction`);
  const head = {
    type: 'transaction.created',
    kind: 'card_payment',
    account_id: alex.current,
    event_id: eventId,
  };
  assert.deepEqual(JSON.parse(onMqtt), { ...head, data: JSON.parse(text) as unknown });
  assert.deepEqual(onMqtt.match(integers), text.match(integers));
  assert.deepEqual(keysIn(onMqtt.slice(onMqtt.indexOf('"data":'))), ['data', ...keysIn(text)]);

  const onBus = fake?.frames.find((frame) => frame.includes('"fire_event"')) ?? '';
  assert.deepEqual(onBus.match(integers), text.match(integers));
  const { event_data: fired } = JSON.parse(onBus) as { event_data: { data: unknown } };
  assert.deepEqual(fired.data, JSON.parse(text));

  const inApi = await (await world.api('/api/events')).text();
  const [item] = (JSON.parse(inApi) as { items: { data: unknown }[] }).items;
  assert.deepEqual(item?.data, JSON.parse(text));
  assert.deepEqual(inApi.match(integers), text.match(integers));
});

test('created carries the object as it was first seen, amended as it became', async () => {
  await using scene = await createScene({ withToken: false });
  const { broker, world } = scene;
  const id = (await scene.buy()).slice(0, -':created'.length);
  world.bank.annotate(id, 'lunch with Sam');
  await scene.pass(1_000);
  await scene.look();
  const topic = `monzo/${alex.current}/transaction`;
  await scene.until('both are out', () => broker.payloads(topic).length === 2);
  const told = broker
    .payloads(topic)
    .map(
      (text) => JSON.parse(text) as { type: string; event_id: string; data: { id: string; notes: string } },
    );
  assert.deepEqual(
    told.map(({ type, data }) => [type, data.id, data.notes]),
    [
      ['transaction.created', id, ''],
      ['transaction.amended', id, 'lunch with Sam'],
    ],
  );
  assert.match(told[1]?.event_id ?? '', new RegExp(`^${id}:amended:[0-9a-f]+$`));
});

test('a card check of 0 that is charged after all is a purchase that automations hear of', async () => {
  await using scene = await createScene({ withToken: true });
  const { broker, fake, world, home } = scene;
  await home.come();
  await scene.pass(10_000);
  const id = world.bank.cardCheck(alex.current);
  await scene.look();
  const heard = () => broker.payloads(`monzo/${alex.current}/event`).map((text) => JSON.parse(text) as Row);
  await scene.until('the check is heard of', () => heard().length === 1);
  await scene.pass(3_600_000);
  world.bank.changeAmount(id, -1_250);
  await scene.look();
  await scene.until('the purchase is heard of', () => heard().length === 2);
  assert.deepEqual(
    heard().map((one) => [one['event_type'], one['amount'], one['recovered']]),
    [
      ['card_check', 0, false],
      ['card_payment', -12.5, false],
    ],
  );
  await scene.until('it is fired', () => fake?.of('fire_event').length === 2);
  const fired = fake?.of('fire_event').at(-1)?.['event_data'] as Row;
  assert.deepEqual(
    [fired['type'], fired['kind'], fired['amount']],
    ['transaction.amended', 'card_payment', -12.5],
  );
  assert.equal(fired['previous_kind'], 'card_check');
  const [created, charged] = broker
    .payloads(`monzo/${alex.current}/transaction`)
    .map((text) => JSON.parse(text) as Row);
  assert.deepEqual([created?.['type'], charged?.['type']], ['transaction.created', 'transaction.amended']);
  assert.deepEqual([created?.['previous_kind'], charged?.['previous_kind']], [undefined, 'card_check']);
  assert.match(String(fired['event_id']), new RegExp(`^${id}:amended:[0-9a-f]{16}$`));
  world.bank.settle(id);
  await scene.look();
  await scene.until('it settles', () => heard().length === 3);
  assert.equal(heard().at(-1)?.['event_type'], 'settled');
});

test('what is found late says so, and how late', async () => {
  await using scene = await createScene({ withToken: false });
  const { broker, world } = scene;
  const repair = world.faults.add({ kind: 'status', status: 503 });
  world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await scene.pass(10 * 60_000);
  repair();
  const topic = `monzo/${alex.current}/event`;
  await scene.until('it is out', () => broker.payloads(topic).length === 1);
  const { recovered, delay_s: delay } = JSON.parse(broker.payloads(topic)[0] ?? '') as Record<
    string,
    unknown
  >;
  assert.equal(recovered, true);
  assert.ok(typeof delay === 'number' && delay >= 600 && delay < 900, String(delay));
});
