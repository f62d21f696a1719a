import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Packet } from 'mqtt-packet';
import { alex, joint } from '../../sim/household.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import { inSteps, until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

const minute = 60_000;

/** The id of the event in a message to an event entity. */
function eventIn(packet: Packet): readonly string[] {
  if (packet.cmd !== 'publish' || !/^monzo\/acc_\w+\/event$/.test(packet.topic)) return [];
  return [(JSON.parse(packet.payload.toString()) as { readonly event_id: string }).event_id];
}

/** A bridge at a broker of MQTT 5, which says of each message whether anybody received it. */
async function createHousehold() {
  await using stack = new AsyncDisposableStack();
  const listening = new Set<string>();
  const heard: string[] = [];
  const broker = stack.use(
    await startScriptedBroker({
      reasonCode: 0,
      acknowledge: (topic) => {
        const account = /^monzo\/(acc_\w+)\/(?:event|transaction)$/.exec(topic)?.[1];
        return account === undefined || listening.has(account) ? 0 : 0x10;
      },
      onPublish: (packet) => {
        if (listening.has(packet.topic.split('/')[1] ?? '')) heard.push(...eventIn(packet));
      },
    }),
  );
  const world = stack.use(await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url } }));
  await world.connect('alex');
  const between = inSteps(world.clock, 500);
  await until('it listens', () => broker.hasSubscriber('homeassistant/status'), { between });
  const sent = (id: string) => broker.packets.flatMap(eventIn).filter((one) => one === id).length;
  const isSeen = async () => {
    const answer = (await (await world.api('/api/home-assistant/presence')).json()) as {
      readonly home_assistant: string;
    };
    return answer.home_assistant === 'seen';
  };
  const sink = async () => {
    const answer = (await (await world.api('/api/events')).json()) as {
      readonly sinks: readonly { undelivered: number; unproven: number; waits_for: string | null }[];
    };
    return answer.sinks[0] ?? assert.fail('no sink');
  };
  const owned = stack.move();
  return {
    world,
    broker,
    listening,
    sink,
    sent,
    /** The events that somebody received. */
    heard: () => heard,
    isSeen,
    pass: inSteps(world.clock, minute),
    until: (what: string, condition: () => boolean | Promise<boolean>) => until(what, condition, { between }),
    /** Home Assistant comes to the broker, and the bridge hears of it. */
    birth: () => broker.deliver({ topic: 'homeassistant/status', payload: 'online' }),
    /** A purchase whose event was sent, and what the broker said of it is stored. */
    buy: async (account: string) => {
      const { unproven } = await sink();
      const id = `${world.bank.purchase(account, { amount: 350, merchant: 'Corner Shop' })}:created`;
      await world.api('/api/commands/refresh', { method: 'POST', body: '{}' });
      await until('it is sent', () => sent(id) > 0, { between });
      await until('it is answered', async () => (await sink()).unproven === unproven + 1, { between });
      return id;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('an event that the broker says nobody received', () => {
  it('stays in doubt whatever its age, and holds nothing up', async () => {
    await using household = await createHousehold();
    const { listening, sink, sent, buy } = household;
    const first = await buy(alex.current);
    listening.add(alex.current);
    await buy(alex.current);
    await inSteps(household.world.clock, 20 * minute)();
    const { undelivered, unproven, waits_for: waits } = await sink();
    assert.deepEqual([undelivered, unproven, waits], [0, 1, null], 'somebody received the other one');
    assert.equal(sent(first), 1);
    household.birth();
    await household.until('it is sent again', () => sent(first) === 2);
  });

  it('goes out again once another one of its account is heard, although no birth was', async () => {
    await using household = await createHousehold();
    const { listening, buy } = household;
    household.birth();
    await household.until('it is seen', household.isSeen);
    const missed: string[] = [];
    while (missed.length < 8) missed.push(await buy(alex.current));
    listening.add(alex.current);
    await buy(alex.current);
    const began = household.world.clock.monotonic();
    await household.until('they are heard', () => missed.every((id) => household.heard().includes(id)));
    assert.ok(household.world.clock.monotonic() - began < 30 * minute, 'not one by one, as trials');
    assert.equal(new Set(household.heard()).size, household.heard().length, 'each of them once');
  });

  it('is tried now and then where no other follows, and the rest of its account goes after it', async () => {
    await using household = await createHousehold();
    const { listening, sent, pass, buy } = household;
    household.birth();
    await household.until('it is seen', household.isSeen);
    const missed = [await buy(alex.current), await buy(alex.current), await buy(joint.account)];
    for (let minutes = 0; minutes < 12; minutes += 1) await pass();
    const [oldest = 0, second, ofAnother = 0] = missed.map(sent);
    assert.ok(oldest > 2 && oldest < 6, `${oldest} times in twelve minutes`);
    assert.ok(ofAnother > 2 && ofAnother < 6, `${ofAnother} times in twelve minutes`);
    assert.equal(second, 1, 'one of an account is enough to try');
    listening.add(alex.current);
    await household.until('both are heard', () =>
      missed.slice(0, 2).every((id) => household.heard().includes(id)),
    );
  });
});
