import assert from 'node:assert/strict';
import { test } from 'node:test';
import { again, concluded, planned, splitAtEdges, unread, withParts } from './history.ts';
import { noHistory, type HistoryProgress } from './login.ts';

const day = 24 * 3_600_000;
const now = Date.parse('2026-03-10T12:00:00Z');
const edge = now - 85 * day;
const plan = { now, edgeOf: () => edge, unreadSince: null };
const old = { id: 'acc_1', created: now - 900 * day };
const young = { id: 'acc_2', created: now - 3 * day };

test('a new account is planned once, what is older than the edge apart', () => {
  const first = planned(noHistory, { ...plan, accounts: [old, young] });
  assert.deepEqual(first, {
    state: 'running',
    read: 0,
    accounts: ['acc_1', 'acc_2'],
    missing: [
      { accountId: 'acc_1', before: edge, fault: unread },
      { accountId: 'acc_1', since: edge, before: now, fault: unread },
      { accountId: 'acc_2', before: now, fault: unread },
    ],
  });
  assert.equal(planned(first, { ...plan, accounts: [old, young] }), first);
});

test('a time without readings is planned as far as it lies beyond the edge', () => {
  const before: HistoryProgress = { state: 'complete', read: 5, missing: [], accounts: ['acc_1'] };
  const at = (unreadSince: number) => planned(before, { ...plan, accounts: [old], unreadSince });
  assert.equal(at(edge + 1), before);
  assert.deepEqual(at(edge - day).missing, [
    { accountId: 'acc_1', since: edge - day, before: edge, fault: unread },
  ]);
});

test('parts that follow each other and are missing for one reason are one, and are split at the edge again', () => {
  const parts = [
    { accountId: 'acc_1', since: edge, before: now, fault: 'bank_down' },
    { accountId: 'acc_2', since: edge, before: now, fault: 'bank_down' },
    { accountId: 'acc_1', before: edge, fault: 'bank_down' },
  ];
  const failed = { accountId: 'acc_1', before: now, fault: 'bank_down' };
  const over = concluded({ state: 'running', read: 1, missing: parts }, (accountId) =>
    accountId === 'acc_1' ? 2 : 0,
  );
  assert.equal(over.state, 'partial');
  assert.deepEqual(over.missing, [
    { accountId: 'acc_1', before: now, fault: 'bank_down', held: 2 },
    { accountId: 'acc_2', since: edge, before: now, fault: 'bank_down', held: 0 },
  ]);
  assert.deepEqual(splitAtEdges({ ...over, missing: [failed] }, () => edge).missing, [
    { accountId: 'acc_1', before: edge, fault: 'bank_down' },
    { accountId: 'acc_1', since: edge, before: now, fault: 'bank_down' },
  ]);
  assert.equal(concluded({ ...over, missing: [] }, () => 0).state, 'complete');
});

test('only what is to be tried again is unread, and a part gives way to what is left of it', () => {
  const refused = { accountId: 'acc_1', before: edge, fault: 'verification_required' };
  const failed = { accountId: 'acc_1', since: edge, before: now, fault: 'bank_down' };
  const progress = again({ ...noHistory, missing: [refused, failed] }, (fault) => fault === 'bank_down');
  assert.deepEqual(progress.missing, [refused, { ...failed, fault: unread }]);
  assert.deepEqual(withParts(progress, refused, []).missing, [{ ...failed, fault: unread }]);
});
