import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Feed, type Asked } from './feed.ts';
import { mostRows, pageIn, renewed, type Row } from './rows.ts';

const row = (id: number): Row => ({
  id: `tx_${id}`,
  account_name: 'Current account',
  created: '2026-11-29T09:00:00.000Z',
  name: `Shop ${id}`,
  amount_minor: -id,
  currency: 'GBP',
  kind: 'card_payment',
  status: 'settled',
  notes: '',
});
/** From the newest down. */
const rows = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => row(from - index));
const idsOf = (shown: readonly Row[] | undefined) => shown?.map(({ id }) => Number(id.slice(3)));

/** A bridge with so many transactions, as the action answers for it. */
function bridgeWith(count: number) {
  const asked: Asked[] = [];
  let newest = count;
  const ask = async (data: Asked) => {
    asked.push(data);
    const limit = Number(data['limit']);
    const from = data['cursor'] === undefined ? newest : Number(data['cursor']);
    const to = Math.max(1, from - limit + 1);
    return { status: 'done', items: rows(from, to), next: to === 1 ? null : String(to - 1) };
  };
  return { asked, ask, add: () => (newest += 1) };
}

const everything = { q: '', kind: '', account: '' };

describe('the rows of a search', () => {
  it('come page by page, each once, up to a thousand', async () => {
    const { ask, asked } = bridgeWith(5_000);
    const feed = new Feed(ask);
    await feed.search({ ...everything, q: 'coffee', account: 'device' });
    assert.deepEqual(asked, [{ q: 'coffee', account: 'device', limit: 20, on_failure: 'answer' }]);
    while (feed.hasMore) await feed.more();
    await feed.more();
    assert.deepEqual(idsOf(feed.page?.rows), idsOf(rows(5_000, 4_001)));
    assert.equal(asked.length, 21);
    assert.ok(asked.slice(1).every(({ q, limit }) => q === 'coffee' && limit <= 50));
  });

  it('end where the bridge has no more', async () => {
    const feed = new Feed(bridgeWith(30).ask);
    await feed.search(everything);
    assert.equal(feed.hasMore, true);
    await feed.more();
    assert.deepEqual([feed.hasMore, feed.page?.rows.length], [false, 30]);
  });

  it('are asked for once while an answer is waited for', async () => {
    const { ask, asked } = bridgeWith(100);
    const feed = new Feed(ask);
    await feed.search(everything);
    await Promise.all([feed.more(), feed.more()]);
    assert.equal(asked.length, 2);
  });

  it('are those of the last search, whichever answer comes last', async () => {
    const answers: ((response: unknown) => void)[] = [];
    const feed = new Feed(() => new Promise((resolve) => answers.push(resolve)));
    const first = feed.search({ ...everything, q: 'a' });
    const second = feed.search({ ...everything, q: 'b' });
    answers[1]?.({ items: rows(2, 2), next: null });
    answers[0]?.({ items: rows(1, 1), next: null });
    await Promise.all([first, second]);
    assert.deepEqual(idsOf(feed.page?.rows), [2]);
    assert.equal(feed.isBusy, false);
  });

  it('stay while they are read again, and nobody who looked far back is thrown to the beginning', async () => {
    const { ask, add } = bridgeWith(200);
    const feed = new Feed(ask);
    await feed.search(everything);
    await feed.more();
    add();
    await feed.renew();
    assert.deepEqual(idsOf(feed.page?.rows), idsOf(rows(201, 131)));
    await feed.more();
    assert.deepEqual(idsOf(feed.page?.rows), idsOf(rows(201, 81)));
  });

  it('begin anew where so much is new that rows between would be missing', () => {
    const shown = { rows: rows(50, 1), next: 'older' };
    assert.deepEqual(renewed(shown, { rows: rows(150, 101), next: '100' }), {
      rows: rows(150, 101),
      next: '100',
    });
    assert.deepEqual(renewed(shown, { rows: [], next: null }), { rows: [], next: null });
  });

  it('are never more than are shown', () => {
    const shown = { rows: rows(mostRows, 1), next: 'older' };
    assert.equal(
      renewed(shown, { rows: rows(mostRows + 1, mostRows - 48), next: 'x' }).rows.length,
      mostRows,
    );
  });

  it('are not there where the bridge refuses, whose words are kept', async () => {
    const message = 'Only administrators may read.';
    const answers: unknown[] = [
      { status: 'refused', code: 'reading_not_allowed', message },
      { items: rows(1, 1) },
    ];
    const feed = new Feed(async () => answers.shift());
    await feed.search(everything);
    assert.deepEqual(feed.failure, { sentence: message });
    await feed.search(everything);
    assert.equal(feed.failure, undefined);
    assert.deepEqual(feed.page, { rows: rows(1, 1), next: null });
  });

  it('stay where Home Assistant is lost', async () => {
    const { ask } = bridgeWith(5);
    let isLost = false;
    const feed = new Feed((data) => (isLost ? Promise.reject(new Error('Connection lost')) : ask(data)));
    await feed.search(everything);
    isLost = true;
    await feed.renew();
    assert.deepEqual(feed.failure, { sentence: null });
    assert.equal(feed.page?.rows.length, 5);
  });
});

describe('an answer that nobody can read', () => {
  for (const answer of [undefined, null, 'no', 7, [], {}, { items: 'many' }])
    it(`is a failure: ${JSON.stringify(answer)}`, () => {
      assert.deepEqual(pageIn(answer), { sentence: null });
    });

  it('costs only the rows that it concerns', () => {
    const items = [row(2), null, { ...row(1), amount_minor: 0.1 }, { ...row(1), name: null }, row(3)];
    assert.deepEqual(pageIn({ items, next: 7 }), { rows: [row(2), row(3)], next: null });
  });
});
