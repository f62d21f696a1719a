import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Transaction } from '../../api/ledger.ts';
import { amountOf, byDay, emojiOf, firstRows, refreshed, withMore } from './rows.ts';

const row = (id: string, more: Partial<Transaction> = {}): Transaction => ({
  id,
  account_id: 'acc_1',
  pot_id: null,
  pot_name: null,
  kind: 'card_payment',
  status: 'settled',
  flow: 'spending',
  internal: false,
  name: 'Shop',
  merchant: null,
  counterparty: null,
  description: '',
  notes: '',
  category: 'general',
  category_name: 'General',
  categories_minor: { general: -350 },
  spender: null,
  created: '2026-11-25T12:00:00.000Z',
  settled: null,
  amount_minor: -100,
  currency: 'GBP',
  local_amount_minor: -100,
  local_currency: 'GBP',
  decline_reason: null,
  charged_by: null,
  hold_id: null,
  reversed_amount_minor: null,
  emoji: null,
  tags: [],
  ...more,
});
const page = (ids: readonly string[], next: string | null = null) => ({
  items: ids.map((id) => row(id)),
  next,
});
const ids = ({ items }: { items: readonly Transaction[] }) => items.map(({ id }) => id).join(' ');

describe('the rows of the ledger', () => {
  it('grow by pages, and a row that moved between two of them stands there once', () => {
    const rows = withMore(firstRows('', page(['e', 'd', 'c'], 'at c')), page(['c', 'b'], 'at b'));
    assert.equal(ids(rows), 'e d c b');
    assert.equal(rows.next, 'at b');
  });

  it('take in what is new on top and keep what was loaded below', () => {
    const rows = withMore(firstRows('', page(['d', 'c'], 'at c')), page(['b', 'a'], null));
    const again = refreshed(rows, page(['f', 'e', 'd'], 'at d'));
    assert.equal(ids(again), 'f e d c b a');
    assert.equal(again.next, null);
  });

  it('begin anew when more is new than one page holds', () => {
    const rows = firstRows('', page(['b', 'a'], 'at a'));
    const again = refreshed(rows, page(['z', 'y'], 'at y'));
    assert.equal(ids(again), 'z y');
    assert.equal(again.next, 'at y');
    assert.equal(ids(refreshed(rows, page([]))), '');
  });

  it('show a change in its place', () => {
    const rows = firstRows('', page(['b', 'a']));
    const settled = { items: [row('b', { notes: 'lunch' }), row('a')], next: null };
    assert.equal(refreshed(rows, settled).items[0]?.notes, 'lunch');
  });

  it('fall into the days they were made on', () => {
    const items = [
      row('b', { created: '2026-11-25T00:10:00Z' }),
      row('a', { created: '2026-11-24T23:00:00Z' }),
    ];
    const days = byDay(items, (instant) => instant.slice(0, 10));
    assert.deepEqual(
      days.map(({ date, items: own }) => [date, own.length]),
      [
        ['2026-11-25', 1],
        ['2026-11-24', 1],
      ],
    );
  });

  it('say of a declined payment what was asked for, and of any other what it took', () => {
    const declined = { status: 'declined', amount_minor: 0, local_amount_minor: -9_000 } as const;
    assert.match(amountOf(row('a', declined)), /^−.*90\.00$/);
    assert.match(amountOf(row('b', { ...declined, local_currency: 'EUR' })), /^−.*€90\.00$/);
    assert.match(amountOf(row('c', { amount_minor: 250 })), /^\+.*2\.50$/);
  });

  it('say of a reversed payment what it was', () => {
    const reversed = { status: 'reversed', amount_minor: 0, local_amount_minor: -4_999 } as const;
    assert.match(amountOf(row('a', { ...reversed, reversed_amount_minor: -4_200 })), /^−.*42\.00$/);
    assert.match(amountOf(row('b', { ...reversed, local_currency: 'EUR' })), /^−.*€49\.99$/);
  });

  it('have the emoji of their merchant, and nothing else that it may say', () => {
    for (const emoji of ['☕', '🏖️', '👩‍🍳', '👨‍👩‍👧', '🇬🇧', '🧑🏽‍🌾']) assert.equal(emojiOf(emoji), emoji);
    for (const other of [null, '', 'coffee', '<b>', '7', '\u202E', '☕ free', '☕'.repeat(20)])
      assert.equal(emojiOf(other), null);
  });
});
