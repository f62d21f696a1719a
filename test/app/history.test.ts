import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';

const day = 24 * 3_600_000;

const historyOf = (world: World) => world.app().view().logins[0]?.history;
const isOver = (world: World) => ['complete', 'partial'].includes(historyOf(world)?.state ?? '');

test('after the approval the whole history is read, what is older than 85 days first', async () => {
  await using world = await createWorld();
  const rows = world.bank.addHistory(alex.current, { days: 700, perDay: 1 });
  await world.connect('alex');
  await world.until('the history is read', () => isOver(world));
  assert.deepEqual(historyOf(world)?.state, 'complete');
  assert.ok((historyOf(world)?.read ?? 0) >= rows);
  const { items } = (await (await world.api('/api/transactions?limit=1')).json()) as { items: unknown[] };
  assert.equal(items.length, 1);
  const asked = world.bank.calls
    .filter(
      ({ path, query }) =>
        path === '/transactions' && query.includes(alex.current) && query.includes('before='),
    )
    .map(({ query }) => Date.parse(new URLSearchParams(query).get('before') ?? ''));
  const edge = world.clock.now() - 84 * day;
  const firstRecent = asked.findIndex((before) => before > edge);
  const lastOld = asked.findLastIndex((before) => before < edge);
  assert.ok(firstRecent > lastOld, 'the last 85 days come last: they stay readable');
});

test('history is no event', async () => {
  await using world = await createWorld();
  world.bank.addHistory(alex.current, { days: 100, perDay: 2 });
  await world.connect('alex');
  await world.until('the history is read', () => isOver(world));
  await world.clock.advance(10 * 60_000);
  const { items } = (await (await world.api('/api/events')).json()) as { items: unknown[] };
  assert.deepEqual(items, []);
});

test('what the bank no longer shows is told truly, and the last 85 days are read all the same', async () => {
  await using world = await createWorld();
  world.bank.addHistory(alex.current, { days: 400, perDay: 1 });
  world.faults.add({
    kind: 'status',
    status: 403,
    code: 'forbidden.verification_required',
    match: ({ path, query }) =>
      path === '/transactions' && Date.parse(query.get('since') ?? '') < world.clock.now() - 90 * day,
  });
  await world.connect('alex');
  await world.until('the history is over', () => isOver(world));
  assert.equal(historyOf(world)?.state, 'partial');
  assert.match(historyOf(world)?.missing ?? '', /approve/i);
  assert.ok((historyOf(world)?.read ?? 0) >= 80);
  assert.equal(world.app().view().logins[0]?.state, 'active');
});

test('reading the history goes on after a restart in the middle of it', async () => {
  await using world = await createWorld();
  const rows = world.bank.addHistory(alex.current, { days: 300, perDay: 2 });
  world.faults.add({ kind: 'slow', ms: 3_000, match: ({ path }) => path === '/transactions' });
  await world.connect('alex');
  await world.clock.advance(4_000);
  assert.equal(historyOf(world)?.state, 'running');
  const sentences = world
    .app()
    .health()
    .map(({ sentence }) => sentence ?? '');
  assert.ok(sentences.some((sentence) => /history is being read: \d+ transactions/.test(sentence)));
  world.faults.clear();
  await world.restart();
  await world.until('the history is read', () => isOver(world));
  assert.ok(Number(JSON.stringify(historyOf(world)?.read)) >= rows);
});

test('a bank that stumbles for a moment is asked again, and nothing is missing', async () => {
  await using world = await createWorld();
  const rows = world.bank.addHistory(alex.current, { days: 200, perDay: 1 });
  world.faults.add({ kind: 'status', status: 500, times: 2, match: ({ path }) => path === '/transactions' });
  await world.connect('alex');
  await world.until('the history is read', () => isOver(world));
  assert.equal(historyOf(world)?.state, 'complete');
  assert.ok((historyOf(world)?.read ?? 0) >= rows);
});

test('a window that cannot be read at all is named, and the other accounts are read', async () => {
  await using world = await createWorld();
  world.bank.addHistory(alex.current, { days: 200, perDay: 1 });
  const rows = world.bank.addHistory(alex.euro, { days: 200, perDay: 1 });
  world.faults.add({
    kind: 'status',
    status: 400,
    code: 'bad_request.bad_time_range',
    match: ({ path, query }) =>
      path === '/transactions' && query.get('account_id') === alex.current && query.has('before'),
  });
  await world.connect('alex');
  await world.until('the history is over', () => isOver(world));
  assert.equal(historyOf(world)?.state, 'partial');
  assert.match(
    historyOf(world)?.missing ?? '',
    /whole from \d{4}-\d\d-\d\d on\. .*Current account before \d{4}-/,
  );
  assert.ok((historyOf(world)?.read ?? 0) >= rows);
});

test('an account that lists nothing to anybody leaves nothing missing', async () => {
  await using world = await createWorld();
  world.faults.add({
    kind: 'status',
    status: 403,
    code: 'forbidden.insufficient_permissions',
    match: ({ path, query }) => path === '/transactions' && query.get('account_id') === alex.flex,
  });
  await world.connect('alex');
  await world.until('the history is over', () => isOver(world));
  assert.equal(historyOf(world)?.state, 'complete');
});

for (const times of [1, 2])
  test(`a refusal by chance, ${times} in a row, costs no history`, async () => {
    await using world = await createWorld();
    const rows = world.bank.addHistory(alex.current, { days: 700, perDay: 1 });
    let lists = 0;
    world.faults.add({
      kind: 'status',
      status: 403,
      times,
      match: ({ path, query }) =>
        path === '/transactions' && query.get('account_id') === alex.current && ++lists > 4,
    });
    await world.connect('alex');
    await world.until('the history is over', () => isOver(world));
    assert.deepEqual([historyOf(world)?.state, historyOf(world)?.missing], ['complete', null]);
    assert.ok((historyOf(world)?.read ?? 0) >= rows);
  });

test('an account that is refused at first has its history read once it is shown', async () => {
  await using world = await createWorld();
  const rows = world.bank.addHistory(alex.current, { days: 700, perDay: 1 });
  const heal = world.faults.add({
    kind: 'status',
    status: 403,
    match: ({ path, query }) => path === '/transactions' && query.get('account_id') === alex.current,
  });
  await world.connect('alex');
  await world.clock.advance(60_000);
  heal();
  await world.clock.advance(3 * 60_000);
  assert.equal(historyOf(world)?.state, 'complete');
  assert.ok((historyOf(world)?.read ?? 0) >= rows, `${historyOf(world)?.read} of ${rows}`);
});
