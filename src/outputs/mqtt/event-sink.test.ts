import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { someEvent, someTransaction } from '../../../test/support/snapshot-samples.ts';
import { cut, transactionPayload, typedEvent } from './event-sink.ts';

const names = {
  pot: (id: string) => (id === 'pot_1' ? 'Holiday 🏖️' : null),
  category: (category: string) => (category === 'eating_out' ? 'Eating out' : category),
};
const full = { detail: 'full', transferId: null, names } as const;

test("the event contains Monzo's own object unchanged", () => {
  const raw = '{ "id": "tx_1", "big": 12345678901234567890, "unknown": {"a": 1.10} }';
  const payload = transactionPayload(someEvent({ transaction: someTransaction({ raw }) }));
  assert.equal(
    payload,
    `{"type":"transaction.created","kind":"card_payment","account_id":"acc_1","event_id":"tx_1:created","data":${raw}}`,
  );
  assert.doesNotThrow(() => JSON.parse(payload) as unknown);
});

test('the small event has what automations use, in major units', () => {
  assert.deepEqual(typedEvent(someEvent({ recovered: true, delay: 61_400 }), { ...full, transferId: 't1' }), {
    event_type: 'card_payment',
    event_id: 'tx_1:created',
    transaction_id: 'tx_1',
    kind: 'card_payment',
    created: '2026-11-23T09:17:05.000Z',
    amount: -3.5,
    amount_minor: -350,
    currency: 'GBP',
    local_amount: -3.5,
    local_currency: 'GBP',
    merchant: 'Pret A Manger',
    counterparty: null,
    description: 'PRET A MANGER LONDON',
    notes: 'lunch',
    spender: null,
    category: 'eating_out',
    category_name: 'Eating out',
    decline_reason: null,
    pot_id: null,
    pot_name: null,
    balance: 46.5,
    total_balance: 127.05,
    recovered: true,
    delay_s: 61,
    transfer_id: 't1',
  });
});

test('updates have their own type and keep the kind', () => {
  const event = typedEvent(someEvent({ type: 'transaction.reversed', kind: 'refund' }), full);
  assert.deepEqual([event.event_type, event.kind], ['reversed', 'refund']);
});

test('minimal detail leaves out merchant, counterparty, description, notes and spender', () => {
  const event = typedEvent(someEvent(), { ...full, detail: 'minimal' });
  for (const key of ['merchant', 'counterparty', 'description', 'notes', 'spender'])
    assert.ok(!Object.hasOwn(event, key), key);
  assert.equal(event.amount, -3.5);
});

test('the small event stays below 2 KiB with any text from outside', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3_000 });
  const long = fc.oneof(text, fc.constantFrom('\u0000'.repeat(900), '👩‍👩‍👧‍👦'.repeat(300), '"\\'.repeat(900)));
  fc.assert(
    fc.property(fc.record({ a: long, b: long, c: long, d: long, e: long }), ({ a, b, c, d, e }) => {
      const transaction = someTransaction({
        merchantName: a,
        counterparty: b,
        description: c,
        notes: d,
        category: e,
        declineReason: e,
        potId: e,
        spender: e,
        localCurrency: e,
      });
      const payload = JSON.stringify(
        typedEvent(someEvent({ transaction }), {
          ...full,
          transferId: e,
          names: { pot: () => e, category: () => e },
        }),
      );
      assert.ok(Buffer.byteLength(payload) < 2_048, String(Buffer.byteLength(payload)));
      assert.ok(payload.isWellFormed());
    }),
  );
});

test('text is cut between characters, and only where it is too long', () => {
  assert.equal(cut('short', 5), 'short');
  assert.equal(cut(null, 5), null);
  assert.equal(cut('🏖️🏖️🏖️', 8), '🏖…');
  assert.equal(cut('some words', 8), 'some…');
});

test('a pot move reads like one, and says who spent what is spent together', () => {
  const move = someTransaction({
    potId: 'pot_1',
    description: 'pot_1',
    merchantName: null,
    spender: 'Sam Okafor',
  });
  const event = typedEvent(someEvent({ transaction: move }), full);
  assert.deepEqual(
    [event.pot_id, event.pot_name, event.description, Object.hasOwn(event, 'spender') && event.spender],
    ['pot_1', 'Holiday 🏖️', 'Holiday 🏖️', 'Sam Okafor'],
  );
});
