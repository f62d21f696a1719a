import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type IClientPublishOptions } from 'mqtt';
import { seededRandom } from '../../../sim/fake-clock.ts';
import { accounts } from '../../support/real-bridge.ts';
import { seedOf, sizeOf } from '../../support/size.ts';
import { until } from '../../support/until.ts';
import { commandBodies, commandNames } from './command-bodies.ts';
import { createFuzzer, type Fuzzer } from './fuzzer.ts';
import { createTally, pots, startVictim } from './victim.ts';

const atOnce = 20;
/** Topics below the requests that no command has. */
const strangers = ['a/level/too/deep', '__proto__', '', 'Pause', 'pause '] as const;
const commands = [...commandNames(), ...strangers] as const;

const answers = 'monzo/bridge/response';
const responseTopics = [
  `${answers}/fuzz`,
  'monzo/bridge/request/pot_transfer',
  'homeassistant/status',
  'someone/else',
  'a/'.repeat(300),
  'x'.repeat(60_000),
  '\u0001',
] as const;

function propertiesOf(fuzzer: Fuzzer): NonNullable<IClientPublishOptions['properties']> {
  return {
    ...(fuzzer.happens(0.4) ? { responseTopic: fuzzer.one(responseTopics) } : {}),
    ...(fuzzer.happens(0.5)
      ? { correlationData: Buffer.from(Array.from({ length: fuzzer.whole(60) }, () => fuzzer.whole(256))) }
      : {}),
    ...(fuzzer.happens(0.1) ? { messageExpiryInterval: fuzzer.whole(3) } : {}),
    ...(fuzzer.happens(0.1) ? { contentType: 'text/html' } : {}),
  };
}

test('nothing published to the bridge’s topics silences it or moves money wrongly', async (t) => {
  const random = seededRandom(seedOf('MQTT requests'));
  const requests = sizeOf('MQTT requests', { short: 1_000, long: 20_000 });
  const victim = await startVictim(t);
  const fuzzer = createFuzzer(random, {
    pot: [...Object.values(pots), 'Holiday', 'Bike'],
    account: accounts,
    request_id: ['one', 'two', 'three'],
    transaction_id: [...victim.opened.bank.model.transactions.keys()].slice(0, 20),
  });
  const tally = createTally();
  const heard = new Set<string>();
  const client = await connectAsync(victim.brokerUrl, { protocolVersion: 5 });
  t.after(() => client.endAsync(true));
  client.on('message', (topic, payload, { properties }) => {
    if (topic === `${answers}/sentinel`) heard.add(properties?.correlationData?.toString() ?? '');
    else {
      const { status, error } = JSON.parse(payload.toString()) as {
        readonly status: string;
        readonly error?: { readonly code: string };
      };
      tally.count(topic, error ? `${status} ${error.code}` : status);
    }
  });
  await client.subscribeAsync([`${answers}/#`], { qos: 1 });

  /** The broker throws out whoever sends what MQTT forbids: each batch has a connection of its own, and may lose it. */
  const attack = async () => {
    const attacker = await connectAsync(victim.brokerUrl, { protocolVersion: 5, reconnectPeriod: 0 });
    attacker.on('error', () => {});
    const thrownOut = new Promise<void>((resolve) => attacker.once('close', resolve));
    const sent = Array.from({ length: atOnce }, () => {
      const command = fuzzer.one(commands);
      const retain = fuzzer.happens(0.02);
      tally.count(`${command} (sent)`, retain ? 'retained' : 'plain');
      const payload = fuzzer.document(fuzzer.value(commandBodies[command] ?? {}, ''));
      const qos = fuzzer.one([0, 1, 2] as const);
      const properties = propertiesOf(fuzzer);
      return attacker.publishAsync(`monzo/bridge/request/${command}`, payload, { qos, retain, properties });
    });
    await Promise.race([Promise.allSettled(sent), thrownOut]);
    attacker.end(true);
  };
  const isHeardBy = (name: string) => async () => {
    await client.publishAsync('monzo/bridge/request/summary', '{}', {
      qos: 1,
      properties: { responseTopic: `${answers}/sentinel`, correlationData: Buffer.from(name) },
    });
    return heard.has(name);
  };
  for (let sent = 0; sent < requests; sent += atOnce) {
    // Anyone may pause over MQTT, and nobody may resume: then nothing more would be moved.
    if (sent % (5 * atOnce) === 0) await victim.resume();
    await attack();
    await until(`an answer after ${sent + atOnce} requests`, isHeardBy(`sentinel ${sent}`), {
      between: () => sleep(50),
    });
  }
  tally.print();
  assert.ok(heard.size > 0);
  await victim.assertUnharmed();
});
