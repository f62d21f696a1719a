import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CacheByAddress, Caches } from './caches.ts';
import { createShellKeeper } from './shell.ts';

const scope = 'https://bridge.test/below/';
const navigation = (path = '') => asked(`${scope}${path}`, 'navigate');

/** A browser makes requests with this mode, programs cannot. */
function asked(url: string, mode: Request['mode'] = 'no-cors', method = 'GET'): Request {
  return Object.defineProperty(new Request(url, { method }), 'mode', { value: mode });
}

function aBrowser() {
  const kept = new Map<string, Map<string, Response>>();
  const boxOf = (name: string): CacheByAddress => {
    const box = kept.get(name) ?? new Map<string, Response>();
    kept.set(name, box);
    return {
      match: async (address) => box.get(address)?.clone(),
      put: async (address, answer) => void box.set(address, answer),
      keys: async () => [...box.keys()].map((address) => new Request(address)),
      delete: async ({ url }) => box.delete(url),
    };
  };
  const caches: Caches = {
    open: async (name) => boxOf(name),
    has: async (name) => kept.has(name),
    keys: async () => [...kept.keys()],
    delete: async (name) => kept.delete(name),
  };
  return { caches, names: () => [...kept.keys()] };
}

interface Build {
  readonly version: string;
  readonly page?: string;
  readonly missing?: boolean;
}

/** The worker of one build, at a bridge that has this build. */
function aWorker(caches: Caches, { version, page = version, missing = false }: Build) {
  let silence: 'none' | 'away' | 'gateway' | 'hanging' = 'none';
  const waits: (() => void)[] = [];
  const keeper = createShellKeeper({
    shell: {
      version,
      entry: `assets/index-${version}.js`,
      files: [`assets/index-${version}.js`, `assets/part-${version}.js`],
    },
    scope,
    caches,
    fetch: async ({ url }) => {
      if (silence === 'away') throw new TypeError('fetch failed');
      if (silence === 'gateway') return new Response('Bad gateway', { status: 502 });
      if (silence === 'hanging') return new Promise(() => {});
      if (url === scope) return new Response(`<script src="./assets/index-${page}.js">`);
      if (missing || !url.endsWith(`-${version}.js`)) return new Response('Not found', { status: 404 });
      return new Response(`${url} from the bridge`);
    },
    wait: () => new Promise((resolve) => waits.push(resolve)),
  });
  return {
    keeper,
    fall: (into: typeof silence) => {
      silence = into;
    },
    tooLate: () => waits.forEach((resolve) => resolve()),
    textOf: async (request: Request) => (await keeper.answer(request))?.text(),
  };
}

describe('the service worker', () => {
  it('asks the bridge for the page first, and opens what it keeps while there is no answer', async () => {
    const { caches } = aBrowser();
    const { keeper, fall, textOf, tooLate } = aWorker(caches, { version: 'a' });
    await keeper.install();
    for (const silence of ['none', 'away', 'gateway'] as const) {
      fall(silence);
      assert.equal(await textOf(navigation()), '<script src="./assets/index-a.js">', silence);
    }
    fall('hanging');
    const answer = textOf(navigation('?from=home'));
    await new Promise(setImmediate);
    tooLate();
    assert.equal(await answer, '<script src="./assets/index-a.js">');
  });

  it('never answers for the bridge', async () => {
    const { caches } = aBrowser();
    const { keeper } = aWorker(caches, { version: 'a' });
    await keeper.install();
    for (const path of [
      'api/accounts',
      'api/live',
      'api/session',
      'kept/knowledge',
      'app.webmanifest',
      'service-worker.js',
    ])
      assert.equal(keeper.answer(asked(`${scope}${path}`)), null, path);
    assert.equal(keeper.answer(navigation('api/audit/export?format=csv')), null);
    assert.equal(keeper.answer(asked(`${scope}assets/index-a.js`, 'no-cors', 'POST')), null);
    assert.equal(keeper.answer(asked('https://bridge.test/elsewhere/assets/index-a.js')), null);
  });

  it('keeps a build whole or not at all', async () => {
    const { caches, names } = aBrowser();
    await assert.rejects(aWorker(caches, { version: 'a', missing: true }).keeper.install());
    // The bridge was updated between the worker's file and the page's.
    await assert.rejects(aWorker(caches, { version: 'a', page: 'b' }).keeper.install(), /another build/);
    assert.deepEqual(names(), []);
  });

  it('serves the parts of the build before to a page that is still open, and forgets older ones', async () => {
    const { caches, names } = aBrowser();
    for (const version of ['a', 'b', 'c']) {
      const { keeper } = aWorker(caches, { version });
      await keeper.install();
      await keeper.tidy();
    }
    const { textOf } = aWorker(caches, { version: 'c' });
    assert.match((await textOf(asked(`${scope}assets/part-b.js`))) ?? '', /part-b.js from the bridge/);
    assert.equal(await textOf(asked(`${scope}assets/part-a.js`)), 'Not found');
    assert.equal(names().length, 2);
  });

  it('opens the newest whole build, also where the browser has not put its worker in charge', async () => {
    const { caches } = aBrowser();
    const old = aWorker(caches, { version: 'a' });
    await old.keeper.install();
    await aWorker(caches, { version: 'b' }).keeper.install();
    await assert.rejects(aWorker(caches, { version: 'c', missing: true }).keeper.install());
    old.fall('away');
    assert.equal(await old.textOf(navigation()), '<script src="./assets/index-b.js">');
    assert.match((await old.textOf(asked(`${scope}assets/index-b.js`))) ?? '', /index-b.js from the bridge/);
  });

  it('leaves the caches of another bridge below the same address alone', async () => {
    const { caches, names } = aBrowser();
    await caches.open('monzo-bridge page /other/ a');
    await caches.open('monzo-bridge kept /below/');
    for (const version of ['a', 'b', 'c']) {
      const { keeper } = aWorker(caches, { version });
      await keeper.install();
      await keeper.tidy();
    }
    assert.ok(
      names().includes('monzo-bridge page /other/ a') && names().includes('monzo-bridge kept /below/'),
    );
  });
});
