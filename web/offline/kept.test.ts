import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Caches } from './caches.ts';
import { createKept } from './kept.ts';
import { createKeptFetch } from './kept-fetch.ts';

const base = 'https://bridge.test/below/';
const day = 86_400_000;

function aBrowser() {
  const rooms = new Map<string, Map<string, Response>>();
  const caches: Caches = {
    has: async (name) => rooms.has(name),
    keys: async () => [...rooms.keys()],
    delete: async (name) => rooms.delete(name),
    open: async (name) => {
      const room = rooms.get(name) ?? new Map<string, Response>();
      rooms.set(name, room);
      return {
        match: async (address) => room.get(address)?.clone(),
        put: async (address, answer) => {
          room.delete(address);
          room.set(address, answer);
        },
        keys: async () => [...room.keys()].map((address) => new Request(address)),
        delete: async ({ url }) => room.delete(url),
      };
    },
  };
  const clock = { now: 1_000_000 };
  const kept = createKept({ caches, base, now: () => clock.now });
  return {
    kept,
    clock,
    caches,
    rooms,
    sizeOf: () => [...rooms.values()].reduce((sum, room) => sum + room.size, 0),
  };
}

describe('what a browser keeps of the money', () => {
  it('is nothing before the page may keep something, and nothing after a wipe', async () => {
    const { kept, rooms } = aBrowser();
    kept.keep('knowledge', 'early');
    assert.equal(await kept.recall('knowledge'), null);
    kept.begin();
    kept.keep('knowledge', 'known');
    assert.deepEqual(await kept.recall('knowledge'), { text: 'known', at: 1_000_000 });
    kept.keep('knowledge', 'on its way');
    await kept.wipe();
    kept.keep('knowledge', 'late');
    assert.equal(await kept.recall('knowledge'), null);
    assert.equal(rooms.size, 0);
  });

  it('is gone before the session could have ended', async () => {
    const { kept, clock, rooms } = aBrowser();
    kept.begin();
    kept.keep('knowledge', 'known');
    clock.now += 30 * day - 1;
    assert.equal((await kept.recall('knowledge'))?.text, 'known');
    clock.now += 1;
    assert.equal(await kept.recall('knowledge'), null);
    assert.equal(rooms.size, 0);
  });

  it('is bounded: the oldest goes first, and what is too large is left out', async () => {
    const { kept, sizeOf } = aBrowser();
    kept.begin();
    kept.keep('knowledge', 'known');
    for (let search = 0; search < 70; search += 1) {
      kept.keep(`api/transactions?q=${search}`, String(search));
      if (search === 40) kept.keep('knowledge', 'known again');
    }
    kept.keep('huge', 'x'.repeat(400_001));
    assert.equal((await kept.recall('api/transactions?q=69'))?.text, '69');
    assert.equal((await kept.recall('knowledge'))?.text, 'known again');
    assert.equal(await kept.recall('api/transactions?q=1'), null);
    assert.equal(await kept.recall('huge'), null);
    assert.equal(sizeOf(), 60);
  });

  it('is nothing where the browser refuses, and nothing fails', async () => {
    const refuse = () => Promise.reject(new DOMException('refused', 'SecurityError'));
    const caches: Caches = { has: refuse, keys: refuse, open: refuse, delete: refuse };
    for (const offered of [caches, undefined]) {
      const kept = createKept({ caches: offered, base, now: () => 0 });
      kept.begin();
      kept.keep('knowledge', 'known');
      assert.equal(await kept.recall('knowledge'), null);
      await kept.wipe();
    }
  });
});

describe('what the pages fetch', () => {
  const fetching = (given: () => Response, { isAway = true } = {}) => {
    const browser = aBrowser();
    const recalled: number[] = [];
    const state = { given, isAway };
    const fetch = createKeptFetch({
      fetch: async () => state.given(),
      base,
      kept: browser.kept,
      isAway: async () => state.isAway,
      onRecalled: (at) => recalled.push(at),
    });
    browser.kept.begin();
    const ask = async (method = 'GET') => (await fetch(new URL('api/rails', base), { method })).text();
    return { ...browser, state, recalled, ask };
  };
  const silent = () => {
    throw new TypeError('fetch failed');
  };

  it('is what was kept only while the bridge answers nothing, and its time is told', async () => {
    const { state, recalled, ask, clock } = fetching(() => new Response('fresh'));
    assert.equal(await ask(), 'fresh');
    clock.now += day;
    state.given = silent;
    assert.equal(await ask(), 'fresh');
    state.given = () => new Response('Bad gateway', { status: 502 });
    assert.equal(await ask(), 'fresh');
    assert.deepEqual(recalled, [1_000_000, 1_000_000]);
    state.isAway = false;
    assert.equal(await ask(), 'Bad gateway');
  });

  it('is a refusal where the bridge refuses, whatever was kept', async () => {
    const { state, recalled, ask } = fetching(() => new Response('fresh'));
    await ask();
    for (const status of [401, 403, 404, 500]) {
      state.given = () => new Response('refused', { status });
      assert.equal(await ask(), 'refused');
    }
    assert.deepEqual(recalled, []);
  });

  it('never stands in for something that is to be done', async () => {
    const { state, ask } = fetching(() => new Response('done'));
    await ask('POST');
    state.given = silent;
    await assert.rejects(ask('POST'), TypeError);
    await assert.rejects(ask(), TypeError);
  });
});
