import assert from 'node:assert/strict';
import { get as request, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { snapshotSchema, type SnapshotItem } from '../../src/contract/bridge-data.ts';
import { problemSchema } from '../../src/contract/elements.ts';
import { alex } from '../../sim/household.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

interface Told {
  readonly event: string;
  readonly data: string;
}

/** A browser's EventSource, as far as we need one. */
class Listener {
  readonly told: Told[] = [];
  #text = '';
  isOver = false;
  readonly response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (part: string) => this.#hear(part));
    response.on('close', () => (this.isOver = true));
  }

  #hear(part: string): void {
    const blocks = (this.#text + part).split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const event = fields.get('event');
      if (event !== undefined) this.told.push({ event, data: fields.get('data') ?? '' });
    }
  }

  snapshots(): readonly SnapshotItem[] {
    return this.told
      .filter(({ event }) => event === 'snapshot')
      .map(({ data }) => snapshotSchema.parse(JSON.parse(data)));
  }

  beats(): number {
    return this.told.filter(({ event }) => event === 'beat').length;
  }
}

function listen(world: World, headers: Readonly<Record<string, string>> = {}): Promise<Listener> {
  const { uiUrl, adminToken } = world.app();
  const sent = 'cookie' in headers ? headers : { authorization: `Bearer ${adminToken}`, ...headers };
  return new Promise((resolve, reject) => {
    request(`${uiUrl}/api/live`, { headers: sent }, (response) => resolve(new Listener(response))).on(
      'error',
      reject,
    );
  });
}

test('sends a snapshot at once, and again only when something has changed', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const listener = await listen(world);
  assert.match(listener.response.headers['content-type'] ?? '', /^text\/event-stream/);
  assert.equal(listener.response.headers['cache-control'], 'no-store, no-transform');
  assert.equal(listener.response.headers['x-accel-buffering'], 'no');
  await until('the first snapshot', () => listener.snapshots().length > 0);
  const same = async (path: string) => ((await (await world.api(path)).json()) as { items: unknown }).items;
  const first = listener.snapshots()[0];
  assert.deepEqual(first?.accounts, await same('/api/accounts'));
  assert.deepEqual(first?.pots, await same('/api/pots'));
  assert.deepEqual(first?.logins[0]?.name, 'Alex');
  await world.clock.advance(180_000);
  const before = listener.snapshots().length;
  await world.clock.advance(60_000);
  await until('four beats', () => listener.beats() >= 16);
  const held = first?.accounts.find(({ id }) => id === alex.current)?.balance_minor ?? 0;
  world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  const isTold = () =>
    listener
      .snapshots()
      .at(-1)
      ?.accounts.find(({ id }) => id === alex.current)?.balance_minor ===
    held - 350;
  await world.until('the purchase is shown', isTold);
  const last = listener.snapshots().at(-1);
  assert.ok((last?.last_event ?? 0) > (first?.last_event ?? 0));
  assert.ok(listener.snapshots().length - before <= 8, 'what did not change is not told again');
});

test('a browser that signs out elsewhere gets no more snapshots, and a stranger gets none', async () => {
  await using world = await createWorld();
  const { uiUrl, adminToken } = world.app();
  const signedIn = await fetch(`${uiUrl}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: uiUrl },
    body: JSON.stringify({ token: adminToken }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const own = { cookie, 'sec-fetch-site': 'same-origin' };
  const listener = await listen(world, own);
  await world.clock.advance(15_000);
  await until('a beat', () => listener.beats() === 1);
  await fetch(`${uiUrl}/api/session`, { method: 'DELETE', headers: own });
  await until('the end, at once', () => listener.isOver);
  assert.equal(listener.beats(), 1);
  const stranger = await fetch(`${uiUrl}/api/live`);
  assert.equal(stranger.status, 401);
  const foreign = await fetch(`${uiUrl}/api/live`, { headers: { cookie, 'sec-fetch-site': 'cross-site' } });
  assert.notEqual(foreign.status, 200);
});

test('an open stream does not keep the bridge from stopping, and the number of streams is limited', async () => {
  await using world = await createWorld();
  const listeners = await Promise.all(Array.from({ length: 64 }, () => listen(world)));
  const refused = await world.api('/api/live');
  assert.equal(refused.status, 503);
  assert.equal(problemSchema.parse(await refused.json()).code, 'too_many_streams');
  listeners[0]?.response.destroy();
  const again = async () => {
    const answer = await world.api('/api/live');
    await answer.body?.cancel();
    return answer.status;
  };
  await until('there is room again', async () => (await again()) === 200);
  await world.stop();
  await until('the end', () => listeners.every(({ isOver }) => isOver));
  const ended = listeners.filter(({ response }) => response.complete);
  assert.equal(ended.length, 63, 'ended by the bridge, not cut off after a grace');
});
