import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createDoorbellKeys, Doorbell, type HeldRow } from '../../src/ingest/doorbell.ts';
import { doorbell as limits } from '../../src/limits.ts';
import { noon } from '../support/samples.ts';

/** What the callers of one webhook's address do: one of them is Monzo, whose transactions its lists show at once. */
type Caller = 'real' | 'changed' | 'changedOld' | 'unknown' | 'same' | 'replayed' | 'replayedOld' | 'nothing';

const minute = 60_000;
const most = 30;
const latest = 5_000;

interface Call {
  readonly at: number;
  readonly isVain: boolean;
}

/** A bank whose lists show everything since their beginning, and what the bridge holds of it. */
function room() {
  const clock = createFakeClock(noon);
  const calls: Call[] = [];
  /** Transactions that changed at the bank and the bridge has not seen so. */
  const news = new Map<string, { readonly at: number; readonly isOld: boolean }>();
  const held = new Map<string, HeldRow>();
  const delays: number[] = [];
  const see = (id: string) => {
    const { at, isOld } = news.get(id) ?? { at: clock.now(), isOld: false };
    delays.push(clock.now() - at);
    news.delete(id);
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
    accounts: () => ['acc_1'],
    held: (_accountId, id) => held.get(id) ?? null,
    pool: {
      listNew: async (_accountId, { since = noon, rung = new Set() }) => {
        const seen = [...news.keys()].filter(
          (id) => (held.get(id)?.created ?? noon) >= Math.min(since, noon),
        );
        // The balance and the pots are asked for beside it.
        const asked = rung.size > 0 ? 3 : 1;
        for (let call = 0; call < asked; call += 1)
          calls.push({ at: clock.now(), isVain: seen.length === 0 });
        for (const id of seen) see(id);
        return seen.length > 0;
      },
      readTransaction: async (_accountId, id) => {
        const isNews = news.has(id);
        calls.push({ at: clock.now(), isVain: !isNews });
        if (isNews) see(id);
        else if (!held.has(id)) throw new Error('not found');
        return isNews;
      },
    },
  });
  const change = (id: string, isOld = false) => {
    if (!news.has(id)) news.set(id, { at: clock.now(), isOld });
    return id;
  };
  const next = () => String((unused += 1));
  const names: Readonly<Record<Caller, () => string | null>> = {
    real: () => change(`tx_real_${next()}`),
    changed: () => change('tx_known'),
    changedOld: () => change('tx_old_0', true),
    unknown: () => `tx_forged_${next()}`,
    same: () => 'tx_forged',
    replayed: () => 'tx_known_2',
    replayedOld: () => `tx_old_${1 + (Number(next()) % 79)}`,
    nothing: () => null,
  };
  return { clock, calls, delays, news, doorbell, ring: (by: Caller) => doorbell.ring('acc_1', names[by]()) };
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
