import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, sam } from '../../sim/household.ts';
import { minutes } from '../../sim/wire-time.ts';
import { isLowBalance } from '../../src/domain/low-balance.ts';
import { ask, isBalance } from '../support/money.ts';
import { createScene, type Scene } from '../support/scene.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Document {
  readonly components: Readonly<Record<string, Fields>>;
}

const path = '/api/optional-entities';

/** The bridge's answer, as soon as there is one. */
async function put(scene: Scene, body: object): Promise<{ status: number; said: Fields }> {
  const headers = { 'content-type': 'application/json' };
  const sent = scene.world.api(path, { method: 'PUT', headers, body: JSON.stringify(body) });
  let isOver = false;
  void sent.finally(() => (isOver = true));
  await scene.until('it is answered', () => isOver);
  const answer = await sent;
  return { status: answer.status, said: (await answer.json()) as Fields };
}

const topicOf = (id: string) => `homeassistant/device/monzo_${id}/config`;
const component = ({ broker }: Scene, id: string, key: string): Fields | undefined =>
  (JSON.parse(broker.retained(topicOf(id)) ?? '{"components":{}}') as Document).components[key];
const state = ({ broker }: Scene): Fields =>
  JSON.parse(broker.retained(`monzo/${alex.current}`) ?? '{}') as Fields;
const isLow = (scene: Scene) => state(scene)['low_balance'];

/** Spends or receives so that the account holds this much, in minor units, and lets the bridge find it. */
async function hold(scene: Scene, balance: number): Promise<void> {
  const { world } = scene;
  const amount = balance - world.bank.account(alex.current).balance;
  if (amount < 0) world.bank.purchase(alex.current, { amount: 0 - amount });
  if (amount > 0) world.bank.incomingPayment(alex.current, { name: 'Sam', amount });
  await scene.look();
  await scene.until('the balance is told', () => state(scene)['balance'] === balance / 100);
}

test('there is no low balance until a threshold is set, and none after it was taken away', async () => {
  await using scene = await createScene({ withToken: false });
  const { world, broker } = scene;
  await scene.home.come();
  await scene.until('the account is there', () => component(scene, alex.current, 'balance') !== undefined);
  assert.equal(component(scene, alex.current, 'low_balance'), undefined);
  assert.deepEqual(await (await world.api(path)).json(), {
    low_balance: {},
    feed_posts: false,
    update_check: false,
  });
  await hold(scene, 100_00);
  assert.equal((await put(scene, { low_balance: { [alex.current]: '50' } })).status, 200);
  await scene.until('it is announced', () => component(scene, alex.current, 'low_balance') !== undefined);
  const {
    platform,
    device_class: deviceClass,
    entity_category: category,
    unique_id: id,
  } = component(scene, alex.current, 'low_balance') ?? {};
  assert.deepEqual(
    [platform, deviceClass, category, id],
    ['binary_sensor', 'problem', undefined, `${alex.current}_low_balance`],
  );
  assert.equal(component(scene, alex.flex, 'low_balance'), undefined, 'for this account alone');
  await scene.until('not low', () => isLow(scene) === false);
  assert.equal((await put(scene, { low_balance: { [alex.current]: null } })).status, 200);
  await scene.until('it is gone', () => component(scene, alex.current, 'low_balance') === undefined);
  await scene.until('no state is left', () => isLow(scene) === null);
  const sent = broker.payloads(topicOf(alex.current)).map((text) => JSON.parse(text) as Document);
  const isTombstone = ({ components }: Document) =>
    isDeepStrictEqual(components['low_balance'], { platform: 'binary_sensor' });
  assert.ok(sent.some(isTombstone), 'Home Assistant is told to remove it');
  await scene.pass(30_000);
});

test('a low balance stays low until it is well above the threshold, over restarts too', async () => {
  await using scene = await createScene({ withToken: false });
  const { world } = scene;
  await hold(scene, 300_00);
  assert.equal((await put(scene, { low_balance: { [alex.current]: '200' } })).status, 200);
  await scene.until('not low', () => isLow(scene) === false);
  const random = seededRandom(7);
  let wasLow = false;
  const seen = new Set<string>();
  for (let turn = 0; turn < 24; turn += 1) {
    const balance = 180_00 + Math.floor(random() * 60_00);
    await hold(scene, balance);
    wasLow = isLowBalance({ balance, currency: 'GBP', threshold: '200', wasLow });
    seen.add(`${wasLow} ${balance < 200_00} ${balance < 220_00}`);
    assert.equal(isLow(scene), wasLow, `${balance}`);
    if (turn % 4 === 3) {
      await world.restart();
      await scene.pass(5_000);
      assert.equal(isLow(scene), wasLow, `${balance} after a restart`);
    }
  }
  assert.ok(seen.has('true false true') && seen.has('false false true'), 'both ways within the band');
  const { accounts } = await ask(world, 'summary');
  const shown = (accounts as readonly Fields[]).find(({ id }) => id === alex.current);
  assert.equal(shown?.['low_balance'], wasLow);
});

test('another threshold begins anew', async () => {
  await using scene = await createScene({ withToken: false });
  await hold(scene, 210_00);
  for (const [threshold, expected] of [
    ['220', true],
    ['205', false],
    ['210.01', true],
    ['-50', false],
  ] as const) {
    assert.equal((await put(scene, { low_balance: { [alex.current]: threshold } })).status, 200);
    await scene.until(`${threshold}: ${expected}`, () => isLow(scene) === expected);
  }
});

test('a balance that cannot be read or that lags leaves it as it is', async () => {
  await using scene = await createScene({ withToken: false });
  const { world, broker } = scene;
  await hold(scene, 210_00);
  await put(scene, { low_balance: { [alex.current]: '200' } });
  await scene.until('not low', () => isLow(scene) === false);
  await hold(scene, 190_00);
  await scene.until('low', () => isLow(scene) === true);
  const from = broker.payloads(`monzo/${alex.current}`).length;
  const wrong = world.faults.add({
    kind: 'wrong_shape',
    match: isBalance,
    rewrite: (body) => ({ ...(body as object), balance: 'much' }),
  });
  await scene.look();
  await scene.pass(20 * minutes);
  wrong();
  const refused = world.faults.add({ kind: 'status', status: 500, match: isBalance });
  await scene.pass(20 * minutes);
  await world.restart();
  await scene.pass(5 * minutes);
  refused();
  const stale = world.faults.add({ kind: 'stale', ms: 10 * minutes, match: isBalance });
  world.bank.purchase(alex.current, { amount: 5_00 });
  await scene.look();
  await scene.pass(minutes);
  stale();
  await scene.look();
  await scene.until('the balance is told', () => state(scene)['balance'] === 185);
  const told = broker.payloads(`monzo/${alex.current}`).slice(from);
  assert.deepEqual(new Set(told.map((text) => (JSON.parse(text) as Fields)['low_balance'])), new Set([true]));
});

test('what is wrong is refused with what would be right, and what is set is in the audit', async () => {
  await using scene = await createScene({ withToken: false });
  const { world } = scene;
  for (const [body, code] of [
    [{ low_balance: { [alex.current]: '12,50' } }, 'bad_request'],
    [{ low_balance: { [alex.current]: 50 } }, 'bad_request'],
    [{ low_balance: { [alex.current]: '' } }, 'bad_request'],
    [{ low_balance: { [sam.current]: '50' } }, 'unknown_account'],
    [{ feed_posts: 'yes' }, 'bad_request'],
    [{ other: true }, 'bad_request'],
  ] as const) {
    const { status, said } = await put(scene, body);
    assert.ok(status >= 400, JSON.stringify(body));
    assert.equal(said['code'], code, JSON.stringify(body));
  }
  await put(scene, { low_balance: { [alex.current]: '50' } });
  await put(scene, { feed_posts: true });
  const { said } = await put(scene, {});
  assert.deepEqual(said, { low_balance: { [alex.current]: '50' }, feed_posts: true, update_check: false });
  const { items } = (await (await world.api('/api/audit')).json()) as { items: readonly Fields[] };
  assert.deepEqual(
    items
      .filter(({ action }) => action === 'set_optional_entities')
      .map(({ door, decision, asked }) => [door, decision, asked]),
    [
      ['http', 'done', {}],
      ['http', 'done', { feed_posts: true }],
      ['http', 'done', { low_balance: { [alex.current]: '50' } }],
    ],
  );
});

interface Told {
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The answer to a request over MQTT, as Home Assistant or anyone else on the broker makes it. */
async function request(scene: Scene, body: object | string): Promise<Told> {
  const topic = 'monzo/bridge/response/feed_item';
  const { broker } = scene;
  const before = broker.payloads(topic).length;
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  await broker.publish('monzo/bridge/request/feed_item', payload);
  await scene.until('it is answered', () => broker.payloads(topic).length > before);
  return JSON.parse(broker.payloads(topic).at(-1) ?? '') as Told;
}

const post = { account: alex.current, title: 'The wash is done' };
const items = ({ world }: Scene) => world.bank.feed.map(({ params }) => params['title']);

test('the notify entities are there only while a person allows them, and open nothing else', async () => {
  await using scene = await createScene({ withToken: false });
  await scene.until('the account is there', () => component(scene, alex.current, 'balance') !== undefined);
  assert.equal(component(scene, alex.current, 'feed'), undefined);
  const closed = await request(scene, post);
  assert.deepEqual([closed.status, closed.error?.code], ['refused', 'not_allowed']);
  await put(scene, { feed_posts: true });
  await scene.until('announced', () => component(scene, alex.current, 'feed') !== undefined);
  const { platform, unique_id: id, command_topic: topic } = component(scene, alex.current, 'feed') ?? {};
  assert.deepEqual(
    [platform, id, topic],
    ['notify', `${alex.current}_feed`, 'monzo/bridge/request/feed_item'],
  );
  assert.equal((await request(scene, post)).status, 'done');
  assert.deepEqual(items(scene), [post.title]);
  for (const more of [
    { url: 'https://elsewhere.example' },
    { image_url: 'https://elsewhere.example/a.png' },
    { other: 1 },
  ]) {
    const { status, error } = await request(scene, { ...post, ...more });
    assert.deepEqual([status, error?.code], ['refused', 'not_allowed'], JSON.stringify(more));
  }
  assert.equal((await request(scene, 'wash')).error?.code, 'bad_request');
  const others = 'monzo/bridge/response/register_webhook';
  await scene.broker.publish('monzo/bridge/request/register_webhook', '{}');
  await scene.until('it is answered', () => scene.broker.payloads(others).length > 0);
  assert.match(scene.broker.payloads(others)[0] ?? '', /not_allowed/);
  await put(scene, { feed_posts: false });
  await scene.until('gone', () => component(scene, alex.current, 'feed') === undefined);
  assert.equal((await request(scene, post)).error?.code, 'not_allowed');
  assert.deepEqual(items(scene), [post.title]);
});
