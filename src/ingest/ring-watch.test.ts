import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { aTransaction, noon } from '../../test/support/samples.ts';
import type { BankEvent } from '../domain/event.ts';
import { nothingLearnt, type Learnt } from '../domain/learnt.ts';
import type { TransactionKind } from '../domain/transaction.ts';
import { RingWatch } from './ring-watch.ts';

const minute = 60_000;

function room({ isDiskFull = false } = {}) {
  const clock = createFakeClock(noon);
  const stored = new Map<string, unknown>();
  const learnt = new Map<string, Learnt>();
  const set = (key: string, value: unknown) => {
    if (isDiskFull) throw new Error('the disk is full');
    stored.set(key, value);
  };
  const options = {
    clock,
    settings: { get: (key: string) => stored.get(key), set, delete: () => {} },
    learnt: {
      of: (loginId: string) => learnt.get(loginId) ?? nothingLearnt,
      save: (loginId: string, facts: Partial<Learnt>) => {
        if (isDiskFull) throw new Error('the disk is full');
        learnt.set(loginId, { ...nothingLearnt, ...facts });
      },
    },
    expected: (accountId: string) =>
      accountId === 'acc_unregistered' ? null : { loginId: 'login_1', since: noon },
  };
  let next = 0;
  const found = (watch: RingWatch, accountId: string, { kind = 'card_payment', ahead = 0 }: Row = {}) => {
    const id = `tx_${(next += 1)}`;
    const transaction = aTransaction({ id, accountId, created: clock.now() + ahead });
    const event = { type: 'transaction.created', kind, accountId, transactionId: id, transaction };
    watch.found([event as BankEvent]);
    return id;
  };
  return { clock, learnt, stored, found, watch: () => new RingWatch(options) };
}

interface Row {
  readonly kind?: TransactionKind;
  /** How far its date is ahead of the time at which it is found. */
  readonly ahead?: number;
}

test('an account is silent after three unrung transactions and a fair time, across restarts, until it rings', async () => {
  const { clock, found, watch } = room();
  const before = watch();
  await clock.advance(5 * minute);
  for (const _ of [1, 2, 3]) found(before, 'acc_1');
  await clock.advance(9 * minute);
  assert.equal(before.silenceOf('acc_1'), null);
  await clock.advance(minute);
  assert.equal(before.silenceOf('acc_1'), 'nothing_arrives');
  const after = watch();
  assert.equal(after.silenceOf('acc_1'), 'nothing_arrives');
  let changes = 0;
  after.onChange(() => (changes += 1));
  after.heard('acc_1', null);
  assert.deepEqual([after.silenceOf('acc_1'), changes, watch().silenceOf('acc_1')], [null, 1, null]);
});

test('a new webhook begins anew, and one that is not registered promises nothing', async () => {
  const { clock, found, watch: open } = room();
  const watch = open();
  await clock.advance(5 * minute);
  for (const account of ['acc_1', 'acc_unregistered']) for (const _ of [1, 2, 3]) found(watch, account);
  await clock.advance(10 * minute);
  watch.begin('acc_1');
  assert.deepEqual([watch.silenceOf('acc_1'), watch.silenceOf('acc_unregistered')], [null, null]);
});

test('a transaction that is dated ahead proves nothing', async () => {
  const { clock, found, watch: open } = room();
  const watch = open();
  for (const _ of [1, 2, 3]) found(watch, 'acc_1', { ahead: 60 * minute });
  await clock.advance(20 * minute);
  assert.equal(watch.silenceOf('acc_1'), null);
});

test('a ring for another account heals a silence once; later silences are that account’s own', async () => {
  const { clock, found, watch: open } = room();
  const watch = open();
  await clock.advance(5 * minute);
  for (const _ of [1, 2, 3]) found(watch, 'acc_1');
  await clock.advance(10 * minute);
  watch.heard('acc_2', null);
  assert.equal(watch.silenceOf('acc_1'), null);
  for (const _ of [1, 2, 3]) {
    found(watch, 'acc_1');
    watch.heard('acc_2', null);
  }
  await clock.advance(10 * minute);
  assert.equal(watch.silenceOf('acc_1'), 'others_ring');
});

test('kinds are learnt from a ring before or after the list, once each, and a full disk is survived', () => {
  for (const isDiskFull of [false, true]) {
    const { found, learnt, watch: open } = room({ isDiskFull });
    const watch = open();
    watch.heard('acc_1', 'tx_1');
    found(watch, 'acc_1', { kind: 'interest' });
    watch.heard('acc_1', found(watch, 'acc_1', { kind: 'declined' }));
    watch.heard('acc_1', found(watch, 'acc_1', { kind: 'interest' }));
    watch.heard('acc_1', found(watch, 'acc_unregistered', { kind: 'fee' }));
    const kinds = learnt.get('login_1')?.rungKinds;
    assert.deepEqual(kinds, isDiskFull ? undefined : ['interest', 'declined']);
  }
});

test('whatever rings and is found, no account is silent without three unrung transactions after its last ring', async () => {
  const accounts = ['acc_1', 'acc_2'];
  const step = fc.record({
    what: fc.constantFrom('found', 'found', 'found', 'ring', 'missed', 'pass'),
    account: fc.constantFrom(...accounts),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, found, watch: open } = room();
      const watch = open();
      const unrung = new Map(accounts.map((account) => [account, 0]));
      await clock.advance(5 * minute);
      for (const { what, account } of steps) {
        if (what === 'found') found(watch, account);
        if (what === 'found') unrung.set(account, (unrung.get(account) ?? 0) + 1);
        if (what === 'ring') watch.heard(account, null);
        if (what === 'ring') unrung.set(account, 0);
        if (what === 'missed') watch.missed();
        if (what === 'pass') await clock.advance(11 * minute);
        for (const [id, count] of unrung) assert.ok(count >= 3 || watch.silenceOf(id) === null);
      }
    }),
    { numRuns: 60 },
  );
});

test('of what rings named only the newest is remembered', async () => {
  const { clock, found, watch: open } = room();
  const watch = open();
  await clock.advance(5 * minute);
  for (let count = 0; count < 2_100; count += 1) watch.heard('acc_2', `tx_${count}`);
  for (const _ of [1, 2, 3]) found(watch, 'acc_1');
  await clock.advance(10 * minute);
  assert.equal(watch.silenceOf('acc_1'), 'nothing_arrives');
});
