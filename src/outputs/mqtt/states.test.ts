import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock } from '../../../sim/fake-clock.ts';
import { someAccount, someLogin, somePot, someSnapshot } from '../../../test/support/snapshot-samples.ts';
import type { Snapshot } from '../output.ts';
import { createRenderer } from './states.ts';
import { topicsBelow } from './topics.ts';

const clock = createFakeClock(Date.UTC(2026, 10, 23, 12));
const topics = topicsBelow('monzo', 'homeassistant');
const renderer = (pageUrl = () => 'http://127.0.0.1:8099') =>
  createRenderer({ topics, clock, pageUrl, retainState: true });

test('what did not change is not made again, although every snapshot is a new object', () => {
  const render = renderer();
  const first = render(someSnapshot());
  const same = render(structuredClone(someSnapshot()));
  assert.ok([...first].every(([topic, wanted]) => same.get(topic) === wanted));
  const next = render(someSnapshot({ accounts: [someAccount({ balance: 4_650 })] }));
  const made = [...first.keys()].filter((topic) => next.get(topic) !== first.get(topic));
  assert.deepEqual(made, ['monzo/acc_1']);
});

const text = fc.constantFrom('Holiday', 'Savings', 'Balance');
const accounts = fc.array(
  fc.record({
    balance: fc.constantFrom(null, 1, 2),
    name: text,
    type: fc.constantFrom('uk_retail', 'uk_rewards'),
    available: fc.boolean(),
  }),
  { maxLength: 2 },
);
const pots = fc.array(
  fc.record({ name: text, goal: fc.constantFrom(null, 100, 200), locked: fc.boolean() }),
  {
    maxLength: 2,
  },
);
const logins = fc.array(fc.record({ name: text, approvedAt: fc.constantFrom(null, 1) }), { maxLength: 2 });
const bridges = fc.record({
  paused: fc.boolean(),
  undelivered: fc.nat(1),
  version: fc.constantFrom('1', '2'),
  health: fc.constantFrom([], [{ part: 'mqtt', state: 'ok', sentence: null } as const]),
});

const snapshots = fc.record({ accounts, pots, logins, bridges }).map((parts): Snapshot => {
  const { view, bridge } = someSnapshot({
    accounts: parts.accounts.map((change, index) => someAccount({ id: `acc_${index}`, ...change })),
    pots: parts.pots.map((change, index) => somePot({ id: `pot_${index}`, ...change })),
    logins: parts.logins.map((change, index) => someLogin({ id: `login_${index}`, ...change })),
  });
  return { view, bridge: { ...bridge, ...parts.bridges } };
});

test('what is remembered is what would be made', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(snapshots, text), { maxLength: 5 }), (all) => {
      let page = '';
      const remembering = renderer(() => page);
      for (const [snapshot, address] of all) {
        page = address;
        assert.deepEqual(remembering(snapshot), renderer(() => page)(snapshot));
      }
    }),
  );
});
