import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datedLater, type Transfer } from '../domain/transfer.ts';
import { aTransfer, temporaryStore } from '../../test/support/store-samples.ts';

test('a transfer is read back as it was saved, and one that was never sent frees its ids', (t) => {
  const { transfers } = temporaryStore(t);
  const unsent = aTransfer({ id: 't_1', requestId: 'r', state: 'not_sent' });
  const full = aTransfer({
    id: 't_2',
    requestId: 'r',
    firstSentAt: 1,
    lastSentAt: 2,
    answer: 'no_word',
    notifyLater: true,
    settledAt: 3,
    transactionId: 'tx_1',
    reason: { code: 'bank_refused', facts: { bankCode: 'odd' } },
    user: 'Alex',
    found: true,
  });
  transfers.save(unsent);
  assert.equal(transfers.byRequestId('r'), undefined);
  assert.equal(transfers.byDedupeId(unsent.dedupeId), undefined);
  transfers.save(full);
  assert.deepEqual(transfers.byRequestId('r'), full);
  assert.deepEqual(transfers.byDedupeId(full.dedupeId), full);
  assert.deepEqual(transfers.byId('t_1'), unsent);
  const settled = { ...full, state: 'moved' as const };
  transfers.save(settled);
  assert.deepEqual(transfers.byId('t_2'), settled);
});

test('a request whose transfer moved nothing can be tried anew, and then only the last try is found', (t) => {
  const { transfers } = temporaryStore(t);
  const refused = aTransfer({ id: 't_1', requestId: 'r', dedupeId: 'mb-1', state: 'not_moved' });
  const anew = aTransfer({ ...refused, id: 't_2', state: 'open' });
  for (const transfer of [refused, anew, refused]) transfers.save(transfer);
  assert.deepEqual(
    [transfers.byRequestId('r'), transfers.byDedupeId('mb-1'), ...transfers.byDedupeStart('mb-')],
    [anew, anew, anew],
  );
  assert.throws(() => transfers.save({ ...refused, id: 't_3', state: 'moved' }), /UNIQUE/);
});

test('two transfers cannot share a dedupe id or a request id', (t) => {
  const { transfers } = temporaryStore(t);
  transfers.save(aTransfer({ id: 't_1', requestId: 'r', dedupeId: 'mb-1' }));
  assert.throws(() => transfers.save(aTransfer({ id: 't_2', dedupeId: 'mb-1' })), /UNIQUE/);
  assert.throws(() => transfers.save(aTransfer({ id: 't_3', requestId: 'r', dedupeId: 'mb-3' })), /UNIQUE/);
});

test('unconfirmed transfers count as moved, refused ones do not', (t) => {
  const { transfers } = temporaryStore(t);
  const states = ['open', 'moved', 'unresolved', 'not_moved', 'not_sent'] as const;
  for (const [index, state] of states.entries()) {
    const settledAt = state === 'moved' ? 50 : null;
    transfers.save(aTransfer({ id: state, dedupeId: `mb-${state}`, state, amount: 10 ** index, settledAt }));
  }
  transfers.save(aTransfer({ id: 'other', dedupeId: 'mb-o', accountId: 'acc_2', amount: 7 }));
  transfers.save(aTransfer({ id: 'yen', dedupeId: 'mb-y', currency: 'JPY', amount: 9 }));
  transfers.save(aTransfer({ id: 'out', dedupeId: 'mb-w', direction: 'withdraw', amount: 3 }));
  transfers.save(
    aTransfer({ id: 'old', dedupeId: 'mb-old', state: 'unresolved', created: 5, amount: 500_000 }),
  );
  const since = aTransfer().created;
  assert.equal(transfers.moved({ currency: 'GBP', since }), 1 + 10 + 100 + 7 + 3);
  assert.equal(transfers.moved({ currency: 'GBP', since, accountId: 'acc_2' }), 7);
  assert.equal(transfers.moved({ currency: 'EUR', since }), 0);
  assert.deepEqual(
    transfers.undecided().map(({ id }) => id),
    ['open', 'unresolved', 'other', 'yen', 'out', 'old'],
  );
});

test('a move counts for the day that the bank dates it in, or may do', (t) => {
  const { transfers, database } = temporaryStore(t);
  const day = 1_000 * 24 * 3_600_000;
  const counts = (transfer: Partial<Transfer>) => {
    transfers.save(aTransfer({ id: 't', dedupeId: 'mb-t', amount: 1, state: 'moved', ...transfer }));
    return transfers.moved({ currency: 'GBP', since: day }) === 1;
  };
  assert.equal(counts({ created: day + 48 * 3_600_000 }), true, 'dated ahead');
  assert.equal(counts({ created: day - datedLater }), true, 'the bank may be that much later');
  assert.equal(counts({ created: day - datedLater - 1 }), false);
  assert.equal(counts({ created: day - datedLater - 1, lastSentAt: day - datedLater }), true, 'sent again');
  assert.equal(counts({ created: day - datedLater, found: true }), false, 'dated by the bank itself');
  assert.equal(counts({ created: 5, state: 'open' }), true, 'it may still be made');
  assert.equal(counts({ created: 5, state: 'unresolved' }), false);
  const booked = (created: number) =>
    database.run(
      `INSERT OR REPLACE INTO bank_transaction (number, id, account_id, created, updated, amount, currency,
        local_amount, local_currency, category, kind, status, description, notes, scheme, flags, seen_at, first_fields, raw)
        VALUES (1, 'tx_1', 'acc_1', ?, 1, -1, 'GBP', -1, 'GBP', '', '', '', '', '', '', 0, 1, '', '')`,
      [created],
    );
  booked(day - 1);
  assert.equal(counts({ created: day, transactionId: 'tx_1' }), false, 'the bank dated it before midnight');
  booked(day);
  assert.equal(counts({ created: day - 3_600_000, transactionId: 'tx_1' }), true, 'and this one after');
});

test('the same move is found, with or without a request id as required', (t) => {
  const { transfers } = temporaryStore(t);
  const named = aTransfer({ id: 't_1', requestId: 'r', dedupeId: 'mb-1' });
  assert.equal(transfers.newestCreated(Number.MAX_SAFE_INTEGER), null);
  transfers.save(named);
  assert.equal(transfers.latestSameMove(named), undefined);
  assert.equal(transfers.undecidedSameMove(named)?.id, 't_1');
  transfers.save({ ...named, state: 'moved', settledAt: 9_000_000 });
  transfers.save(aTransfer({ id: 't_2', dedupeId: 'mb-2', state: 'moved' }));
  assert.equal(transfers.latestSameMove(named)?.id, 't_2');
  assert.equal(transfers.undecidedSameMove(named), undefined);
  assert.equal(transfers.latestSameMove({ ...named, amount: 1 }), undefined);
  transfers.save(aTransfer({ id: 't_3', dedupeId: 'mb-3', created: 99_000_000, found: true }));
  transfers.save(aTransfer({ id: 't_4', dedupeId: 'mb-4', created: 98_000_000 }));
  assert.equal(transfers.newestCreated(98_000_000), 98_000_000);
  assert.equal(transfers.newestCreated(97_999_999), named.created, 'dated ahead');
});

test('pages are newest first and the last one has no next', (t) => {
  const { transfers, audit } = temporaryStore(t);
  for (const id of ['a', 'b', 'c'])
    transfers.save(aTransfer({ id, dedupeId: `mb-${id}`, state: id === 'b' ? 'moved' : 'open' }));
  const first = transfers.page({ limit: 2 });
  assert.deepEqual([first.items.map(({ id }) => id), first.next], [['c', 'b'], 'b']);
  const second = transfers.page({ limit: 2, before: 'b' });
  assert.deepEqual([second.items.map(({ id }) => id), second.next], [['a'], null]);
  assert.deepEqual(
    transfers.page({ limit: 9, state: 'moved' }).items.map(({ id }) => id),
    ['b'],
  );
  for (const transferId of ['a', 'b', null])
    audit.append(7, { door: 'http', user: null, action: 'pot_transfer', decision: 'allowed', transferId });
  const [newest] = audit.page({ limit: 1 }).items;
  assert.equal(newest?.seq, 3);
  assert.equal(audit.page({ limit: 1 }).next, 3);
  assert.deepEqual(
    audit.page({ limit: 9, before: 3, transferId: 'a' }).items.map(({ seq }) => seq),
    [1],
  );
});

test('the audit stores entries unchanged, and refuses updates and deletions', (t) => {
  const { audit, database } = temporaryStore(t);
  const entry = {
    door: 'page',
    user: 'Alex',
    action: 'pot_transfer',
    decision: 'refused',
    code: 'cooldown',
    sentence: 'No.',
    transferId: 't_1',
    transactionId: 'tx_1',
    asked: { pot: 'pot_1', amount_minor: 500 },
  } as const;
  audit.append(1_000, entry);
  assert.deepEqual(audit.page({ limit: 1 }).items, [
    { ...entry, seq: 1, at: 1_000, count: 1, lastAt: 1_000 },
  ]);
  assert.throws(() => database.run('UPDATE audit SET decision = ?', ['allowed']), /never edited/);
  assert.throws(() => database.run('DELETE FROM audit'), /never shortened/);
});

test('a refusal that is repeated within a minute is one row with a count, which only grows', (t) => {
  const { audit, database } = temporaryStore(t);
  const entry = { door: 'mqtt', user: null, action: 'pot_transfer', decision: 'refused', code: 'a' } as const;
  const counts = () =>
    audit.page({ limit: 9 }).items.map(({ code, door, count, lastAt }) => [code, door, count, lastAt]);
  audit.tally(1_000, { ...entry, asked: { pot: 'first' } });
  audit.tally(2_000, { ...entry, asked: { pot: 'second' } });
  audit.tally(3_000, { ...entry, code: 'b' });
  audit.tally(4_000, { ...entry, door: 'http' });
  audit.tally(60_999, entry);
  audit.tally(61_000, entry);
  audit.tally(62_000, entry);
  assert.deepEqual(counts(), [
    ['a', 'mqtt', 2, 62_000],
    ['a', 'http', 1, 4_000],
    ['b', 'mqtt', 1, 3_000],
    ['a', 'mqtt', 3, 60_999],
  ]);
  assert.deepEqual(audit.page({ limit: 9 }).items.at(-1)?.asked, { pot: 'first' });
  assert.throws(() => database.run('UPDATE audit_repeat SET count = 1'), /never edited/);
  assert.throws(() => database.run('DELETE FROM audit_repeat'), /never shortened/);
});
