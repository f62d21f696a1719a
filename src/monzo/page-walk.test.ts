import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Instant } from '../domain/values.ts';
import { aTransaction, newPageFacts } from '../../test/support/samples.ts';
import { BankError } from './bank-error.ts';
import type { PageFacts } from './page-facts.ts';
import { walkPages, type PageRange } from './page-walk.ts';
import type { TransactionPage } from './wire.ts';

const noon = Date.parse('2026-07-01T12:00:00Z');
/** When the bank is asked. */
const later = noon + 3_600_000;

interface Manner {
  readonly size: number;
  readonly since: 'inclusive' | 'exclusive' | 'exclusive_second';
  readonly id: 'inclusive' | 'exclusive';
  readonly order: 'oldest_first' | 'turned' | 'newest_first';
}

type Row = ReturnType<typeof aTransaction>;

const rowsAt = (times: readonly Instant[]): readonly Row[] =>
  times.toSorted((a, b) => a - b).map((created, index) => aTransaction({ id: `tx_${index}`, created }));

const second = (instant: Instant) => Math.floor(instant / 1_000);

/** A bank that pages in one manner. */
function listing(rows: readonly Row[], { size, since: how, id, order }: Manner) {
  return ({ since, before = Infinity }: PageRange): TransactionPage => {
    const place = rows.findIndex((row) => row.id === since);
    const isAfter = (row: Row, index: number) => {
      if (typeof since === 'string') return id === 'inclusive' ? index >= place : index > place;
      if (how === 'exclusive_second') return second(row.created) > second(since);
      return how === 'inclusive' ? row.created >= since : row.created > since;
    };
    const range = rows.filter((row, index) => isAfter(row, index) && row.created < before);
    const page = order === 'newest_first' ? range.slice(-size) : range.slice(0, size);
    const transactions = order === 'oldest_first' ? page : page.toReversed();
    return { transactions, count: page.length, lastId: transactions.at(-1)?.id ?? null, unreadable: [] };
  };
}

const facts = () => newPageFacts();

/** Walks; fails where a bank is asked for ever. */
async function walk(
  rows: readonly Row[],
  manner: Manner,
  { known = facts(), since = noon - 1 }: { known?: PageFacts; since?: PageRange['since'] | undefined } = {},
) {
  const bank = listing(rows, manner);
  const seen: string[] = [];
  let calls = 0;
  let leftOut = 0;
  await walkPages({
    accountId: 'acc_1',
    range: { since },
    readPage: async (range) => {
      calls += 1;
      assert.ok(calls <= 4 * rows.length + 4, 'the walk ends');
      return { at: later, value: bank(range) };
    },
    onPage: ({ value }) => void seen.push(...value.map(({ id }) => id)),
    onUnreadable: (count) => {
      leftOut += count;
    },
    facts: known,
  });
  return { seen, calls, leftOut };
}

const usual: Manner = { size: 100, since: 'inclusive', id: 'exclusive', order: 'oldest_first' };
const spread = (count: number) => rowsAt(Array.from({ length: count }, (_, index) => noon + index * 5_000));

test('whatever its pages are like, every row of a bank comes once, oldest first', async () => {
  const manner = fc.record<Manner>({
    size: fc.integer({ min: 2, max: 12 }),
    since: fc.constantFrom('inclusive', 'exclusive', 'exclusive_second'),
    id: fc.constantFrom('inclusive', 'exclusive'),
    order: fc.constantFrom('oldest_first', 'turned', 'newest_first'),
  });
  const gaps = fc.array(fc.constantFrom(1_100, 2_500, 60_000), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(manner, gaps, async (how, between) => {
      let at = noon + 1_000;
      const rows = rowsAt(between.map((gap) => (at += gap)));
      assert.deepEqual(
        (await walk(rows, how)).seen,
        rows.map(({ id }) => id),
      );
    }),
    { numRuns: 300 },
  );
});

test('many rows of one moment at the edge of a page lose nothing', async () => {
  const moments = fc.array(fc.constantFrom(0, 0, 0, 1, 400, 3_000), { maxLength: 40 });
  const size = fc.integer({ min: 2, max: 12 });
  const manner = fc.record<Manner>({
    size,
    since: fc.constantFrom('inclusive', 'exclusive', 'exclusive_second'),
    id: fc.constantFrom('inclusive', 'exclusive'),
    order: fc.constant('oldest_first'),
  });
  await fc.assert(
    fc.asyncProperty(manner, moments, async (how, gaps) => {
      let at = noon + 1_000;
      const rows = rowsAt(gaps.map((gap) => (at += gap)));
      assert.deepEqual(
        (await walk(rows, how)).seen,
        rows.map(({ id }) => id),
      );
    }),
    { numRuns: 300 },
  );
});

test('a list that begins with a row goes on by ids: many rows of one moment cost what others do', async () => {
  const moments = fc.array(fc.constantFrom(0, 0, 0, 1, 400, 3_000), { minLength: 1, maxLength: 40 });
  const manner = fc.record<Manner>({
    size: fc.integer({ min: 2, max: 12 }),
    since: fc.constantFrom('inclusive', 'exclusive', 'exclusive_second'),
    id: fc.constantFrom('inclusive', 'exclusive'),
    order: fc.constant('oldest_first'),
  });
  await fc.assert(
    fc.asyncProperty(manner, moments, fc.nat(39), async (how, gaps, place) => {
      let at = noon + 1_000;
      const rows = rowsAt(gaps.map((gap) => (at += gap)));
      const begin = place % rows.length;
      const { seen, calls } = await walk(rows, how, { since: rows[begin]?.id });
      const after = rows.slice(how.id === 'inclusive' ? begin : begin + 1);
      assert.deepEqual(
        seen,
        after.map(({ id }) => id),
      );
      const perPage = how.id === 'inclusive' ? how.size - 1 : how.size;
      assert.ok(calls <= Math.ceil(after.length / perPage) + 2, `${calls} calls`);
    }),
    { numRuns: 200 },
  );
});

test('a list whose end was seen costs one call more once, and then one call again', async () => {
  const known = facts();
  const rows = spread(4);
  assert.equal((await walk(rows, usual, { known })).calls, 2);
  assert.equal((await walk(rows, usual, { known })).calls, 1);
  assert.equal((await walk(spread(5), usual, { known })).calls, 2);
});

test('a page as long as a full one never ends a list, and pages that become shorter are noticed', async () => {
  const saved: number[] = [];
  const known = newPageFacts((full) => saved.push(full));
  await walk(spread(250), usual, { known });
  assert.equal((await walk(spread(90), { ...usual, size: 50 }, { known })).seen.length, 90);
  assert.equal((await walk(spread(50), { ...usual, size: 50 }, { known })).calls, 2);
  assert.deepEqual(saved, [100, 50]);
});

test('where the bank lists by no id, what is after a crowded moment is read, and the list is not whole', async () => {
  const rows = rowsAt([...Array.from({ length: 30 }, () => noon + 1), noon + 60_000]);
  const bank = listing(rows, { ...usual, size: 10 });
  const seen: string[] = [];
  let leftOut = 0;
  await walkPages({
    accountId: 'acc_1',
    range: { since: noon - 1 },
    readPage: async (range) => {
      if (typeof range.since === 'string') throw new BankError('bad_request', { effect: 'none' });
      return { at: later, value: bank(range) };
    },
    onPage: ({ value }) => void seen.push(...value.map(({ id }) => id)),
    onUnreadable: (count) => {
      leftOut += count;
    },
    facts: facts(),
  });
  assert.deepEqual(seen.slice(9), ['tx_9', 'tx_30']);
  assert.equal(leftOut, 1);
});

test('a row that is dated ahead is no reason to ask for what is to come', async () => {
  const rows = rowsAt([noon + 1, noon + 2, later + 3_600_000]);
  const bank = listing(rows, usual);
  const seen: string[] = [];
  await walkPages({
    accountId: 'acc_1',
    range: { since: noon - 1 },
    readPage: async (range) => {
      if (Number(range.since) > later) throw new BankError('bad_request', { effect: 'none' });
      return { at: later, value: bank(range) };
    },
    onPage: ({ value }) => void seen.push(...value.map(({ id }) => id)),
    facts: facts(),
  });
  assert.deepEqual(seen, ['tx_0', 'tx_1', 'tx_2']);
});

test('the end of a glance is asked for only after a page that is not short', async () => {
  const calls = async (rows: number) => {
    const bank = listing(spread(rows), usual);
    let asked = 0;
    const seen = await walkPages({
      accountId: 'acc_1',
      range: { since: noon - 1 },
      readPage: async (range) => ({ at: later, value: ((asked += 1), bank(range)) }),
      onPage: () => {},
      isGlance: true,
      facts: facts(),
    });
    assert.equal(seen, rows);
    return asked;
  };
  assert.deepEqual([await calls(4), await calls(12), await calls(103), await calls(120)], [1, 2, 2, 3]);
});
