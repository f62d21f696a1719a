import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import type { SinkItem } from '../support/scene.ts';
import { inSteps, until as untilThere } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

/** A bridge whose broker answers events as it is told to; everything else it takes. */
async function startAtBroker() {
  const answer: { toEvents: number | null } = { toEvents: 0 };
  const stack = new AsyncDisposableStack();
  const acknowledge = (topic: string) => (topic.endsWith('/event') ? answer.toEvents : 0);
  const broker = stack.use(await startScriptedBroker({ reasonCode: 0, acknowledge }));
  const world = stack.use(await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url } }));
  await world.connect('alex');
  const until = (what: string, condition: () => boolean | Promise<boolean>) =>
    untilThere(what, condition, { between: inSteps(world.clock, 2_000) });
  const sink = async () => {
    const { sinks } = (await (await world.api('/api/events')).json()) as { readonly sinks: SinkItem[] };
    assert.ok(sinks[0]);
    return sinks[0];
  };
  return {
    answer,
    world,
    until,
    sink,
    buy: () => `${world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' })}:created`,
    isDelivered: async () => (await sink()).undelivered === 0,
    /** How often the small message of an event was sent. */
    sent: (eventId: string) =>
      broker.packets.filter(
        (packet) =>
          packet.cmd === 'publish' && packet.topic.endsWith('/event') && packet.payload.includes(eventId),
      ).length,
    connections: () => broker.packets.filter(({ cmd }) => cmd === 'connect').length,
    health: () =>
      world
        .app()
        .health()
        .find(({ part }) => part === 'mqtt'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const aboutTheEvent = [
  [0x90, /Topic Name invalid/],
  [0x95, /no message as large as this one: raise/],
  [0x99, /Payload format invalid/],
] as const;

/** One that asks whether another bridge lives there, and the bridge’s own. */
const askingAndOwn = 2;

test('an event that the broker refuses is put aside with the reason, and the next ones pass', async () => {
  await using at = await startAtBroker();
  for (const [code, why] of aboutTheEvent) {
    at.answer.toEvents = code;
    const refused = at.buy();
    await at.until('it is put aside', async () => (await at.sink()).parked_count === 1);
    const { parked, undelivered, state } = await at.sink();
    assert.deepEqual(
      [parked.map(({ event_id: id }) => id), undelivered, state],
      [[refused], 0, 'needs_user'],
    );
    assert.match(parked[0]?.why ?? '', why);
    at.answer.toEvents = 0;
    const next = at.buy();
    await at.until('the next is sent', () => at.sent(next) > 0);
    await at.until('the next is delivered', at.isDelivered);
    assert.equal(at.sent(refused), 1);
    await at.world.api('/api/events/retry', { method: 'POST' });
    await at.until('it is sent again', () => at.sent(refused) === 2);
    await at.until('it is delivered', at.isDelivered);
    assert.equal((await at.sink()).parked_count, 0);
  }
  assert.equal(at.connections(), askingAndOwn, 'the connection is none the worse for it');
});

const aboutUsOrTheBroker = [
  [0x80, /Unspecified error/],
  [0x83, /Implementation specific error/],
  [0x87, /Not authorized/],
  [0x91, /Packet identifier in use/],
  [0x97, /Quota exceeded/],
] as const;

test('what the broker says of itself or of us puts nothing aside: the event is tried again, ever more seldom', async () => {
  await using at = await startAtBroker();
  for (const [code, why] of aboutUsOrTheBroker) {
    at.answer.toEvents = code;
    const id = at.buy();
    await at.until('it is tried again', () => at.sent(id) >= 2);
    await at.until('it is told', async () => why.test((await at.sink()).sentence ?? ''));
    const { parked_count: parked, undelivered, state } = await at.sink();
    assert.deepEqual([parked, undelivered, state], [0, 1, 'degraded']);
    at.answer.toEvents = 0;
    await at.until('it is delivered', at.isDelivered);
  }
  at.answer.toEvents = 0x97;
  const id = at.buy();
  const began = at.world.clock.now();
  await at.until('ten minutes have passed', () => at.world.clock.now() - began >= 10 * 60_000);
  assert.ok(at.sent(id) >= 5 && at.sent(id) <= 25, `sent ${at.sent(id)} times in ten minutes`);
  assert.equal(at.connections(), askingAndOwn);
});

for (const [how, answer, says] of [
  ['an answer that MQTT does not provide for', 0x96, /Invalid puback reason code/],
  ['silence', null, /leaves a message without an answer/],
] as const)
  test(`after ${how} the event is sent again on a new connection, and nothing hangs`, async () => {
    await using at = await startAtBroker();
    at.answer.toEvents = answer;
    const id = at.buy();
    await at.until('it is told', () => says.test(at.health()?.sentence ?? ''));
    at.answer.toEvents = 0;
    await at.until('it is delivered', at.isDelivered);
    assert.ok(at.sent(id) >= 2 && at.connections() >= 2);
    assert.equal((await at.sink()).parked_count, 0);
  });
