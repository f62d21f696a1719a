import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aBalance, aPot, aTransaction } from '../../../test/support/samples.ts';
import { aTransfer, heldSample } from '../../../test/support/store-samples.ts';
import { nothingKnown, type Knowledge, type TransactionsSeen } from '../../domain/fold.ts';
import type { HeldTransaction } from '../../domain/held-transaction.ts';
import type { Transaction } from '../../domain/transaction.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { OwnChanges, type OwnChangesOptions } from './own-changes.ts';

const dedupeId = `mb-${'0123456789abcdef'.repeat(2)}`;
const transfer = aTransfer({ dedupeId, sends: 1, firstSentAt: 1_000_000, amount: 500 });
const row = aTransaction({
  id: 'tx_own',
  amount: -500,
  externalId: `user_1:${dedupeId}`,
  potId: 'pot_1',
  raw: '{"id":"tx_own"}',
});

const read: Knowledge = {
  ...nothingKnown,
  balances: new Map([['acc_1', { at: 1, value: aBalance({ balance: 10_000 }) }]]),
  pots: new Map([['acc_1', { at: 1, value: [aPot({ balance: 2_000 }), aPot({ id: 'pot_2', balance: 7 })] }]]),
};

interface Scene {
  readonly knowledge?: Knowledge;
  readonly held?: readonly HeldTransaction[];
  readonly isDoubted?: boolean;
  readonly sent?: Transfer;
  /** What the pot holds by Monzo's answer. */
  readonly pot?: number | null;
  /** Another move that was sent, and what its pot holds by the answer. */
  readonly also?: readonly [Transfer, number | null];
  readonly rows?: readonly Transaction[];
}

/** What the account and the pots hold after rows. */
function sumsOf(rows: readonly Transaction[]) {
  const change = rows.reduce((sum, { id, amount }) => (id === 'tx_2' ? sum : sum + amount), 0);
  return new Map([
    ['acc_1', 10_000 + change],
    ['pot_1', 2_000 - change],
    ['pot_2', 7],
  ]);
}

/** The balance and the pots after a move, in minor units; null where Monzo has to be asked. */
function after({ knowledge = read, sent = transfer, pot = 2_500, rows = [row], ...scene }: Scene) {
  const held = new Map((scene.held ?? []).map((one) => [one.transaction.id, one]));
  const options = {
    ingest: {
      knowledge: () => knowledge,
      sumsAfter: ({ transactions }: TransactionsSeen) => (scene.isDoubted ? null : sumsOf(transactions)),
    },
    store: { ledger: { held: () => held } },
    clock: { monotonic: () => 5 },
  } as unknown as OwnChangesOptions;
  const changes = new OwnChanges(options);
  changes.noteSend(sent);
  changes.noteAnswer(sent, pot);
  if (scene.also) {
    changes.noteSend(scene.also[0]);
    changes.noteAnswer(...scene.also);
  }
  const page = {
    kind: 'transactions',
    at: 9,
    loginId: 'alex',
    accountId: 'acc_1',
    transactions: rows,
  } as const;
  const told = changes.after(page);
  if (told === null) return null;
  assert.equal(changes.after(page), null, 'known once only');
  return told.map((one) =>
    one.kind === 'balance'
      ? one.balance.balance
      : one.kind === 'pots' && one.list.rows.map(({ balance }) => balance),
  );
}

describe('after a move of ours', () => {
  it('the account and the pot differ by the amount', () => {
    assert.deepEqual(after({}), [9_500, [2_500, 7]]);
    const sent = { ...transfer, direction: 'withdraw' } as const;
    assert.deepEqual(after({ sent, rows: [{ ...row, amount: 500 }], pot: 1_500 }), [10_500, [1_500, 7]]);
  });

  it('Monzo is asked where its answer says something else of the pot, or nothing', () => {
    for (const pot of [2_000, 2_503, null]) assert.equal(after({ pot }), null);
  });

  it('Monzo is asked where a page shows something else that is new, or not the move', () => {
    const other = aTransaction({ id: 'tx_2' });
    for (const rows of [
      [row, other],
      [],
      [other],
      [{ ...row, amount: -600 }],
      [{ ...row, externalId: null }],
      [{ ...row, declineReason: 'OTHER' }],
    ])
      assert.equal(after({ rows }), null);
    const known = heldSample({ id: 'tx_2', raw: other.raw });
    assert.deepEqual(after({ rows: [row, other], held: [known] }), [9_500, [2_500, 7]]);
    assert.equal(after({ rows: [row, { ...other, raw: '{}' }], held: [known] }), null, 'it has changed');
  });

  it('Monzo is asked where something is missing, in doubt, or was never read', () => {
    const missing = {
      ...read.missing,
      pots: new Map([['acc_1', new Map([['pot_2', { since: 1, askAgainAt: 2 }]])]]),
    };
    const unread = new Map([['acc_1', { at: 1, value: aBalance({ unread: true }) }]]);
    assert.equal(after({ knowledge: { ...read, missing } }), null);
    assert.equal(after({ knowledge: { ...read, balances: unread } }), null);
    const pots = new Map([['acc_1', { at: 1, value: [aPot({ balance: 2_000, lastRead: 1 })] }]]);
    assert.equal(after({ knowledge: { ...read, pots } }), null);
    assert.equal(after({ isDoubted: true }), null);
    assert.equal(after({ knowledge: nothingKnown }), null);
  });

  it('of several moves out of one pot the last answer has to agree', () => {
    const other = { ...transfer, dedupeId: `mb-${'f'.repeat(32)}`, direction: 'withdraw' } as const;
    const back = { ...row, id: 'tx_back', amount: 500, externalId: `user_1:${other.dedupeId}`, raw: '{}' };
    const told = (pots: readonly number[]) =>
      after({ rows: [row, back], pot: pots[0] ?? null, also: [other, pots[1] ?? null] });
    assert.deepEqual(told([2_500, 2_000]), [10_000, [2_000, 7]]);
    assert.equal(told([2_000, 2_500]), null);
  });

  it('Monzo is asked where the move was sent before: what was read may include it', () => {
    assert.equal(after({ sent: { ...transfer, sends: 2 } }), null);
  });
});
