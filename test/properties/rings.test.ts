import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createDoorbellKeys, Doorbell, type HeldRow } from '../../src/ingest/doorbell.ts';
import { doorbell as limits } from '../../src/limits.ts';
import { noon } from '../support/samples.ts';

/** What the callers of one webhook's address do: one of them is Monzo, whose transactions its lists show at once. */
type Caller =
  | 'real'
  | 'changed'
  | 'changedOld'
  | 'late'
  | 'unrungLate'
  | 'unknown'
  | 'same'
  | 'replayed'
  | 'replayedOld'
  | 'nothing';

const minute = 60_000;
const most = 30;
const latest = 5_000;

interface Call {
  readonly at: number;
  readonly isVain: boolean;
}

/** Something at the bank that the bridge has not seen. */
interface News {
  readonly at: number;
  readonly isOld: boolean;
  /** When lists show it, and whether only those that overlap: it lies behind the newest known row. */
  readonly shownAt: number;
  readonly isBehind: boolean;
}

/** How long rows that are shown late are hidden. */
const lags = [500, 5_000, 30_000, 4 * minute];

/** A bank whose lists show everything since their beginning, and what the bridge holds of it. */
function room() {
  const clock = createFakeClock(noon);
  const calls: Call[] = [];
  /** Transactions that changed at the bank and the bridge has not seen so. */
  const news = new Map<string, News>();
  const held = new Map<string, HeldRow>();
  const delays: number[] = [];
  /** How often each new row became known. */
  const seen = new Map<string, number>();
  const see = (id: string) => {
    const { at, isOld, isBehind } = news.get(id) ?? { at: clock.now(), isOld: false, isBehind: false };
    if (!isBehind) delays.push(clock.now() - at);
    news.delete(id);
    if (!held.has(id)) seen.set(id, (seen.get(id) ?? 0) + 1);
    held.set(id, { created: isOld ? noon - 90 * 24 * 60 * minute : at, isInReach: !isOld });
  };
  let unused = 0;
  for (const id of ['tx_known', 'tx_known_2']) held.set(id, { created: noon - minute, isInReach: true });
  for (let old = 0; old < 80; old += 1) held.set(`tx_old_${old}`, { created: 0, isInReach: false });
  const doorbell = new Doorbell({
    clock,
    keys: createDoorbellKeys(new Uint8Array(32)),
    onRing: () => false,
    isProbe: () => false,
    ownMoves: { underWay: () => null, isOwn: () => false },
    accounts: () => ['acc_1'],
    held: (_accountId, id) => held.get(id) ?? null,
    pool: {
      listNew: async (_accountId, { from, since = noon, rung = new Set() }) => {
        const shown = [...news].flatMap(([id, { shownAt, isBehind }]) => {
          const isFar = isBehind && from === 'newest';
          const isSince = (held.get(id)?.created ?? noon) >= Math.min(since, noon);
          return isSince && !isFar && shownAt <= clock.now() ? [id] : [];
        });
        // The balance and the pots are asked for beside it.
        const asked = rung.size > 0 ? 3 : 1;
        for (let call = 0; call < asked; call += 1)
          calls.push({ at: clock.now(), isVain: shown.length === 0 });
        for (const id of shown) see(id);
        return shown.length > 0;
      },
      readTransaction: async (_accountId, id) => {
        const isNews = (news.get(id)?.shownAt ?? Number.POSITIVE_INFINITY) <= clock.now();
        calls.push({ at: clock.now(), isVain: !isNews });
        if (isNews) see(id);
        else if (!held.has(id)) throw new Error('not found');
        return isNews;
      },
    },
  });
  const change = (id: string, isOld = false) => {
    const now = clock.now();
    if (!news.has(id)) news.set(id, { at: now, isOld, shownAt: now, isBehind: false });
    return id;
  };
  const late = () => {
    const [id, lag] = [`tx_late_${next()}`, lags[unused % lags.length] ?? 0];
    news.set(id, { at: clock.now(), isOld: false, shownAt: clock.now() + lag, isBehind: true });
    return id;
  };
  const next = () => String((unused += 1));
  const names: Readonly<Record<Caller, () => string | null>> = {
    real: () => change(`tx_real_${next()}`),
    changed: () => change('tx_known'),
    changedOld: () => change('tx_old_0', true),
    late,
    unrungLate: () => (late(), null),
    unknown: () => `tx_forged_${next()}`,
    same: () => 'tx_forged',
    replayed: () => 'tx_known_2',
    replayedOld: () => `tx_old_${1 + (Number(next()) % 79)}`,
    nothing: () => null,
  };
  return {
    clock,
    calls,
    delays,
    seen,
    news,
    doorbell,
    ring: (by: Caller) => doorbell.ring('acc_1', names[by]()),
  };
}

/** The most calls within any minute. */
function mostInAMinute(calls: readonly Call[]): number {
  return Math.max(
    0,
    ...calls.map(({ at }) => calls.filter((other) => other.at >= at && other.at < at + minute).length),
  );
}

interface Round {
  readonly by: Caller;
  readonly times: number;
  /** Milliseconds until the next round. */
  readonly pause: number;
}

const roundsOf = (...callers: readonly Caller[]) =>
  fc.array(
    fc.record<Round>({
      by: fc.constantFrom(...callers),
      times: fc.constantFrom(1, 1, 3, 60),
      pause: fc.constantFrom(0, 40, 300, 900, 1_500, 4_100, 11_000),
    }),
    { minLength: 1, maxLength: 60 },
  );

async function play(rounds: readonly Round[]) {
  const played = room();
  for (const { by, times, pause } of rounds) {
    for (let time = 0; time < times; time += 1) played.ring(by);
    await played.clock.advance(pause);
    assert.ok(played.doorbell.activity().awaited <= 2 * limits.mostAwaited, 'the memory is bounded');
  }
  await played.clock.advance(3 * minute);
  return played;
}

test('whoever rings however often: thirty calls a minute at most show nothing new, and no real ring waits five seconds', async () => {
  const rounds = roundsOf(
    'real',
    'changed',
    'unknown',
    'unknown',
    'same',
    'replayed',
    'replayedOld',
    'nothing',
  );
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const { calls, delays, news } = await play(all);
      const vain = mostInAMinute(calls.filter(({ isVain }) => isVain));
      assert.ok(vain <= most, `${vain} calls in a minute`);
      assert.equal(news.size, 0, 'everything real was found');
      assert.ok(Math.max(0, ...delays) < latest, `${Math.max(0, ...delays)} ms late`);
    }),
    { numRuns: 40 },
  );
});

test('every row that is shown late, behind the newest, becomes known once: by its ring, or by the schedule', async () => {
  const rounds = roundsOf('late', 'late', 'unrungLate', 'real', 'unknown', 'replayed', 'nothing');
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const { clock, doorbell, news, seen, calls } = await play(all);
      const vain = mostInAMinute(calls.filter(({ isVain }) => isVain));
      assert.ok(vain <= most, `${vain} calls in a minute`);
      await clock.advance(2 * minute);
      doorbell.listEveryAccount();
      await clock.advance(1);
      assert.equal(news.size, 0);
      assert.ok([...seen.values()].every((times) => times === 1));
    }),
    { numRuns: 30 },
  );
});

test('a row behind the newest that a ring named is known as soon as a repeated list shows it', async () => {
  const { clock, seen, ring } = room();
  ring('late');
  await clock.advance(11_900);
  assert.equal(seen.size, 0);
  await clock.advance(200);
  assert.equal(seen.size, 1);
});

test('nor does a change of a row too old for a list, unless old ids of the household are replayed too', async () => {
  const rounds = roundsOf('changedOld', 'real', 'unknown', 'same', 'replayed', 'nothing');
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const { delays, news } = await play(all);
      assert.equal(news.size, 0);
      assert.ok(Math.max(0, ...delays) < latest, `${Math.max(0, ...delays)} ms late`);
    }),
    { numRuns: 30 },
  );
});

test('a flood of twenty-five rings a second reaches the limit and stays below it', async () => {
  const flood = Array.from({ length: 5 * 60 * 5 }, (): Round => ({ by: 'unknown', times: 5, pause: 200 }));
  const { calls } = await play(flood);
  const reached = mostInAMinute(calls);
  assert.ok(reached > 15 && reached <= most, String(reached));
});

const forged: readonly Caller[] = ['unknown', 'replayed', 'replayedOld', 'nothing'];
for (const by of forged)
  test(`a lone forged ring (${by}) costs at most seven calls`, async () => {
    const { calls } = await play([{ by, times: 1, pause: 0 }]);
    assert.ok(calls.length >= 1 && calls.length <= 7, String(calls.length));
  });
