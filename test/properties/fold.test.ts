import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { totalBalance } from '../../src/domain/account.ts';
import type { BankEvent } from '../../src/domain/event.ts';
import {
  fold,
  nothingKnown,
  type Knowledge,
  type Observation,
  type TransactionsSeen,
} from '../../src/domain/fold.ts';
import { comparedFields, statusOf } from '../../src/domain/transaction.ts';
import {
  bankHistory,
  looksAt,
  shuffled,
  spendingHistory,
  versionAt,
  type RowHistory,
} from '../support/arbitraries.ts';
import { aBalance, aList, aPot, aTransaction, noon } from '../support/samples.ts';

const watched: Knowledge = { ...nothingKnown, eventsSince: new Map([['acc_1', 0]]) };

interface Outcome {
  readonly knowledge: Knowledge;
  /** Everything that was said, repetitions included. */
  readonly events: readonly BankEvent[];
}

function foldAll(observations: readonly Observation[], start: Knowledge = watched): Outcome {
  let knowledge = start;
  const events: BankEvent[] = [];
  for (const observation of observations) {
    const folded = fold(knowledge, observation);
    knowledge = folded.next;
    events.push(...folded.events);
  }
  return { knowledge, events };
}

/** What a log keyed by id keeps. */
const idsOf = (events: readonly BankEvent[], type: BankEvent['type']) =>
  [...new Set(events.filter((event) => event.type === type).map(({ id }) => id))].toSorted();

/** The rows that outsiders see, without the marks that say when and how we first saw them. */
const rowsOf = ({ transactions }: Knowledge) =>
  new Map([...transactions].map(([id, { transaction, status }]) => [id, { transaction, status }]));

const inOrder = <T extends Observation>(observations: readonly T[]): readonly T[] =>
  observations.toSorted((a, b) => a.at - b.at);

const looksOf = (history: fc.Arbitrary<readonly RowHistory[]>) =>
  history.chain((rows) => fc.record({ rows: fc.constant(rows), looks: looksAt(rows) }));

const disordered = <T extends Observation>(looks: readonly T[]) =>
  fc.record({ looks: fc.constant(looks), again: shuffled(looks) });

describe('folding transactions in any order, any number of times', () => {
  it('ends in the same rows, each as the bank last showed it', () => {
    const seen = looksOf(bankHistory).chain(({ rows, looks }) =>
      fc.record({ rows: fc.constant(rows), looks: fc.constant(looks), again: shuffled(looks) }),
    );
    fc.assert(
      fc.property(seen, ({ rows, looks, again }) => {
        const { knowledge } = foldAll(again);
        assert.deepEqual(rowsOf(knowledge), rowsOf(foldAll(inOrder(looks)).knowledge));
        for (const row of rows) {
          const id = row[0]?.transaction.id ?? '';
          const lastSight = inOrder(looks).findLast(({ transactions }) =>
            transactions.some((t) => t.id === id),
          );
          const [expected] = lastSight ? versionAt(row, lastSight.at) : [];
          const held = knowledge.transactions.get(id);
          assert.deepEqual(held?.transaction, expected);
          if (expected && lastSight) assert.equal(held?.status, statusOf(expected, lastSight.at));
        }
      }),
    );
  });

  it('tells of the same creations', () => {
    fc.assert(
      fc.property(
        looksOf(bankHistory).chain(({ looks }) => disordered(looks)),
        ({ looks, again }) => {
          const created = idsOf(foldAll(again).events, 'transaction.created');
          assert.deepEqual(created, idsOf(foldAll(inOrder(looks)).events, 'transaction.created'));
          const rows = new Set(
            looks.flatMap(({ transactions }) => transactions.map(({ id }) => `${id}:created`)),
          );
          assert.deepEqual(created, [...rows].toSorted());
        },
      ),
    );
  });

  it('says each creation once', () => {
    fc.assert(
      fc.property(
        looksOf(bankHistory).chain(({ looks }) => shuffled(looks)),
        (looks) => {
          const created = foldAll(looks).events.filter(({ type }) => type === 'transaction.created');
          assert.equal(created.length, new Set(created.map(({ id }) => id)).size);
        },
      ),
    );
  });

  it('shows each row as the answer did that was asked for last, of those that have arrived', () => {
    fc.assert(
      fc.property(
        looksOf(bankHistory).chain(({ looks }) => shuffled(looks)),
        (looks) => {
          let knowledge = watched;
          const latest = new Map<string, { readonly at: number; readonly raw: string }>();
          for (const look of looks) {
            for (const { id, raw } of look.transactions)
              if (look.at >= (latest.get(id)?.at ?? 0)) latest.set(id, { at: look.at, raw });
            knowledge = fold(knowledge, look).next;
            for (const [id, { raw }] of latest)
              assert.equal(knowledge.transactions.get(id)?.transaction.raw, raw);
          }
        },
      ),
    );
  });

  it('gives the same reference back for what it has just been told', () => {
    fc.assert(
      fc.property(
        looksOf(bankHistory).chain(({ looks }) => shuffled(looks)),
        (looks) => {
          let knowledge = watched;
          for (const look of looks) {
            const once = fold(knowledge, look).next;
            const twice = fold(once, look);
            assert.equal(twice.next, once);
            assert.deepEqual(twice.events, []);
            knowledge = once;
          }
        },
      ),
    );
  });

  it('keeps a vanished row gone, whatever older answers come late', () => {
    const pending = fc.array(fc.constantFrom(-350, -410, -500), { minLength: 1, maxLength: 4 });
    const story = pending.chain((amounts) => {
      const looks = amounts.map((amount, index): TransactionsSeen => {
        const at = noon + index * 1_000;
        return {
          kind: 'transactions',
          loginId: 'login_1',
          at,
          accountId: 'acc_1',
          transactions: [aTransaction({ amount, updated: at })],
        };
      });
      const gone: Observation = {
        kind: 'transaction_gone',
        at: noon + 60_000,
        accountId: 'acc_1',
        transactionId: 'tx_1',
      };
      return fc.record({ looks: fc.constant(looks), later: shuffled<Observation>([...looks, gone]) });
    });
    fc.assert(
      fc.property(story, ({ looks, later }) => {
        const { knowledge, events } = foldAll([...looks.slice(0, 1), ...later]);
        const held = knowledge.transactions.get('tx_1');
        assert.equal(held?.status, 'reversed');
        assert.deepEqual(idsOf(events, 'transaction.reversed'), ['tx_1:reversed']);
      }),
    );
  });
});

describe('what folding in order tells of', () => {
  it('settled: once for each row that was pending or reversed and then was charged', () => {
    const isOpen = new Set<string>(['pending', 'reversed']);
    fc.assert(
      fc.property(looksOf(bankHistory), ({ looks }) => {
        const ordered = inOrder(looks);
        const statuses = new Map<string, string[]>();
        for (const { at, transactions } of ordered)
          for (const row of transactions)
            statuses.set(row.id, [...(statuses.get(row.id) ?? []), statusOf(row, at)]);
        const expected = [...statuses]
          .filter(([, seen]) =>
            seen.some((status, index) => status === 'settled' && isOpen.has(seen[index - 1] ?? '')),
          )
          .map(([id]) => `${id}:settled`);
        const settled = idsOf(foldAll(ordered).events, 'transaction.settled');
        assert.deepEqual(settled, expected.toSorted());
      }),
    );
  });

  it('amended: one id for each distinct set of fields, and none for the set first seen', () => {
    fc.assert(
      fc.property(looksOf(spendingHistory), ({ looks }) => {
        const sets = new Map<string, Set<string>>();
        const firsts = new Set<string>();
        for (const { transactions } of inOrder(looks))
          for (const row of transactions) {
            const key = `${row.id} ${comparedFields(row)}`;
            const seen = sets.get(row.id);
            if (seen) seen.add(key);
            else firsts.add(key);
            sets.set(row.id, seen ?? new Set([key]));
          }
        const expected = [...sets.values()].flatMap((seen) => [...seen]).filter((key) => !firsts.has(key));
        const amended = foldAll(inOrder(looks)).events.filter(({ type }) => type === 'transaction.amended');
        const byId = new Map(
          amended.map(({ id, transaction }) => [id, `${transaction.id} ${comparedFields(transaction)}`]),
        );
        assert.deepEqual([...byId.values()].toSorted(), expected.toSorted());
        for (const { id, transaction } of amended)
          assert.equal(byId.get(id), `${transaction.id} ${comparedFields(transaction)}`);
      }),
    );
  });

  it('created: what the bank created since events began, and nothing without a beginning', () => {
    fc.assert(
      fc.property(looksOf(bankHistory), fc.integer({ min: 0, max: 600 }), ({ looks }, minutes) => {
        const since = noon + minutes * 60_000;
        const start = { ...nothingKnown, eventsSince: new Map([['acc_1', since]]) };
        const { events, knowledge } = foldAll(looks, start);
        const created = [...knowledge.transactions.values()]
          .filter(({ transaction }) => transaction.created >= since)
          .map(({ transaction }) => `${transaction.id}:created`);
        assert.deepEqual(idsOf(events, 'transaction.created'), created.toSorted());
        assert.deepEqual(idsOf(foldAll(looks, nothingKnown).events, 'transaction.created'), []);
      }),
    );
  });

  it('settled, amended and reversed: for rows from before events began as well', () => {
    const others = ['transaction.settled', 'transaction.amended', 'transaction.reversed'] as const;
    fc.assert(
      fc.property(looksOf(bankHistory), ({ looks }) => {
        const late = { ...nothingKnown, eventsSince: new Map([['acc_1', Number.MAX_SAFE_INTEGER]]) };
        for (const type of others)
          assert.deepEqual(idsOf(foldAll(looks, late).events, type), idsOf(foldAll(looks).events, type));
      }),
    );
  });
});

interface Move {
  readonly pot: number;
  readonly amount: number;
}

const moves = fc.array(
  fc.record<Move>({ pot: fc.integer({ min: 0, max: 2 }), amount: fc.integer({ min: -50_000, max: 50_000 }) }),
  { maxLength: 20 },
);

/** What is read after each move: the account's own balance and its pots, a closed one with nothing in it among them. */
function readingsOf(series: readonly Move[], total: number): readonly Observation[] {
  const pots = [0, 0, 0];
  return [{ pot: 0, amount: 0 }, ...series].flatMap(({ pot, amount }, index): readonly Observation[] => {
    pots[pot] = (pots[pot] ?? 0) + amount;
    const held = pots.reduce((sum, balance) => sum + balance, 0);
    const at = noon + index * 1_000;
    return [
      { kind: 'balance', at, askedAt: at, accountId: 'acc_1', balance: aBalance({ balance: total - held }) },
      {
        kind: 'pots',
        at,
        accountId: 'acc_1',
        list: aList([
          ...pots.map((balance, which) => aPot({ id: `pot_${which}`, balance })),
          aPot({ id: 'pot_closed', balance: 0, deleted: true }),
        ]),
      },
    ];
  });
}

describe('folding readings', () => {
  it('ends in the newest ones, in any order, any number of times', () => {
    const readings = moves.map((series) => readingsOf(series, 100_000));
    fc.assert(
      fc.property(readings.chain(disordered), ({ looks, again }) => {
        assert.deepEqual(foldAll(again).knowledge, foldAll(looks).knowledge);
        assert.deepEqual(foldAll(looks).knowledge.balances.get('acc_1')?.at, looks.at(-1)?.at);
      }),
    );
  });

  it('does not depend on order where two answers came in the same millisecond', () => {
    const readings = moves.map((series) =>
      readingsOf(series, 100_000).map((reading) => ({ ...reading, at: noon })),
    );
    fc.assert(
      fc.property(readings.chain(disordered), ({ looks, again }) => {
        assert.deepEqual(foldAll(again).knowledge, foldAll(looks).knowledge);
      }),
    );
  });

  it('gives the same reference back for what it has just been told', () => {
    fc.assert(
      fc.property(moves, (series) => {
        let knowledge = watched;
        for (const reading of readingsOf(series, 100_000)) {
          const once = fold(knowledge, reading).next;
          assert.equal(fold(once, reading).next, once);
          knowledge = once;
        }
      }),
    );
  });

  it('loses no penny: pots and balance add up to the total after every move', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 0, max: 10_000_000 }), (series, total) => {
        const readings = readingsOf(series, total);
        for (let count = 2; count <= readings.length; count += 2) {
          const { balances, pots } = foldAll(readings.slice(0, count)).knowledge;
          const balance = balances.get('acc_1')?.value ?? assert.fail('no balance was kept');
          const open = (pots.get('acc_1')?.value ?? []).filter((pot) => !pot.deleted);
          assert.equal(balance.balance + open.reduce((sum, pot) => sum + pot.balance, 0), total);
          assert.equal(totalBalance(balance, pots.get('acc_1')?.value ?? []), total);
        }
      }),
    );
  });
});
