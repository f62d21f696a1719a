import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aTransaction } from '../../test/support/samples.ts';
import { aTransfer } from '../../test/support/store-samples.ts';
import {
  evidenceSpan,
  fits,
  hasFiguresOf,
  isNameless,
  isOfPot,
  potShows,
  rowsOf,
  showsPart,
} from './move-evidence.ts';
import type { Transaction } from './transaction.ts';
import { absentAfter, type Transfer } from './transfer.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const sent = 10 * day;
const dedupeId = `mb-${'0123456789abcdef'.repeat(2)}`;

const transfer = (told: Partial<Transfer> = {}) =>
  aTransfer({ firstSentAt: sent, lastSentAt: sent + minute, dedupeId, ...told });
const row = (told: Partial<Transaction> = {}) =>
  aTransaction({
    scheme: 'uk_retail_pot',
    potId: 'pot_1',
    amount: -500,
    created: sent,
    merchantId: null,
    merchantName: null,
    counterparty: null,
    externalId: null,
    ...told,
  });

describe('a row that fits a transfer', () => {
  it('has its account, pot, direction and amount', () => {
    assert.equal(hasFiguresOf(row(), transfer()), true);
    assert.equal(hasFiguresOf(row({ amount: 500 }), transfer({ direction: 'withdraw' })), true);
    for (const other of [
      { amount: 500 },
      { amount: -501 },
      { accountId: 'acc_2' },
      { potId: 'pot_2' },
      { potId: null, description: 'pot_2' },
      { declineReason: 'OTHER' },
      { scheme: 'mastercard', merchantId: 'merch_1' },
    ])
      assert.equal(hasFiguresOf(row(other), transfer()), false, JSON.stringify(other));
  });

  it('may be any pot’s where it names none', () => {
    assert.equal(isOfPot(row({ potId: null, description: 'Holiday' }), transfer()), true);
    assert.equal(isOfPot(row({ potId: null, description: 'pot_1' }), transfer()), true);
  });

  it('is of its time: from a minute before the first send to a day after the last', () => {
    const { since, until } = evidenceSpan(transfer());
    assert.deepEqual([since, until], [sent - minute, sent + minute + day]);
    for (const [created, isIn] of [
      [since - 1, false],
      [since, true],
      [until, true],
      [until + 1, false],
    ] as const)
      assert.equal(fits(row({ created }), transfer()), isIn);
    assert.equal(evidenceSpan(aTransfer({ created: sent })).until, sent + day);
  });

  it('shows it by the beginning of its id, and never with other figures, declined, or without an id', () => {
    const cut = `user_1:${dedupeId.slice(0, 12)}`;
    assert.equal(showsPart(row({ externalId: cut }), transfer()), true);
    for (const other of [
      { externalId: cut, amount: -600 },
      { externalId: cut, declineReason: 'OTHER' },
      { externalId: 'user_1:mb-ffffffff' },
      { externalId: 'user_1:mb-012' },
      { externalId: `user_1:${dedupeId}` },
      { externalId: null },
    ])
      assert.equal(showsPart(row(other), transfer()), false, JSON.stringify(other));
    assert.deepEqual(
      [cut, null, `user_1:${dedupeId}`].map((id) => isNameless(row({ externalId: id }))),
      [true, true, false],
    );
  });
});

describe('rows without an id', () => {
  const accepted = (id: string, told: Partial<Transfer> = {}) =>
    transfer({ id, answer: 'accepted', ...told });
  const given = (transfers: readonly Transfer[], rows: readonly Transaction[]) =>
    [...rowsOf(transfers, rows)].map(([id, { id: tx }]) => [id, tx]);

  it('belong to accepted transfers where there is one for each', () => {
    assert.deepEqual(given([accepted('one')], [row({ id: 'tx_1' })]), [['one', 'tx_1']]);
    const both = [accepted('one'), accepted('two')];
    assert.deepEqual(given(both, [row({ id: 'tx_1' })]), []);
    assert.deepEqual(given(both, [row({ id: 'tx_2', created: sent + 1 }), row({ id: 'tx_1' })]), [
      ['one', 'tx_1'],
      ['two', 'tx_2'],
    ]);
  });

  it('belong first to those that are known to have moved, and never to one that was not accepted', () => {
    const moved = transfer({ id: 'moved', state: 'moved' });
    assert.deepEqual(given([accepted('one'), moved], [row({ id: 'tx_1' })]), [['moved', 'tx_1']]);
    assert.deepEqual(given([transfer({ id: 'silent' })], [row()]), []);
    assert.deepEqual(given([accepted('one'), transfer({ id: 'silent' })], [row()]), []);
    const two = [row({ id: 'tx_1' }), row({ id: 'tx_2', created: sent + 1 })];
    assert.deepEqual(given([accepted('one'), transfer({ id: 'silent' })], two), [['one', 'tx_1']]);
  });

  it('are those of a quarter of an hour, and transfers of another time do not compete for them', () => {
    const late = row({ created: sent + minute + absentAfter + 1 });
    assert.deepEqual(given([accepted('one')], [late]), []);
    const older = transfer({ id: 'older', firstSentAt: sent - day, lastSentAt: sent - day });
    assert.deepEqual(given([older, accepted('one')], [row({ id: 'tx_1' })]), [['one', 'tx_1']]);
  });
});

describe('what a pot holds', () => {
  it('shows a transfer where it differs by exactly the amount, in its direction', () => {
    const told = (potBefore: number | null, balance: number, direction: Transfer['direction'] = 'deposit') =>
      potShows({ potBefore, direction, amount: 500 }, balance);
    assert.equal(told(1_000, 1_500), true);
    assert.equal(told(1_000, 500, 'withdraw'), true);
    assert.deepEqual(
      [told(1_000, 1_000), told(1_000, 1_503), told(1_000, 1_500, 'withdraw'), told(null, 500)],
      [false, false, false, false],
    );
  });
});
