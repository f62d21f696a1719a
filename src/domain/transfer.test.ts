import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Transfer } from './transfer.ts';
import { aTransfer } from '../../test/support/store-samples.ts';
import { aTransaction } from '../../test/support/samples.ts';
import { mostAhead, mostClockDifference } from './moment.ts';
import {
  absentAfter,
  cutDedupeId,
  cutsOf,
  settle,
  showsByFigures,
  dedupeIdOf,
  foundTransfer,
  isForeignMove,
  isUndecided,
  mayResend,
  maySend,
  mayTryAnew,
  ourDedupeId,
  pauseBeforeLook,
  provenBy,
  provesAbsence,
  resendWithin,
  showsMove,
} from './transfer.ts';

const request = { potId: 'pot_1', direction: 'deposit', requestId: 'r' } as const;

describe('the dedupe id of a transfer', () => {
  it('is the same for the same pot, direction and request, and differs otherwise', () => {
    const id = dedupeIdOf(request);
    assert.match(id, /^mb-[0-9a-f]{32}$/);
    assert.equal(dedupeIdOf({ ...request }), id);
    const others = [
      { ...request, potId: 'pot_2' },
      { ...request, direction: 'withdraw' as const },
      { ...request, requestId: 'R' },
      { potId: 'pot_1', direction: 'deposit' as const, requestId: '","r' },
    ].map(dedupeIdOf);
    assert.equal(new Set([id, ...others]).size, 5);
  });

  it('is found after the user that the bank puts in front of it', () => {
    const id = dedupeIdOf(request);
    assert.equal(ourDedupeId(`user_1:${id}`), id);
    assert.equal(ourDedupeId(id), id);
    for (const other of [null, '', `user_1:x${id}`, `${id}:user_1`, 'coin-jar', `${id}0`, 'mb-holiday'])
      assert.deepEqual([ourDedupeId(other), cutDedupeId(other)], [null, null]);
  });

  it('names a bridge only where it is whole; of what was cut, four letters at least are a part of it', () => {
    const id = dedupeIdOf(request);
    for (const end of [7, 12, 34]) {
      assert.equal(ourDedupeId(`user_1:${id.slice(0, end)}`), null);
      assert.equal(cutDedupeId(`user_1:${id.slice(0, end)}`), id.slice(0, end));
    }
    assert.equal(cutDedupeId(`user_1:${id.slice(0, 6)}`), null);
    assert.equal(cutDedupeId(`user_1:${id}`), null);
    const ends = Array.from({ length: id.length }, (_, end) => id.slice(0, end + 1));
    assert.deepEqual(
      cutsOf(id),
      ends.filter((part) => cutDedupeId(`user_1:${part}`) === part),
    );
  });
});

it('only a transfer that Monzo refused at its only send may be tried anew', () => {
  const refused = aTransfer({ state: 'not_moved', answer: 'refused', sends: 1 });
  const decided = { code: 'decided', facts: { moved: 'no' } };
  const others: Partial<Transfer>[] = [
    { state: 'moved' },
    { state: 'open' },
    { answer: 'no_word' },
    { sends: 2 },
    { reason: decided },
  ];
  assert.ok(mayTryAnew(refused));
  for (const other of others) assert.ok(!mayTryAnew({ ...refused, ...other }), JSON.stringify(other));
});

describe('what an answer proves', () => {
  const open = { state: 'open' } as const;
  const rows = [
    ['accepted', 'open', 'open'],
    ['refused', 'not_moved', 'open'],
    ['never_sent', 'not_sent', 'open'],
    ['no_word', 'open', 'open'],
  ] as const;
  for (const [answer, only, again] of rows)
    it(`${answer}: ${only} on the only send, ${again} on a repetition`, () => {
      assert.equal(provenBy({ ...open, sends: 1 }, answer), only);
      assert.equal(provenBy({ ...open, sends: 2 }, answer), again);
    });

  it('changes no settled transfer, and a refused repetition leaves an unresolved one unresolved', () => {
    for (const state of ['moved', 'not_moved', 'not_sent'] as const)
      assert.equal(provenBy({ state, sends: 1 }, 'accepted'), state);
    assert.equal(provenBy({ state: 'unresolved', sends: 3 }, 'refused'), 'unresolved');
  });
});

describe('sending again', () => {
  const open = aTransfer({ sends: 1, firstSentAt: 1_000, lastSentAt: 5_000 });
  const ago = (least: number, most = least) => ({ least, most });

  it('is allowed for a quarter of an hour after the first send by any clock, and not after Monzo’s word', () => {
    assert.equal(mayResend(open, ago(0, resendWithin - 1)), true);
    assert.equal(mayResend(open, ago(0, resendWithin)), false);
    for (const answer of ['refused', 'accepted'] as const)
      assert.equal(mayResend({ ...open, answer }, ago(1_000)), false);
    assert.equal(mayResend({ ...open, answer: 'no_word' }, ago(1_000)), true);
    assert.equal(mayResend({ ...open, state: 'unresolved' }, ago(1_000)), false);
    assert.equal(mayResend(open, null), false);
  });

  it('does not leave long after it was stored, by any clock', () => {
    assert.equal(maySend(ago(0, mostAhead + 9_999)), true);
    assert.equal(maySend(ago(0, mostAhead + 10_000)), false);
    assert.equal(maySend(null), false);
  });

  it('ends long enough before the decisive list, for which every clock must say so', () => {
    assert.equal(provesAbsence(ago(absentAfter - 1, 10 * absentAfter)), false);
    assert.equal(provesAbsence(ago(absentAfter, 10 * absentAfter)), true);
    assert.equal(provesAbsence(null), false);
  });

  it('is no longer decided by figures after the same time, and never without Monzo’s word', () => {
    const accepted = { ...open, answer: 'accepted' } as const;
    assert.equal(showsByFigures(accepted, ago(0, absentAfter - 1)), true);
    assert.equal(showsByFigures(accepted, ago(0, absentAfter)), false);
    assert.equal(showsByFigures({ ...open, answer: 'no_word' }, ago(0)), false);
    assert.equal(showsByFigures(accepted, null), false);
  });

  it('becomes less frequent, and the decisive search is on time', () => {
    const pauses = [0, 1, 2, 3, 4, 5, 6].map((look) => pauseBeforeLook(look, ago(1_000)));
    assert.deepEqual(pauses, [2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 120_000]);
    const decisive = absentAfter + 30_000;
    assert.equal(pauseBeforeLook(9, ago(decisive - 7_000)), 7_000);
    assert.equal(pauseBeforeLook(9, ago(decisive)), 15 * 60_000);
    assert.equal(pauseBeforeLook(0, ago(decisive)), 2_000);
    assert.equal(pauseBeforeLook(0, null), 2_000);
  });
});

describe('the end of a transfer', () => {
  it('is announced by an event if a caller was left without it, and only then', () => {
    const end = { state: 'moved', at: 9_000, transactionId: 'tx_1' } as const;
    const waiting = aTransfer();
    assert.equal(settle(waiting, end, true).event, null);
    const told = settle({ ...waiting, notifyLater: true, requestId: 'r' }, end, true);
    assert.deepEqual(told.event, {
      id: 'transfer_1:completed',
      type: 'transfer_completed',
      at: 9_000,
      accountId: 'acc_1',
      transferId: 'transfer_1',
      requestId: 'r',
      moneyMoved: 'yes',
    });
    assert.deepEqual(
      [told.next.notifyLater, told.next.settledAt, told.next.transactionId],
      [false, 9_000, 'tx_1'],
    );
    assert.equal(settle(waiting, { state: 'not_moved', at: 9_000 }, false).event?.type, 'transfer_failed');
    assert.equal(settle(waiting, { state: 'not_sent', at: 9_000 }, false).event, null);
  });

  it('is announced again if it was announced differently before', () => {
    const { event, next } = settle(
      aTransfer({ state: 'not_moved', reason: { code: 'decided', facts: { moved: 'no' } } }),
      { state: 'moved', at: 9_000 },
      true,
    );
    assert.equal(event?.id, 'transfer_1:completed');
    assert.equal(next.reason, null);
  });
});

describe('a transfer of a bridge at the bank', () => {
  it('is shown by a transaction whose external id ends with the dedupe id, unless it was declined', () => {
    const shown = aTransaction({ externalId: 'user_1:mb-1' });
    assert.equal(showsMove(shown, 'mb-1'), true);
    assert.equal(showsMove(shown, 'mb-2'), false);
    assert.equal(showsMove({ ...shown, externalId: null }, 'mb-1'), false);
    assert.equal(showsMove({ ...shown, declineReason: 'OTHER' }, 'mb-1'), false);
  });

  it('is foreign if it is newer than our newest transfer, or than the start of events if we have none', () => {
    const since = (newestOwn: number | null, eventsSince?: number) =>
      isForeignMove({ created: 1_000_000 }, { newestOwn, eventsSince });
    assert.equal(since(1_000_000 + mostClockDifference - 1), true);
    assert.equal(since(1_000_000 + mostClockDifference), false);
    assert.equal(since(null), false);
    assert.equal(since(null, 1_000_000), true);
    assert.equal(since(null, 1_000_001), false);
  });

  it('gets a row that counts towards limits', () => {
    const told = { id: 'tx_9', amount: 250, potId: null, externalId: 'user_1:mb-1' };
    const found = foundTransfer(aTransaction(told), 'mb-1', 7);
    assert.deepEqual(
      [found.state, found.direction, found.amount, found.userId, found.found, found.transactionId],
      ['moved', 'withdraw', 250, 'user_1', true, 'tx_9'],
    );
    const deposit = foundTransfer(aTransaction({ potId: 'pot_1', externalId: null }), 'mb-1', 7);
    assert.deepEqual([deposit.direction, deposit.potId, deposit.userId], ['deposit', 'pot_1', '']);
  });
});

describe('the times of a transfer', () => {
  it('leave room for a send that takes long: sending again ends before, and absence is proven after, 15 minutes', () => {
    assert.ok(resendWithin > 14 * 60_000 && resendWithin < 15 * 60_000, `${resendWithin}`);
    assert.ok(absentAfter > 15 * 60_000 && absentAfter < 16 * 60_000, `${absentAfter}`);
  });
});

describe('a transfer that only a person can settle', () => {
  it('is undecided like an open one', () => {
    const undecided = (['open', 'unresolved', 'moved', 'not_moved', 'not_sent'] as const).filter((state) =>
      isUndecided({ state }),
    );
    assert.deepEqual(undecided, ['open', 'unresolved']);
  });
});

describe('the event of an outcome', () => {
  for (const [state, type, id, moneyMoved] of [
    ['moved', 'transfer_completed', 'transfer_1:completed', 'yes'],
    ['not_moved', 'transfer_failed', 'transfer_1:failed', 'no'],
  ] as const)
    it(`says ${moneyMoved} of one that is ${state}`, () => {
      const { event } = settle(aTransfer({ id: 'transfer_1' }), { state, at: 5 }, false);
      assert.deepEqual([event?.type, event?.id, event?.moneyMoved], [type, id, moneyMoved]);
    });
});

describe('a transfer found at the bank', () => {
  const dedupeId = `mb-${'a'.repeat(32)}`;
  const found = (amount: number, externalId = `user_1:${dedupeId}`) =>
    foundTransfer(aTransaction({ amount, potId: 'pot_1', externalId }), dedupeId, 7);

  it('has an id made of the dedupe id, and the person and pot that the bank names', () => {
    const { id, userId, potId, notifyLater, door } = found(-500);
    assert.deepEqual(
      [id, userId, potId, notifyLater, door],
      [`transfer_${'a'.repeat(32)}`, 'user_1', 'pot_1', false, 'bridge'],
    );
    assert.equal(found(-500, `a:user:${dedupeId}`).userId, 'a:user');
  });

  it('is a deposit if money left the account, else a withdrawal', () => {
    assert.deepEqual([found(-500).direction, found(500).direction], ['deposit', 'withdraw']);
    assert.deepEqual([found(-500).amount, found(500).amount], [500, 500]);
  });
});
