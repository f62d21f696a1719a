import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import * as fc from 'fast-check';
import { aList, aPot, noon } from '../../test/support/samples.ts';
import { absenceProven, afterList, nextAsk, type Absences, type Unreadable } from './absence.ts';
import { fold, nothingKnown, type Knowledge } from './fold.ts';
import { countMissing, isPotMissing, viewOf } from './view.ts';

interface Row {
  readonly id: string;
  readonly open: boolean;
}

/** A row called `z` is one that nothing depends on. */
const rowsOf = (ids: string): readonly Row[] => ids.split('').map((id) => ({ id, open: id !== 'z' }));

interface Step {
  /** Seconds since the first list. */
  readonly at: number;
  readonly ids: string;
  readonly unreadable?: Unreadable;
}

/** What is known after lists of rows with one-letter ids: those there and, after a bar, those missing. */
function knownAfter(before: readonly Row[], steps: readonly Step[]): string {
  let known: { readonly rows: readonly Row[]; readonly absences: Absences } = {
    rows: before,
    absences: new Map(),
  };
  for (const { at, ids, unreadable = { ids: [], unnamed: 0 } } of steps) {
    const list = { rows: rowsOf(ids), askedAt: at * 1_000, unreadable };
    known = afterList({ ...known, isOpen: ({ open }) => open }, list);
  }
  const there = known.rows.map(({ id }) => id).toSorted();
  return `${there.join('')}|${[...known.absences.keys()].toSorted().join('')}`;
}

describe('what a list leaves out', () => {
  const cases: readonly (readonly [what: string, before: string, steps: readonly Step[], known: string])[] = [
    ['one of several stays', 'abcd', [{ at: 0, ids: 'abc' }], 'abcd|d'],
    [
      'and for a minute',
      'abcd',
      [
        { at: 0, ids: 'abc' },
        { at: 59, ids: 'abc' },
      ],
      'abcd|d',
    ],
    [
      'and then goes',
      'abcd',
      [
        { at: 0, ids: 'abc' },
        { at: 60, ids: 'abc' },
      ],
      'abc|',
    ],
    [
      'the only one counts as all',
      'a',
      [
        { at: 0, ids: '' },
        { at: 299, ids: '' },
      ],
      'a|a',
    ],
    [
      'and goes after five minutes',
      'a',
      [
        { at: 0, ids: '' },
        { at: 300, ids: '' },
      ],
      '|',
    ],
    [
      'all stay for five minutes',
      'abc',
      [
        { at: 0, ids: '' },
        { at: 60, ids: '' },
      ],
      'abc|abc',
    ],
    [
      'half and two stay as long',
      'abcd',
      [
        { at: 0, ids: 'ab' },
        { at: 299, ids: 'ab' },
      ],
      'abcd|cd',
    ],
    [
      'and then go',
      'abcd',
      [
        { at: 0, ids: 'ab' },
        { at: 300, ids: 'ab' },
      ],
      'ab|',
    ],
    [
      'one of two is one of several',
      'ab',
      [
        { at: 0, ids: 'a' },
        { at: 60, ids: 'a' },
      ],
      'a|',
    ],
    [
      'two of five are few',
      'abcde',
      [
        { at: 0, ids: 'abc' },
        { at: 60, ids: 'abc' },
      ],
      'abc|',
    ],
    [
      'a list in between shows it',
      'abcd',
      [
        { at: 0, ids: 'abc' },
        { at: 9, ids: 'abcd' },
        { at: 65, ids: 'abc' },
      ],
      'abcd|d',
    ],
    [
      'two lists that contradict each other',
      'abcd',
      [
        { at: 0, ids: 'ab' },
        { at: 300, ids: 'cd' },
      ],
      'abcd|ab',
    ],
    [
      'an empty list before does not help',
      'abcd',
      [
        { at: 0, ids: '' },
        { at: 60, ids: 'abc' },
      ],
      'abcd|d',
    ],
    [
      'nor does an empty one after',
      'abcd',
      [
        { at: 0, ids: 'abc' },
        { at: 60, ids: '' },
      ],
      'abcd|abcd',
    ],
    [
      'a row that cannot be read is there',
      'ab',
      [{ at: 0, ids: 'a', unreadable: { ids: ['b'], unnamed: 0 } }],
      'ab|',
    ],
    [
      'one without an id may be any',
      'ab',
      [
        { at: 0, ids: 'a', unreadable: { ids: [], unnamed: 1 } },
        { at: 300, ids: 'a', unreadable: { ids: [], unnamed: 1 } },
      ],
      'ab|',
    ],
    [
      'nor does it decide',
      'ab',
      [
        { at: 0, ids: 'a' },
        { at: 60, ids: 'a', unreadable: { ids: [], unnamed: 1 } },
      ],
      'ab|b',
    ],
    ['new rows are there at once', 'a', [{ at: 0, ids: 'ab' }], 'ab|'],
    ['nothing was known', '', [{ at: 0, ids: '' }], '|'],
  ];
  for (const [what, before, steps, known] of cases)
    it(what, () => assert.equal(knownAfter(rowsOf(before), steps), known));

  it('is gone at once where nothing depends on it: a deleted pot, a closed account', () => {
    assert.equal(knownAfter(rowsOf('abcz'), [{ at: 0, ids: 'abc' }]), 'abc|');
    assert.equal(
      knownAfter(rowsOf('az'), [
        { at: 0, ids: 'z' },
        { at: 60, ids: 'z' },
      ]),
      'az|a',
      'all',
    );
  });
});

const ids = ['a', 'b', 'c', 'd', 'e'];
const lists = fc.array(
  fc.record({ ids: fc.subarray(ids), pause: fc.constantFrom(1, 20, 59, 60, 61, 150, 299, 300, 301) }),
  { minLength: 1, maxLength: 12 },
);

test('a row goes only when two lists agree, far enough apart for how much they miss, and none between shows it', () => {
  fc.assert(
    fc.property(lists, (series) => {
      let known: { readonly rows: readonly Row[]; readonly absences: Absences } = {
        rows: rowsOf('abcde'),
        absences: new Map(),
      };
      let now = 0;
      const seen: { readonly at: number; readonly ids: readonly string[] }[] = [];
      for (const { ids: shown, pause } of series) {
        now += pause * 1_000;
        const before = known.rows.map(({ id }) => id);
        seen.push({ at: now, ids: shown });
        known = afterList({ ...known, isOpen: () => true }, aList(rowsOf(shown.join('')), now));
        const left = known.rows.map(({ id }) => id);
        for (const id of shown) assert.ok(left.includes(id), 'what is listed is known');
        const missing = before.filter((id) => !shown.includes(id));
        const isMany =
          missing.length === before.length || (missing.length >= 2 && missing.length * 2 >= before.length);
        const apart = isMany ? absenceProven.many : absenceProven.few;
        for (const id of before.filter((one) => !left.includes(one))) {
          const lastShown = seen.findLastIndex((list) => list.ids.includes(id));
          const agreeing = seen.slice(lastShown + 1);
          assert.ok(agreeing.length >= 2, `${id} went on one list`);
          assert.ok(now - (agreeing[0]?.at ?? now) >= apart, `${id} went too soon`);
        }
        assert.deepEqual(
          [...known.absences.keys()].toSorted(),
          left.filter((id) => !shown.includes(id)).toSorted(),
          'what is kept without being listed is missing',
        );
        const next = nextAsk(known.absences);
        assert.equal(next === null, known.absences.size === 0);
        assert.ok(next === null || (next > now && next <= now + absenceProven.many));
      }
    }),
  );
});

test('what a bank leaves out for good is gone after the list that was asked for because of it', () => {
  fc.assert(
    fc.property(fc.subarray(ids), (rest) => {
      const missing = ids.filter((id) => !rest.includes(id));
      const first = afterList(
        { rows: rowsOf('abcde'), absences: new Map(), isOpen: () => true },
        aList(rowsOf(rest.join('')), 5_000),
      );
      const at = nextAsk(first.absences);
      assert.equal(at === null, missing.length === 0);
      const second = afterList({ ...first, isOpen: () => true }, aList(rowsOf(rest.join('')), at ?? 5_000));
      assert.deepEqual([second.rows.length, second.absences.size], [rest.length, 0]);
    }),
  );
});

describe('in the fold', () => {
  const pots = (at: number, ...told: readonly Parameters<typeof aPot>[0][]) =>
    ({ kind: 'pots', at: noon + at, accountId: 'acc_1', list: aList(told.map(aPot), at) }) as const;
  const two = [{ id: 'pot_1' }, { id: 'pot_2' }];
  const isMissing = (knowledge: Knowledge) => isPotMissing(knowledge, { id: 'pot_1', accountId: 'acc_1' });

  it('a pot that was deleted says so itself, and is gone at once', () => {
    const { next } = fold(
      fold(nothingKnown, pots(0, ...two)).next,
      pots(1, { id: 'pot_1', deleted: true }, { id: 'pot_2' }),
    );
    assert.equal(isMissing(next), false);
    assert.equal(next.pots.get('acc_1')?.value[0]?.deleted, true);
  });

  it('an older list neither begins nor ends an absence', () => {
    const missing = fold(fold(nothingKnown, pots(10, ...two)).next, pots(20, { id: 'pot_2' })).next;
    assert.equal(isMissing(missing), true);
    assert.equal(fold(missing, pots(5, ...two)).next, missing);
  });

  const account = { id: 'acc_1', type: 'uk_retail_joint', currency: 'GBP', created: 1, owners: [] };
  const accounts = (at: number, loginId: string, ...listed: readonly { readonly closed: boolean }[]) =>
    ({
      kind: 'accounts',
      at: noon + at,
      loginId,
      list: aList(
        listed.map((told) => ({ ...account, ...told })),
        at,
      ),
    }) as const;
  const see = (knowledge: Knowledge) =>
    viewOf({ knowledge, logins: [], now: noon, staleAfter: 1 }).accounts.map(({ missing }) => missing);

  it('a joint account that one login’s list leaves out is missing only when the other login’s does too', () => {
    const both = [accounts(0, 'alex', { closed: false }), accounts(1, 'sam', { closed: false })] as const;
    const start = both.reduce((known, list) => fold(known, list).next, nothingKnown);
    const one = fold(start, accounts(2, 'alex')).next;
    assert.deepEqual([see(one), countMissing(one)], [[false], { accounts: 0, pots: 0 }]);
    const neither = fold(one, accounts(3, 'sam')).next;
    assert.deepEqual([see(neither), isMissing(neither)], [[true], true]);
    assert.deepEqual(countMissing(neither), { accounts: 1, pots: 0 });
  });

  it('what the other login’s list says of it counts, however new the list that leaves it out', () => {
    const both = [
      accounts(0, 'alex', { closed: false }),
      accounts(1, 'sam', { closed: true }),
      accounts(2, 'alex'),
    ] as const;
    assert.deepEqual(see(both.reduce((known, list) => fold(known, list).next, nothingKnown)), []);
  });
});
