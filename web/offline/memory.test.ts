import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api } from '../api/api.ts';
import { createApi } from '../api/api.ts';
import { createCall } from '../api/client.ts';
import type { Knowledge } from '../store.ts';
import type { Kept, KeptText } from './kept.ts';
import { createMemory } from './memory.ts';
import { createSignOuts } from './sign-out.ts';

const base = 'https://bridge.test/below/';
const known: Knowledge = {
  session: 'signed_in',
  refusal: null,
  proof: 'session',
  setup: { redirects: [], developer_url: 'https://developers.monzo.com/', time_zone: 'Europe/London' },
  logins: [],
  accounts: [],
  pots: [],
  former: [],
  health: { state: 'ok', version: '0.0.0', parts: [] },
  paused: false,
  lastEvent: 7,
  isLive: true,
  heard: 1_000,
  trouble: null,
};
const unknown: Knowledge = {
  ...known,
  session: 'unknown',
  proof: null,
  setup: null,
  logins: null,
  heard: null,
};

/** All that was begun has happened. */
const settled = () => new Promise(setImmediate);

function aTab({ install = async () => true, isSilent = false } = {}) {
  const texts = new Map<string, KeptText>();
  const done: string[] = [];
  const clock = { now: 1_000 };
  const kept: Kept = {
    begin: () => {},
    keep: (name, text) => {
      done.push('keep');
      texts.set(name, { text, at: clock.now });
    },
    recall: async (name) => texts.get(name) ?? null,
    wipe: async () => {
      done.push('wipe');
      texts.clear();
    },
  };
  const owed = new Map<string, string>();
  const signOuts = createSignOuts({
    base,
    memory: () => ({
      getItem: (key) => owed.get(key) ?? null,
      setItem: (key, value) => void owed.set(key, value),
      removeItem: (key) => void owed.delete(key),
    }),
    watch: () => {},
    onSignedOut: () => {},
  });
  const state = { isSilent };
  const api: Api = createApi(
    createCall(async (_, { method = '' }) => {
      if (state.isSilent) throw new TypeError('fetch failed');
      done.push(method);
      return new Response(null, { status: 204 });
    }, base),
  );
  return {
    memory: createMemory({ kept, signOuts, install, now: () => clock.now }),
    api,
    clock,
    done,
    state,
    texts,
  };
}

describe('what a tab remembers', () => {
  it('is what the bridge said last, with its time, while the bridge is silent', async () => {
    const { memory } = aTab();
    memory.learnt(known);
    await settled();
    const found = await memory.inSilence(unknown);
    assert.deepEqual([found?.session, found?.heard, found?.lastEvent], ['signed_in', 1_000, 7]);
    assert.equal(await memory.inSilence(known), null);
  });

  it('is kept again where it changed, and now and then where it did not', async () => {
    const { memory, clock, done } = aTab();
    for (const [knowledge, later] of [
      [known, 0],
      [known, 15_000],
      [{ ...known, lastEvent: 8 }, 0],
      [{ ...known, lastEvent: 8 }, 60_000],
    ] as const) {
      clock.now += later;
      memory.learnt(knowledge);
      await settled();
    }
    assert.equal(done.length, 3);
  });

  it('is nothing inside Home Assistant, with trouble, or where the page could not be opened', async () => {
    const nowhere = aTab({ install: async () => false });
    nowhere.memory.learnt(known);
    const { memory, done } = aTab();
    memory.learnt({ ...known, proof: 'ingress' });
    memory.learnt({ ...known, trouble: 'The bridge does not answer.' });
    await settled();
    assert.deepEqual([...done, ...nowhere.done], []);
  });

  it('is nothing where somebody signed out before it could be kept', async () => {
    const installing = Promise.withResolvers<boolean>();
    const { memory, done } = aTab({ install: () => installing.promise });
    memory.learnt(known);
    memory.learnt({ ...known, session: 'signed_out' });
    installing.resolve(true);
    await settled();
    assert.deepEqual(done, ['wipe']);
  });

  it('of another version’s shape is not shown', async () => {
    const { memory, texts } = aTab();
    texts.set('knowledge', { text: '{"setup":{},"snapshot":{"accounts":{}}}', at: 1_000 });
    assert.equal(await memory.inSilence(unknown), null);
  });

  it('ends where the session may have ended, in an open page too', async () => {
    const { memory, clock } = aTab();
    clock.now += 30 * 86_400_000;
    assert.equal((await memory.inSilence(known))?.session, 'signed_out');
    assert.equal(await memory.inSilence({ ...known, proof: 'ingress' }), null);
  });

  it('is wiped by a sign-out, of which a silent bridge is told as soon as it answers', async () => {
    const { memory, api, done, state } = aTab({ isSilent: true });
    await memory.signOut(api);
    assert.deepEqual(done, ['wipe']);
    assert.match((await memory.inSilence(known))?.trouble ?? '', /^You are signed out in this browser/);
    state.isSilent = false;
    await memory.tell(api);
    await memory.tell(api);
    assert.deepEqual(done, ['wipe', 'DELETE']);
  });

  it('owes no sign-out once somebody signs in, unless that fails', async () => {
    const { memory, api, done } = aTab({ isSilent: true });
    await memory.signOut(api);
    await assert.rejects(memory.signIn(() => Promise.reject(new Error('wrong token'))));
    assert.equal((await memory.inSilence(known))?.session, 'signed_out');
    await memory.signIn(async () => {});
    await memory.tell(api);
    assert.deepEqual(done, ['wipe']);
  });
});
