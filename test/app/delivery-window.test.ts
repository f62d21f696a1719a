import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { alex } from '../../sim/household.ts';
import { settled } from '../../sim/fake-clock.ts';
import { acknowledgement, undeliveredAfter } from '../../src/limits.ts';
import type { SinkItem } from '../support/scene.ts';
import { startScriptedBroker, type Script } from '../support/scripted-broker.ts';
import { inSteps, until as untilThere } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

const account = `monzo/${alex.current}`;

/** A bridge at an MQTT 5 broker that keeps its acknowledgements where it is told to. */
async function startAtBroker(script: Partial<Script> = {}) {
  const stack = new AsyncDisposableStack();
  let held: PromiseWithResolvers<void> | null = null;
  const beforeAcknowledging = async () => held?.promise;
  const broker = stack.use(await startScriptedBroker({ reasonCode: 0, beforeAcknowledging, ...script }));
  const world = stack.use(await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url } }));
  await world.connect('alex');
  const isAnswered = () => held !== null || world.clock.sleepers(acknowledgement) === 0;
  /** The clock moves no faster than the broker answers. */
  const pass = async (ms: number) => {
    await untilThere('the broker has answered', isAnswered, { between: () => settled(1) });
    await inSteps(world.clock, ms)();
  };
  const until = (what: string, condition: () => boolean | Promise<boolean>) =>
    untilThere(what, condition, { between: () => pass(500) });
  const published = () => broker.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet] : []));
  await until('everything is announced', () =>
    published().some(({ topic }) => topic === `${account}/availability`),
  );
  // What is read after the connecting is over by then.
  for (let step = 0; step < 10; step += 1) await pass(1_000);
  const sink = async () => {
    const { sinks } = (await (await world.api('/api/events')).json()) as { readonly sinks: SinkItem[] };
    return sinks[0] ?? assert.fail('there is no sink');
  };
  const release = () => {
    held?.resolve();
    held = null;
  };
  stack.defer(release);
  const headers = { 'content-type': 'application/json' };
  const refresh = () => world.api('/api/commands/refresh', { method: 'POST', headers, body: '{}' });
  return {
    refresh,
    broker,
    world,
    until,
    pass,
    sink,
    hold: () => (held = Promise.withResolvers<void>()),
    release,
    /** Purchases one after the other, each found before the next. */
    buy: async (count: number) => {
      const ids: string[] = [];
      for (let made = 0; made < count; made += 1) {
        ids.push(`${world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' })}:created`);
        const looking = refresh();
        let isOver = false;
        void looking.finally(() => (isOver = true));
        const isOut = () =>
          sentTo(published(), `${account}/event`).some((text) => text.includes(ids.at(-1) ?? '-'));
        await until('it is out', () => isOver && isOut());
      }
      return ids;
    },
    published,
    connections: () => broker.packets.filter(({ cmd }) => cmd === 'connect').length,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

type Published = ReturnType<Awaited<ReturnType<typeof startAtBroker>>['published']>;

const sentTo = (published: Published, wanted: string) =>
  published.filter(({ topic }) => topic === wanted).map(({ payload }) => payload.toString());

const balanceIn = (payload: string | Buffer) =>
  (JSON.parse(payload.toString()) as { balance: number }).balance;

/** The ids of the events, in the order in which they were sent, repeats included. */
const eventsIn = (published: Published) =>
  sentTo(published, `${account}/event`).map((text) => (JSON.parse(text) as { event_id: string }).event_id);

/** So many purchases that one list finds together. */
async function burst(at: Awaited<ReturnType<typeof startAtBroker>>, count: number) {
  const use = { amount: 350, merchant: 'Corner Shop' };
  const ids = Array.from({ length: count }, () => `${at.world.bank.purchase(alex.current, use)}:created`);
  void at.refresh();
  await at.until('all are out', () => ids.every((id) => eventsIn(at.published()).includes(id)));
  return ids;
}

const settledAt = (at: Awaited<ReturnType<typeof startAtBroker>>) =>
  at.until('all are settled', async () => (await at.sink()).undelivered === 0);

test('an event waits for no acknowledgement of its balance, and follows it', async () => {
  await using at = await startAtBroker();
  at.hold();
  const before = at.published().length;
  await at.buy(1);
  const since = at.published().slice(before);
  const order = since.map(({ topic }) => topic).filter((topic) => topic.startsWith(account));
  assert.deepEqual(order, [account, `${account}/transaction`, `${account}/event`]);
  const [state, , event] = since.filter(({ topic }) => topic.startsWith(account));
  assert.ok(state && event && balanceIn(state.payload) === balanceIn(event.payload), 'the balance after it');
  assert.ok(since.every(({ qos }) => qos === 1));
  assert.equal((await at.sink()).undelivered, 1, 'nothing shows that it has arrived');
  at.release();
  await at.until('it is settled', async () => (await at.sink()).undelivered === 0);
});

test('events follow one another without an acknowledgement, and the cursor stays until there is one', async () => {
  await using at = await startAtBroker();
  const { cursor } = await at.sink();
  at.hold();
  const ids = await at.buy(3);
  assert.deepEqual(eventsIn(at.published()), ids);
  const balances = [account, `${account}/event`].map((topic) =>
    sentTo(at.published(), topic).slice(-3).map(balanceIn),
  );
  assert.deepEqual(balances[0], balances[1], 'each follows its own balance');
  assert.equal((await at.sink()).cursor, cursor);
  at.release();
  await settledAt(at);
  assert.deepEqual(eventsIn(at.published()), ids, 'none was sent twice');
});

test('a broker that takes four messages at once is never sent a fifth, however its answers come', async () => {
  let taken = 0;
  const beforeAcknowledging = () => sleep([9, 1, 14, 4, 0][(taken += 1) % 5]);
  await using at = await startAtBroker({ receiveMaximum: 4, beforeAcknowledging });
  const before = at.connections();
  const ids = await burst(at, 60);
  await settledAt(at);
  assert.deepEqual(eventsIn(at.published()), ids);
  assert.equal(at.broker.mostInFlight(), 4);
  assert.equal(at.connections(), before);
});

test('after a connection that is lost in the middle, events go on with the first that has no proof', async () => {
  await using at = await startAtBroker();
  const [first] = await at.buy(1);
  await settledAt(at);
  at.hold();
  const lost = await at.buy(3);
  at.broker.cut();
  at.release();
  await at.until('they are sent again', () => eventsIn(at.published()).length === 7);
  await settledAt(at);
  assert.deepEqual(eventsIn(at.published()), [first, ...lost, ...lost]);
});

for (const code of [0x87, 0x97])
  test(`one that the broker does not take now (${code}) is sent again with all after it`, async () => {
    const refused = { id: '-', times: 0 };
    const acknowledge = (topic: string, payload: string) =>
      topic.endsWith('/event') && payload.includes(refused.id) && (refused.times -= 1) >= 0 ? code : 0;
    await using at = await startAtBroker({ acknowledge });
    at.hold();
    const ids = await at.buy(3);
    Object.assign(refused, { id: ids[1], times: 1 });
    at.release();
    await settledAt(at);
    assert.deepEqual(eventsIn(at.published()), [...ids, ...ids.slice(1)]);
    assert.equal((await at.sink()).parked_count, 0);
  });

test('a purchase is published as its balance and its event, and as nothing else', async () => {
  await using at = await startAtBroker();
  await at.buy(1);
  await settledAt(at);
  const before = at.published().length;
  const [, second] = await at.buy(2);
  for (let step = 0; step < 10; step += 1) await at.pass(1_000);
  await settledAt(at);
  const ofOne = [account, `${account}/transaction`, `${account}/event`];
  assert.deepEqual(
    at
      .published()
      .slice(before)
      .map(({ topic }) => topic),
    [...ofOne, ...ofOne],
  );
  assert.equal(eventsIn(at.published()).at(-1), second);
});

test('events that wait are told after five seconds, and no longer as soon as none waits', async () => {
  await using at = await startAtBroker();
  const told = () =>
    sentTo(at.published(), 'monzo/bridge/info').map(
      (text) => (JSON.parse(text) as { undelivered: number }).undelivered,
    );
  assert.deepEqual(new Set(told()), new Set([0]));
  const before = told().length;
  at.hold();
  const began = at.world.clock.now();
  await at.buy(2);
  await at.until('it is told', () => told().length > before);
  assert.ok(at.world.clock.now() - began >= undeliveredAfter);
  const released = at.world.clock.now();
  at.release();
  await at.until('none waits', () => told().length > before + 1);
  assert.deepEqual(told().slice(before), [2, 0]);
  assert.ok(at.world.clock.now() - released < undeliveredAfter);
});

test('a move to a pot is published as both balances and its event, and as nothing else', async () => {
  await using at = await startAtBroker();
  await at.buy(1);
  await settledAt(at);
  const before = at.published().length;
  at.world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 500 });
  void at.refresh();
  await at.until('it is out', () => eventsIn(at.published()).length === 2);
  for (let step = 0; step < 10; step += 1) await at.pass(1_000);
  const topics = at
    .published()
    .slice(before)
    .map(({ topic }) => topic);
  assert.deepEqual(topics, [
    account,
    `monzo/${alex.pots.holiday}`,
    `${account}/transaction`,
    `${account}/event`,
  ]);
});
