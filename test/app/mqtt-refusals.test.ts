import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BankEvent } from '../../src/domain/event.ts';
import { brokerAt } from '../../src/outputs/mqtt/broker.ts';
import { createMqttOutput } from '../../src/outputs/mqtt/mqtt-output.ts';
import { hurriedClock } from '../support/broker.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import { until } from '../support/until.ts';
import { offer } from '../support/offer.ts';
import { someEvent, someSnapshot, someTransaction } from '../support/snapshot-samples.ts';
import { unattended } from '../support/unattended.ts';

test('what the broker says is too large or invalid is refused for good, what it says about us is not', async () => {
  const answers = new Map([
    ['monzo/acc_strange/transaction', 0x90],
    ['monzo/acc_odd/event', 0x99],
    ['monzo/acc_denied/event', 0x87],
  ]);
  const acknowledge = (topic: string) => answers.get(topic) ?? 0;
  await using broker = await startScriptedBroker({ reasonCode: 0, acknowledge, maximumPacketSize: 20_000 });
  const output = createMqttOutput({
    broker: brokerAt(broker.url),
    baseTopic: 'monzo',
    discoveryPrefix: 'homeassistant',
    retainState: true,
    eventDetail: 'full',
    clock: hurriedClock,
    random: () => 0.5,
    log: { info: () => {}, warn: () => {} },
    commands: new Map(),
    allowedCommands: 'off',
    ...unattended(),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => output.close());
  output.show(someSnapshot());
  await until('a connection', () => output.connection.isUp());
  const deliver = (event: BankEvent) => offer(output.sink, { seq: 1, event });
  const of = (accountId: string) => deliver(someEvent({ accountId }));
  assert.match(JSON.stringify(await of('acc_strange')), /^\{"refused":"The MQTT broker refuses the message/);
  assert.match(JSON.stringify(await of('acc_odd')), /"refused"/);
  await assert.rejects(of('acc_denied'), { code: 'mqtt_refused', needsPerson: true });
  const transaction = someTransaction({ raw: JSON.stringify({ id: 'tx_1', notes: 'x'.repeat(20_000) }) });
  assert.match(
    JSON.stringify(await deliver(someEvent({ transaction }))),
    /takes no message above 20000 bytes/,
  );
  assert.equal(await of('acc_1'), 'unproven', 'the connection is none the worse for it');
});
