import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
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
  const until = (what: string, condition: () => boolean | Promise<boolean>) =>
    untilThere(what, condition, { between: inSteps(world.clock, 500) });
  const published = () => broker.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet] : []));
  await until('everything is announced', () =>
    published().some(({ topic }) => topic === `${account}/availability`),
  );
  // What is read after the connecting is over by then.
  for (let step = 0; step < 10; step += 1) await inSteps(world.clock, 1_000)();
  const sink = async () => {
    const { sinks } = (await (await world.api('/api/events')).json()) as { readonly sinks: SinkItem[] };
    return sinks[0] ?? assert.fail('there is no sink');
  };
  const release = () => {
    held?.resolve();
    held = null;
  };
  stack.defer(release);
  return {
    broker,
    world,
    until,
    sink,
    hold: () => (held = Promise.withResolvers<void>()),
    release,
    /** Purchases one after the other, each found before the next. */
    buy: async (count: number) => {
      const ids: string[] = [];
      for (let made = 0; made < count; made += 1) {
        ids.push(`${world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' })}:created`);
        void world.api('/api/commands/refresh', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        });
        const isOut = () =>
          sentTo(published(), `${account}/event`).some((text) => text.includes(ids.at(-1) ?? '-'));
        await until('it is out', isOut);
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
