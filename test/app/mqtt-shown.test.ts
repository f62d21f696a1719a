import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { alex } from '../../sim/household.ts';
import { openDoors, type Doors } from '../support/doors.ts';
import { answered } from '../support/people.ts';

/** The JSON that docs/mqtt.md shows, as it stands: requests are sent, answers and messages are compared. */

const text = readFileSync(join(import.meta.dirname, '../../docs/mqtt.md'), 'utf8');
const blocks = [...text.matchAll(/^```json\n([^`]*)^```$/gm)].map(([, block = '']) => block);
const used = new Set<string>();
const members = (value: unknown) => z.record(z.string(), z.unknown()).parse(value);

/** The only block with these words. */
function block(words: string): string {
  const found = blocks.filter((one) => one.includes(words));
  assert.equal(found.length, 1, words);
  used.add(found[0] ?? '');
  return found[0] ?? '';
}

describe('the JSON of docs/mqtt.md', () => {
  let doors: Doors;
  let purchase: string;
  before(async () => {
    doors = await openDoors({ settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.example.org' } });
    purchase = doors.world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
    await doors.ask('mqtt', 'refresh', {});
  });
  after(() => doors[Symbol.asyncDispose]());

  /** Sends a request as it is written, with this purchase in the place of the one that is left out. */
  const send = async (command: string, request: string) => {
    const payload = request.replace('tx_…', purchase);
    const { answer } = await answered(doors.world, doors.asker.ask(command, { payload }));
    assert.equal(answer['transaction'], members(JSON.parse(payload))['transaction'] ?? null);
    return answer;
  };

  it('asks for a webhook, and shows the answer', async () => {
    const answer = await send('register_webhook', block('{ "account": "Current account", "transaction"'));
    const shown = members(JSON.parse(block('"webhooks": [{')));
    assertAlike(answer, shown);
  });

  it('moves money, and shows the answers', async () => {
    const request = block('"transfer_type": "deposit"');
    const before = doors.world.bank.pot(alex.pots.holiday).balance;
    const done = await send('pot_transfer', request);
    assert.equal(doors.world.bank.pot(alex.pots.holiday).balance, before + 2_500);
    assertAlike(done, members(JSON.parse(block('"pot_balance": 475'))));
    const refused = await send(
      'pot_transfer',
      request.replace('25.00', '2500').replace(':created', ':settled'),
    );
    const shown = members(JSON.parse(block('per_move_cap').replace('per_move_cap', code(refused))));
    assertAlike(refused, shown);
  });

  it('writes to the app', async () => {
    assert.equal((await send('feed_item', block('The washing machine is done')))['status'], 'done');
    assert.equal((await send('annotate', block('"notes": "Milk"')))['status'], 'done');
  });

  it('shows the message of an event', () => {
    const topic = `monzo/${alex.current}/transaction`;
    const shown = block('"type": "transaction.created"').replaceAll('tx_…', purchase);
    const sent = doors.asker.broker.packets
      .filter((packet) => packet.cmd === 'publish' && packet.topic === topic)
      .map((packet) => members(JSON.parse('payload' in packet ? String(packet.payload) : '')));
    const created = sent.find((one) => one['event_id'] === `${purchase}:created`) ?? assert.fail('no event');
    const expected = members(JSON.parse(shown.replace('acc_…', alex.current)));
    assertAlike(created, expected);
    assert.deepEqual(Object.keys(created).toSorted(), Object.keys(expected).toSorted());
  });

  it('is all used here', () => {
    // The outcome of a transfer that was unknown is announced in transfer-mqtt.test.ts.
    const outcome = block('"type": "transfer_completed"');
    assert.equal(members(JSON.parse(outcome))['money_moved'], 'yes');
    assert.deepEqual(
      blocks.filter((one) => !used.has(one)),
      [],
    );
  });
});

function code(answer: Readonly<Record<string, unknown>>): string {
  return String(members(answer['error'])['code']);
}

/** Whether an answer has what is shown, member by member; an ellipsis is anything. */
function assertAlike(answer: unknown, shown: unknown, path = ''): void {
  if (typeof shown === 'string' && shown.includes('…')) return;
  if (Array.isArray(shown)) {
    assert.ok(Array.isArray(answer), path);
    for (const [index, one] of shown.entries()) assertAlike(answer[index], one, `${path}[${index}]`);
  } else if (typeof shown === 'object' && shown !== null) {
    for (const [name, value] of Object.entries(shown))
      if (name !== '…') assertAlike(members(answer)[name], value, `${path}.${name}`);
  } else if (typeof shown === 'number') assert.equal(typeof answer, 'number', path);
  else assert.equal(answer, shown, path);
}
