import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createApi } from './api/api.ts';
import { createCall } from './api/client.ts';
import type { Snapshot } from './api/contract.ts';
import type { Listener } from './live.ts';
import { createStore, type Knowledge } from './store.ts';

type Answers = Readonly<Record<string, () => Response>>;

const json = (content: unknown, status = 200) => Response.json(content, { status });
const nobody: Answers = {
  '/below/api/session': () => json({ signed_in: true, how: 'session' }),
  '/below/api/setup': () =>
    json({ redirects: [], developer_url: 'https://developers.monzo.com/', time_zone: 'Europe/London' }),
  '/below/api/logins': () => json({ items: [], next: null }),
  '/below/api/accounts': () => json({ items: [], next: null }),
  '/below/api/pots': () => json({ items: [], next: null }),
  '/below/api/former': () => json({ items: [], next: null }),
  '/below/api/events': () => json({ items: [], next: null, last: 7, sinks: [] }),
  '/below/api/health': () => json({ state: 'ok', version: '0.0.0', parts: [] }),
};
const silence = 45_000;
const mostDelay = 10_000;
const snapshot: Snapshot = {
  at: '2026-11-23T12:00:00Z',
  logins: [],
  accounts: [],
  pots: [],
  former: [],
  health: { state: 'ok', version: '0.0.0', parts: [] },
  paused: false,
  undelivered: 0,
  last_event: 7,
};
const login = {
  id: 'login_1',
  name: 'Alex',
  state: 'awaiting_approval',
  needs: 'Approve.',
  fault: null,
  redirect_uri: 'http://127.0.0.1:8098/oauth/callback',
  created: '2026-11-23T11:00:00Z',
  last_success: null,
  consent: { approved_at: null, expires_about: null, due: false },
  learnt: [],
  history: { state: 'not_started', read: 0, missing: null },
};

function aStore(answers: () => Answers, expecting = false) {
  const waits: number[] = [];
  const waiting = new Map<() => void, number>();
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    asked.push(pathname);
    const answer = answers()[pathname];
    if (!answer) throw new TypeError('fetch failed');
    return answer();
  };
  const seen: Knowledge[] = [];
  const clock = { now: Date.parse(snapshot.at) };
  const lines: Listener[] = [];
  let open = 0;
  const store = createStore({
    api: createApi(createCall(fetch, 'http://bridge.test/below/')),
    listen: (listener) => {
      lines.push(listener);
      open += 1;
      return () => {
        open -= 1;
      };
    },
    onChange: (knowledge) => seen.push(knowledge),
    isExpecting: () => expecting,
    later: (act, ms) => {
      if (ms < silence && ms !== mostDelay) waits.push(ms);
      waiting.set(act, ms);
      return () => void waiting.delete(act);
    },
    now: () => clock.now,
  });
  const line = () => {
    const last = lines.at(-1);
    assert.ok(last);
    return last;
  };
  /** Runs everything that is due within this time. */
  const pass = (ms: number) => {
    for (const [act, due] of waiting)
      if (due === ms) {
        waiting.delete(act);
        act();
      }
  };
  return {
    store,
    clock,
    waits,
    asked,
    seen,
    line,
    pass,
    waiting,
    open: () => open,
    opened: () => lines.length,
  };
}

describe('the page’s picture of the bridge', () => {
  it('is asked for below the path of the page, and rarely where nobody waits', async () => {
    const { store, waits, asked } = aStore(() => nobody);
    await store.refresh();
    assert.equal(store.knowledge().session, 'signed_in');
    assert.deepEqual(store.knowledge().logins, []);
    assert.deepEqual(waits, [15_000]);
    assert.equal(
      asked.every((path) => path.startsWith('/below/api/')),
      true,
    );
  });

  it('is asked for often while somebody waits for an approval', async () => {
    const waiting = { ...nobody, '/below/api/logins': () => json({ items: [login], next: null }) };
    const { store, waits } = aStore(() => waiting);
    await store.refresh();
    assert.deepEqual(waits, [2_000]);
    const sentElsewhere = aStore(() => nobody, true);
    await sentElsewhere.store.refresh();
    assert.deepEqual(sentElsewhere.waits, [2_000]);
  });

  it('keeps what is known while the bridge is away, and says so', async () => {
    let answers = nobody;
    const { store, waits } = aStore(() => answers);
    await store.refresh();
    answers = {};
    await store.refresh();
    assert.match(store.knowledge().trouble ?? '', /does not answer/);
    assert.deepEqual(store.knowledge().logins, []);
    answers = nobody;
    await store.refresh();
    assert.equal(store.knowledge().trouble, null);
    assert.deepEqual(waits, [15_000, 2_000, 15_000]);
  });

  it('forgets everything when the session is over', async () => {
    const problem = { type: 'about:blank', title: '', status: 401, code: 'unauthorised', detail: 'Sign in.' };
    let answers = nobody;
    const { store } = aStore(() => answers);
    await store.refresh();
    answers = { ...nobody, '/below/api/logins': () => json(problem, 401) };
    await store.refresh();
    assert.equal(store.knowledge().session, 'signed_out');
    assert.equal(store.knowledge().logins, null);
  });

  const turnedAway = [
    ['administrators_only', 403, 15_000],
    ['unknown_user', 403, 15_000],
    ['user_not_checked', 503, 2_000],
  ] as const;
  for (const [code, status, again] of turnedAway)
    it(`asks again by and by where Home Assistant’s user is turned away with ${code}`, async () => {
      const problem = { type: 'about:blank', title: '', status, code, detail: 'Because.', user: 'Kim' };
      let answers: Answers = { '/below/api/session': () => json(problem, status) };
      const { store, waits } = aStore(() => answers);
      await store.refresh();
      const { session, refusal, logins } = store.knowledge();
      assert.deepEqual(
        [session, refusal?.code, refusal?.problem?.user, logins],
        ['turned_away', code, 'Kim', null],
      );
      answers = nobody;
      await store.refresh();
      assert.deepEqual([store.knowledge().session, store.knowledge().refusal], ['signed_in', null]);
      answers = { ...nobody, '/below/api/logins': () => json(problem, status) };
      await store.refresh();
      const isKept = code === 'user_not_checked';
      assert.equal(store.knowledge().session, isKept ? 'signed_in' : 'turned_away');
      assert.equal(store.knowledge().trouble, isKept ? 'Because.' : null);
      assert.deepEqual(store.knowledge().logins, isKept ? [] : null);
      assert.deepEqual(waits, [again, 15_000, again]);
    });

  it('does not take in what has another shape', async () => {
    const odd = { ...nobody, '/below/api/logins': () => json({ items: [{ id: 1 }] }) };
    const { store } = aStore(() => odd);
    await store.refresh();
    assert.match(store.knowledge().trouble ?? '', /does not understand/);
  });

  it('asks once more for whoever comes while an answer is under way', async () => {
    const { store, asked } = aStore(() => nobody);
    await Promise.all([store.refresh(), store.refresh(), store.refresh()]);
    assert.equal(asked.filter((path) => path === '/below/api/logins').length, 2);
  });

  it('listens once it is signed in, and no longer asks', async () => {
    const { store, line, waiting } = aStore(() => nobody);
    await store.refresh();
    assert.equal(store.knowledge().isLive, false);
    assert.equal(store.knowledge().lastEvent, 7);
    line().onSnapshot({ ...snapshot, last_event: 8 });
    assert.equal(store.knowledge().isLive, true);
    assert.equal(store.knowledge().lastEvent, 8);
    assert.deepEqual([...waiting.values()], [silence]);
  });

  it('asks again when the line breaks or goes silent, and takes it up anew', async () => {
    const { store, line, pass, open, opened } = aStore(() => nobody);
    await store.refresh();
    line().onSnapshot(snapshot);
    line().onLost();
    assert.equal(store.knowledge().isLive, false);
    pass(2_000);
    await store.refresh();
    assert.equal(opened(), 2);
    line().onSnapshot(snapshot);
    pass(silence);
    assert.equal(store.knowledge().isLive, false);
    assert.equal(open(), 0);
    await store.refresh();
    assert.equal(open(), 1);
  });

  it('does not hurry where there is no line to be had', async () => {
    const { store, line, waits } = aStore(() => nobody);
    await store.refresh();
    line().onLost();
    assert.deepEqual(waits, [15_000]);
  });

  it('goes on asking where a proxy holds back what is pushed, without saying that the bridge is gone', async () => {
    const { store, waits, pass, opened, open, waiting } = aStore(() => nobody);
    await store.refresh();
    for (const lines of [1, 2, 3]) {
      assert.deepEqual([opened(), open()], [lines, 1]);
      pass(mostDelay);
      assert.deepEqual([...waiting.values()], [15_000], 'nothing came: the next question is due as before');
      assert.deepEqual([store.knowledge().isLive, store.knowledge().trouble, open()], [false, null, 0]);
      pass(15_000);
      await store.refresh();
    }
    assert.deepEqual(new Set(waits), new Set([15_000]));
  });

  it('never shows what a proxy has held back in the place of something newer', async () => {
    const { store, clock, line, open } = aStore(() => nobody);
    await store.refresh();
    line().onSnapshot({ ...snapshot, last_event: 8 });
    clock.now += 40_000;
    line().onSnapshot({ ...snapshot, at: '2026-11-23T12:00:05Z', last_event: 1 });
    assert.deepEqual([store.knowledge().lastEvent, store.knowledge().isLive, open()], [8, false, 0]);
  });

  it('trusts a line that was held back only once a beat comes through in time, and asks until then', async () => {
    const { store, clock, line, pass, waiting } = aStore(() => nobody);
    await store.refresh();
    line().onSnapshot(snapshot);
    assert.equal(store.knowledge().isLive, true);
    pass(silence);
    await store.refresh();
    line().onSnapshot({ ...snapshot, last_event: 9 });
    assert.deepEqual([store.knowledge().lastEvent, store.knowledge().isLive], [9, false]);
    assert.equal([...waiting.values()].includes(15_000), true, 'it goes on asking');
    clock.now += 15_000;
    line().onBeat(Date.parse(snapshot.at) + 15_000);
    assert.equal(store.knowledge().isLive, true);
    assert.deepEqual([...waiting.values()], [silence]);
  });

  it('takes the line up again where the bridge was away for one answer', async () => {
    let answers = nobody;
    const { store, line, open } = aStore(() => answers);
    await store.refresh();
    line().onSnapshot(snapshot);
    answers = {};
    await store.refresh();
    assert.deepEqual([store.knowledge().isLive, open()], [false, 0]);
    answers = nobody;
    await store.refresh();
    assert.equal(open(), 1);
  });

  it('closes the line while nobody looks', async () => {
    const { store, line, pass, open } = aStore(() => nobody);
    await store.refresh();
    line().onSnapshot(snapshot);
    store.rest();
    assert.equal(open(), 0);
    pass(15_000);
    assert.equal(open(), 0);
    await store.refresh();
    assert.equal(open(), 1);
  });

  it('never lets an older answer replace what was pushed meanwhile', async () => {
    let answer = (_response: Response) => {};
    const late = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    let answers: Answers = nobody;
    const { store, line } = aStore(() => answers);
    await store.refresh();
    line().onSnapshot(snapshot);
    answers = { ...nobody, '/below/api/logins': () => late as unknown as Response };
    const asking = store.refresh();
    line().onSnapshot({ ...snapshot, last_event: 9 });
    answer(json({ items: [], next: null }));
    await asking;
    assert.equal(store.knowledge().lastEvent, 9);
  });
});
