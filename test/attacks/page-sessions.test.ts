import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pageSessionsSchema, type PageSessionItem } from '../../src/contract/login-data.ts';
import { temporaryDirectory } from '../support/process.ts';
import { createWorld, type World } from '../support/world.ts';
import { rawRequest, type RawRequest } from '../app/http-request.ts';

const day = 24 * 3_600_000;
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

/** A browser that has opened a one-time link. */
interface Browser {
  readonly cookie: string;
  readonly ask: (path: string, asked?: RawRequest) => ReturnType<typeof rawRequest>;
  readonly isSignedIn: () => Promise<boolean>;
  readonly sessions: () => Promise<readonly PageSessionItem[]>;
}

async function browserWith(world: World, agent: string): Promise<Browser> {
  const code = world.app().signInLink().split('#code=')[1];
  const headers = { 'content-type': 'application/json', 'user-agent': agent };
  const asked = { method: 'POST', headers, body: JSON.stringify({ code }) };
  const answer = await rawRequest(`${world.app().uiUrl}/api/session`, asked);
  const cookie = String(answer.headers['set-cookie']).split(';', 1).join('');
  const ask: Browser['ask'] = (path, { method = 'GET' } = {}) => {
    const { uiUrl } = world.app();
    const sent = { cookie, origin: uiUrl };
    return rawRequest(`${uiUrl}${path}`, { method, headers: sent });
  };
  return {
    cookie,
    ask,
    isSignedIn: async () =>
      (JSON.parse((await ask('/api/session')).body) as { signed_in: boolean }).signed_in,
    sessions: async () => pageSessionsSchema.parse(JSON.parse((await ask('/api/sessions')).body)).items,
  };
}

describe('the sessions of the page', () => {
  it('go on after a restart, and are listed by browser and last use', async () => {
    await using world = await createWorld();
    const first = await browserWith(world, firefox);
    await world.clock.advance(3_600_000);
    const second = await browserWith(world, safari);
    await world.restart();
    assert.equal(await first.isSignedIn(), true);
    await world.clock.advance(60_000);
    const listed = await second.sessions();
    const shown = listed.map(({ browser, current, created, last_used: used }) => [
      browser,
      current,
      created,
      used,
    ]);
    assert.deepEqual(shown, [
      ['Safari on an iPhone', true, '2026-11-02T10:00:00.000Z', '2026-11-02T10:01:00.000Z'],
      ['Firefox on Windows', false, '2026-11-02T09:00:00.000Z', '2026-11-02T10:00:00.000Z'],
    ]);
  });

  it('are stored as digests only', async () => {
    await using world = await createWorld();
    const { cookie } = await browserWith(world, firefox);
    const key = cookie.split('=')[1] ?? '';
    assert.equal(key.length, 43);
    const files = readdirSync(world.directory, { withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { name } of files)
      assert.ok(!readFileSync(join(world.directory, name)).includes(key), `the key is in ${name}`);
    const listed = await (await world.api('/api/sessions')).text();
    assert.match(listed, /Firefox on Windows/);
    assert.ok(!listed.includes(key));
  });

  it('can be ended one by one and all but one, for good', async () => {
    await using world = await createWorld();
    const [phone, laptop, tablet] = [
      await browserWith(world, safari),
      await browserWith(world, firefox),
      await browserWith(world, 'Tablet'),
    ];
    const lost = (await laptop.sessions()).find(({ browser }) => browser === 'Safari on an iPhone');
    assert.equal((await laptop.ask(`/api/sessions/${lost?.id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await phone.ask('/api/accounts')).status, 401);
    assert.deepEqual([await laptop.isSignedIn(), await tablet.isSignedIn()], [true, true]);
    const again = await laptop.ask(`/api/sessions/${lost?.id}`, { method: 'DELETE' });
    assert.deepEqual([again.status, JSON.parse(again.body).code], [404, 'unknown_session']);
    assert.equal((await laptop.ask('/api/sessions', { method: 'DELETE' })).status, 204);
    await world.restart();
    assert.deepEqual(
      [await phone.isSignedIn(), await laptop.isSignedIn(), await tablet.isSignedIn()],
      [false, true, false],
    );
    assert.equal((await laptop.ask('/api/session', { method: 'DELETE' })).status, 204);
    await world.restart();
    assert.equal(await laptop.isSignedIn(), false);
  });

  it('cannot be ended by another site or by someone who is not signed in', async () => {
    await using world = await createWorld();
    const { cookie, sessions, isSignedIn } = await browserWith(world, firefox);
    const [own] = await sessions();
    const url = `${world.app().uiUrl}/api/sessions/${own?.id}`;
    const foreign = { cookie, origin: 'https://evil.example' };
    assert.equal((await rawRequest(url, { method: 'DELETE', headers: foreign })).status, 403);
    assert.equal((await rawRequest(url, { method: 'DELETE' })).status, 401);
    assert.equal(await isSignedIn(), true);
  });

  it('end after ninety days without use, counted across restarts', async () => {
    await using world = await createWorld();
    const used = await browserWith(world, firefox);
    const left = await browserWith(world, safari);
    for (let days = 0; days < 90; days += 45) {
      await world.stop();
      world.clock.jump(45 * day);
      await world.restart();
      assert.equal(await used.isSignedIn(), true);
    }
    assert.equal(await left.isSignedIn(), false);
    assert.deepEqual(
      (await used.sessions()).map(({ browser }) => browser),
      ['Firefox on Windows'],
    );
  });

  for (const [what, there] of [
    ['ahead', 800 * day],
    ['behind', -20_000 * day],
  ] as const)
    for (const isRunning of [true, false])
      it(`go on through a clock that is ${what} and is put right, ${isRunning ? 'while the bridge runs' : 'over restarts'}`, async () => {
        await using world = await createWorld();
        const used = await browserWith(world, firefox);
        const left = await browserWith(world, safari);
        const set = async (ms: number) => {
          if (!isRunning) await world.stop();
          world.clock.jump(ms);
          if (!isRunning) await world.restart();
        };
        await set(there);
        // What a clock that is ahead shows as too old is refused for as long as it is ahead, and not forgotten.
        await used.isSignedIn();
        await set(-there);
        assert.deepEqual([await used.isSignedIn(), await left.isSignedIn()], [true, true]);
        const now = new Date(world.clock.now()).toISOString();
        for (const { last_used } of await used.sessions()) assert.ok(last_used <= now, last_used);
      });

  it('end when the admin token is another one', async (t) => {
    const directory = temporaryDirectory(t);
    const settings = { MONZO_BRIDGE_ADMIN_TOKEN: 'the-first-admin-token-of-this-test' };
    const before = await createWorld({ directory, settings });
    const browser = await browserWith(before, firefox);
    await before.stop();
    const changed = { MONZO_BRIDGE_ADMIN_TOKEN: 'the-second-admin-token-of-this-test' };
    await using world = await createWorld({ directory, settings: changed });
    const headers = { cookie: browser.cookie };
    const { body } = await rawRequest(`${world.app().uiUrl}/api/session`, { headers });
    assert.deepEqual(JSON.parse(body), { signed_in: false, how: null });
  });

  it('work on a full disk, which keeps no new ones beyond a restart', async () => {
    let isFull = false;
    await using world = await createWorld({ isDiskFull: () => isFull });
    const before = await browserWith(world, firefox);
    isFull = true;
    const after = await browserWith(world, safari);
    await world.clock.advance(3_600_000);
    assert.deepEqual([await before.isSignedIn(), await after.isSignedIn()], [true, true]);
    isFull = false;
    await world.restart();
    assert.deepEqual([await before.isSignedIn(), await after.isSignedIn()], [true, false]);
  });
});
