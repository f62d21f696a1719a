import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aTransaction, noon } from '../../test/support/samples.ts';
import { fold, nothingKnown, type Folded, type Knowledge, type Observation } from './fold.ts';
import type { Transaction } from './transaction.ts';

const watched: Knowledge = { ...nothingKnown, eventsSince: new Map([['acc_1', noon - 1]]) };

const seenBy = (loginId: string, at: number, row: Transaction): Observation => ({
  kind: 'transactions',
  at,
  loginId,
  accountId: 'acc_1',
  transactions: [row],
});
const seen = (at: number, row: Transaction) => seenBy('alex', at, row);

function foldAll(observations: readonly Observation[]): Folded {
  let folded: Folded = { next: watched, events: [] };
  for (const observation of observations) {
    const { next, events } = fold(folded.next, observation);
    folded = { next, events: [...folded.events, ...events] };
  }
  return folded;
}

const idsOf = ({ events }: Folded) => events.map(({ id }) => id);

describe('the bank’s date of a change', () => {
  const noteIn = ({ next }: Folded) => next.transactions.get('tx_1')?.transaction.notes;
  const noted = (notes: string, updated: number) => aTransaction({ notes, updated });
  const farAhead = Date.parse('2099-01-01T00:00:00Z');

  it('does not decide which content counts: frozen, far ahead or set back, the one asked for later does', () => {
    for (const [first, second] of [
      [noon, noon],
      [farAhead, noon + 2],
      [noon + 1, noon - 5],
    ] as const) {
      const answers = [seen(noon + 1, noted('a', first)), seen(noon + 2, noted('b', second))];
      assert.deepEqual([noteIn(foldAll(answers)), noteIn(foldAll(answers.toReversed()))], ['b', 'b']);
      assert.equal(idsOf(foldAll(answers)).length, 2);
    }
  });

  it('says when a change took place only where it has moved on and has come', () => {
    const delays = [noon, noon - 9, farAhead, noon + 100].map((updated) => {
      const { events } = foldAll([seen(noon, noted('', noon)), seen(noon + 90_100, noted('b', updated))]);
      return events[1]?.delay;
    });
    assert.deepEqual(delays, [0, 0, 0, 90_000]);
  });

  it('is not needed for a return to an earlier content', () => {
    const after = foldAll([
      seen(noon + 1, noted('a', noon)),
      seen(noon + 2, noted('b', noon)),
      seen(noon + 3, noted('a', noon)),
      seen(noon + 4, noted('b', noon)),
    ]);
    assert.equal(noteIn(after), 'b');
    assert.equal(new Set(idsOf(after)).size, 2, 'each content has one id');
  });
});

describe('two owners of a joint account', () => {
  const alexes = aTransaction();
  const sams = aTransaction({ category: 'family', notes: 'mine' });
  const amended = (...observations: readonly Observation[]) =>
    idsOf(foldAll(observations)).filter((id) => id.includes(':amended:')).length;

  it('may see other categories and notes: that is no event, whoever reads when', () => {
    const turns = [1, 2, 3, 4].map((at) =>
      seenBy(at % 2 === 0 ? 'sam' : 'alex', noon + at, at % 2 === 0 ? sams : alexes),
    );
    assert.equal(amended(...turns), 0);
  });

  it('are told what changed, by the bank’s date or in another field', () => {
    const first = seenBy('alex', noon + 1, alexes);
    assert.equal(amended(first, seenBy('sam', noon + 2, { ...sams, updated: noon + 1, raw: '2' })), 1);
    assert.equal(amended(first, seenBy('sam', noon + 2, { ...sams, amount: -351, raw: '2' })), 1);
    assert.equal(amended(first, seenBy('sam', noon + 2, { ...sams, merchantId: null, raw: '2' })), 1);
    assert.equal(amended(first, seenBy('alex', noon + 2, sams)), 1, 'whose own view has changed');
  });

  it('are told what changed without a date once both have seen the same', () => {
    const same = [seenBy('alex', noon + 1, alexes), seenBy('sam', noon + 2, alexes)];
    assert.equal(amended(...same, seenBy('sam', noon + 3, sams)), 1);
    const { next } = foldAll(same);
    assert.equal(fold(next, seenBy('alex', noon + 3, alexes)).next, next);
  });
});
