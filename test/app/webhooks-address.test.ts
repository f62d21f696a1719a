import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outside } from '../../src/ingest/address-test.ts';
import { alex } from '../../sim/household.ts';
import { startFakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal } from './cli-run.ts';

const minute = 60_000;
const publicUrl = 'https://bank.home.example';

interface Tested {
  readonly outcome: string;
  readonly via: string | null;
  readonly host: string | null;
  readonly status: number | null;
  readonly content_type: string | null;
  readonly sentence: string;
}

type Way = (reachBridge: typeof fetch) => Outside;

const open = async () => ['203.0.113.7'];
const answering =
  (status: number, headers: Record<string, string> = {}): Way =>
  () => ({ fetch: async () => new Response(null, { status, headers }), lookup: open });
const failing =
  (code: string): Way =>
  () => ({
    fetch: async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
    },
    lookup: open,
  });

/** A bridge with an account, and something between its public address and its public listener. */
async function behind(outside?: Way): Promise<World> {
  const world = await createWorld({
    settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl },
    ...(outside && { outside }),
  });
  await world.connect('alex');
  return world;
}

/** Waits for it while the clock goes on. */
async function passing<T>(world: World, promise: Promise<T>): Promise<T> {
  const progress = { isOver: false };
  const waiting = promise.finally(() => {
    progress.isOver = true;
  });
  while (!progress.isOver) {
    await quiet(2);
    await world.clock.advance(500);
  }
  return waiting;
}

const ask = (world: World) => passing(world, world.api('/api/webhooks/test', { method: 'POST' }));
const bodyOf = (input: Parameters<typeof fetch>[0], init?: RequestInit) => new Request(input, init).text();
const tested = async (world: World) => (await (await ask(world)).json()) as Tested;

const ways: readonly (readonly [string, Way | undefined, string, RegExp])[] = [
  ['the bridge itself', undefined, 'reached', /bank\.home\.example reached the bridge.*as far as/],
  [
    'the bridge, under a name that leads to a private address here',
    (fetch) => ({ fetch, lookup: async () => ['2001:db8::1', '192.168.1.5'] }),
    'reached_inside',
    /from inside your network only/,
  ],
  [
    'the bridge, under a private address of the newer kind',
    (fetch) => ({ fetch, lookup: async () => ['fd00::1'] }),
    'reached_inside',
    /private address/,
  ],
  [
    'the bridge, under a name that cannot be looked up here',
    (fetch) => ({ fetch, lookup: () => Promise.reject(new Error('ENOTFOUND')) }),
    'reached',
    /as far as/,
  ],
  [
    'a proxy that loses the bridge’s answer',
    (fetch) => ({
      fetch: async (input, init) => {
        await fetch(input, init);
        return new Response(null, { status: 502 });
      },
      lookup: open,
    }),
    'answer_lost',
    /the caller got status 502/,
  ],
  [
    'a challenge page',
    answering(403, { 'content-type': 'text/html; charset=UTF-8' }),
    'other_answer',
    /status 403, text\/html.*challenge/,
  ],
  [
    'a page whose type a stranger made up',
    answering(200, { 'content-type': 'text/html<script>alert(1)</script>' }),
    'other_answer',
    /status 200, text\/html\. /,
  ],
  [
    'a sign-in elsewhere',
    answering(302, { location: 'https://login.example/' }),
    'other_answer',
    /sends callers elsewhere/,
  ],
  ['a tunnel without its other end', answering(530), 'other_answer', /status 530\. .*tunnel/],
  ['nothing', failing('ECONNREFUSED'), 'no_answer', /nothing listens there/],
  ['a line that breaks', failing('ECONNRESET'), 'no_answer', /the connection failed/],
  ['no such name', failing('ENOTFOUND'), 'no_answer', /its name is not known/],
  ['a certificate that has expired', failing('CERT_HAS_EXPIRED'), 'no_answer', /certificate is not valid/],
  [
    'silence',
    () => ({ fetch: () => Promise.withResolvers<never>().promise, lookup: open }),
    'no_answer',
    /no answer came in time/,
  ],
];

for (const [what, way, outcome, sentence] of ways)
  test(`the test of the address meets ${what}`, async () => {
    await using world = await behind(way);
    const before = world.bank.calls.length;
    const text = await (await ask(world)).text();
    const found = JSON.parse(text) as Tested;
    assert.equal(found.outcome, outcome);
    assert.match(found.sentence, sentence);
    assert.deepEqual([found.via, found.host], ['public_url', 'bank.home.example']);
    await world.clock.advance(3_000);
    assert.equal(world.bank.calls.length, before, 'a test is no ring');
    assert.doesNotMatch(text + world.logLines.join(''), /[0-9a-f]{64}|script|login\.example/);
    assert.ok(world.logLines.some((line) => line.includes('address of the webhooks was tested')));
  });

test('only the test’s own call is no ring, and only once', async () => {
  const calls: (readonly [string, string])[] = [];
  await using world = await behind((fetch) => ({
    fetch: async (input, init) => {
      calls.push([new Request(input, init).url, await bodyOf(input, init)]);
      return fetch(input, init);
    },
    lookup: open,
  }));
  assert.equal((await tested(world)).outcome, 'reached');
  const rings = async () => {
    const activity = (await (await world.api('/api/activity')).json()) as { doorbells: { rings: number } };
    return activity.doorbells.rings;
  };
  assert.equal(await rings(), 0);
  const [url, body] = calls[0] ?? assert.fail('nothing was called');
  await world.fetchFromOutside(url, { method: 'POST', body });
  assert.equal(await rings(), 1);
});

test('a test does not end a silence: the way from Monzo is not known by it', async () => {
  await using world = await behind();
  await world.clock.advance(3 * minute);
  for (const _ of [1, 2, 3]) world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await world.clock.advance(32 * minute);
  const state = () =>
    world
      .app()
      .health()
      .find(({ part }) => part === 'webhooks')?.state;
  assert.equal(state(), 'degraded');
  assert.equal((await tested(world)).outcome, 'reached');
  assert.equal(state(), 'degraded');
});

test('whoever asks at the same time shares a test; another one has to wait some seconds', async () => {
  let calls = 0;
  await using world = await behind((fetch) => ({
    fetch: (input, init) => {
      calls += 1;
      return fetch(input, init);
    },
    lookup: open,
  }));
  const both = await Promise.all([ask(world), ask(world)]);
  assert.deepEqual([both.map(({ status }) => status), calls], [[200, 200], 1]);
  const third = await world.api('/api/webhooks/test', { method: 'POST' });
  assert.equal(third.status, 429);
  assert.equal(((await third.json()) as { code: string }).code, 'tested_just_now');
  await world.clock.advance(6_000);
  assert.equal((await ask(world)).status, 200);
});

test('without an address or an account there is nothing to call', async () => {
  await using world = await createWorld();
  assert.equal((await tested(world)).outcome, 'no_account');
  await world.connect('alex');
  assert.equal((await tested(world)).outcome, 'no_address');
});

test('through Home Assistant: a call that it passes on, one that it drops, and none while it is away', async () => {
  await using homeAssistant = await startFakeHomeAssistant();
  homeAssistant.world.cloud = { logged_in: true, cloud: 'connected', cloudhooks: {} };
  const cloud = { passesOn: true };
  await using world = await createWorld({
    homeAssistant,
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: homeAssistant.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: homeAssistant.world.token,
    },
    outside: () => ({
      fetch: async (input, init) => {
        const [id = ''] = Object.keys(homeAssistant.world.cloud?.cloudhooks ?? {});
        const json: unknown = JSON.parse(await bodyOf(input, init));
        if (cloud.passesOn) homeAssistant.callWebhook(id, { trigger: { json } });
        return new Response(null, { status: 200 });
      },
      lookup: open,
    }),
  });
  await world.connect('alex');
  const isListed = () => Object.keys(homeAssistant.world.cloud?.cloudhooks ?? {}).length > 0;
  await world.until('the cloudhook is there', isListed);
  await world.clock.advance(minute);
  const passed = await tested(world);
  assert.deepEqual(
    [passed.outcome, passed.via, passed.host],
    ['reached', 'home_assistant', 'hooks.nabu.casa'],
  );
  cloud.passesOn = false;
  await world.clock.advance(10_000);
  const dropped = await tested(world);
  assert.equal(dropped.outcome, 'other_answer');
  assert.match(dropped.sentence, /cloudhook that has expired.*cloud account/);
  await homeAssistant.stop();
  await world.clock.advance(10_000);
  assert.equal((await tested(world)).outcome, 'home_assistant_away');
});

test('the command line says the same, and fails where the address leads elsewhere', async () => {
  const here = { way: undefined as Way | undefined };
  await using world = await behind((fetch) => ({
    fetch: (input, init) => (here.way?.(fetch).fetch ?? fetch)(input, init),
    lookup: open,
  }));
  const run = async (...argv: readonly string[]) => {
    await world.clock.advance(6_000);
    const { uiUrl, adminToken } = world.app();
    const env = { MONZO_BRIDGE_ADMIN_TOKEN: adminToken, MONZO_BRIDGE_DATA_DIR: world.directory };
    return passing(world, runOnTerminal(['--url', uiUrl, ...argv], { env }));
  };
  const reached = await run('webhook', 'test');
  assert.deepEqual([reached.code, reached.out.includes('reached the bridge')], [0, true]);
  here.way = answering(403, { 'content-type': 'text/html' });
  const elsewhere = await run('webhook', 'test');
  assert.deepEqual([elsewhere.code, elsewhere.err.includes('status 403, text/html')], [1, true]);
  const doctor = await run('doctor');
  assert.equal(doctor.code, 1);
  assert.match(doctor.out, /^degraded +public address: .*status 403/m);
});
