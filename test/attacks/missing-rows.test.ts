import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import type { Gap } from '../../sim/lists.ts';
import { ask, auditOf, holiday, move, movesAt, worldWithAlex } from '../support/money.ts';
import { createScene } from '../support/scene.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const idsIn = (world: World) => {
  const { accounts, pots } = world.app().view();
  return [...accounts, ...pots].map(({ id }) => id);
};
const missingIn = (world: World) => {
  const { accounts, pots } = world.app().view();
  return [...accounts, ...pots].filter(({ missing }) => missing).map(({ id }) => id);
};
const ledger = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'ledger');
const listsOf = (world: World, path: string, since: number) =>
  world.bank.calls.slice(since).filter((call) => call.path === path).length;

/** From now on the list of the account's pots holds only these. */
function showOnly(world: World, pots: readonly string[]): () => void {
  return world.faults.add({
    kind: 'wrong_shape',
    match: ({ path, query }) => path === '/pots' && query.get('current_account_id') === alex.current,
    rewrite: (body) => ({
      pots: (body as { pots: { id: string }[] }).pots.filter(({ id }) => pots.includes(id)),
    }),
  });
}

/** When the account's pots were first listed while something was done. */
async function firstGap(world: World, act: () => Promise<unknown>): Promise<number> {
  const before = world.bank.calls.length;
  await act();
  const isPots = ({ path, query }: { readonly path: string; readonly query: string }) =>
    path === '/pots' && query.includes(alex.current);
  return world.bank.calls.slice(before).find(isPots)?.at ?? assert.fail('no list');
}

const gaps: readonly Gap[] = ['all', 'half', 'one', 'null'];
for (const path of ['/accounts', '/pots'])
  for (const rows of gaps)
    test(`one list of ${path} with a gap (${rows}) removes nothing, says so, and is soon asked for again`, async () => {
      await using world = await worldWithAlex();
      const before = idsIn(world);
      world.faults.add({ kind: 'rows_missing', rows, match: (call) => call.path === path, times: 1 });
      await ask(world, 'refresh');
      assert.deepEqual(idsIn(world), before);
      assert.notDeepEqual(missingIn(world), []);
      assert.equal(ledger(world)?.state, 'degraded');
      assert.match(ledger(world)?.sentence ?? '', /^Monzo’s last list left out \d+ (account|pot)s? /);
      const calls = world.bank.calls.length;
      await world.clock.advance(5 * minute + second);
      assert.equal(listsOf(world, '/accounts', calls), 1, 'asked for again, once');
      assert.deepEqual([idsIn(world), missingIn(world)], [before, []]);
      assert.deepEqual([ledger(world)?.state, ledger(world)?.sentence], ['ok', null]);
    });

test('the API says which pots are missing, and that they are checked', async () => {
  await using world = await worldWithAlex();
  showOnly(
    world,
    Object.values(alex.pots).filter((id) => id !== holiday),
  );
  await ask(world, 'refresh');
  const read = async (path: string) =>
    (await (await world.api(path)).json()) as Readonly<Record<string, unknown>>;
  const { items } = await read('/api/pots');
  const pots = items as readonly { readonly id: string; readonly missing: boolean }[];
  assert.deepEqual(
    pots.filter(({ missing }) => missing).map(({ id }) => id),
    [holiday],
  );
  assert.match(JSON.stringify(await read('/api/health')), /left out 1 pot that it showed before/);
});

const open = Object.values(alex.pots).filter((id) => id !== alex.pots.deleted);
const losses = [
  { lost: 1, goneAfter: minute },
  { lost: 4, goneAfter: 5 * minute },
  { lost: open.length, goneAfter: 5 * minute },
] as const;
for (const { lost, goneAfter } of losses)
  test(`what two lists agree on is gone: ${lost} of ${open.length} pots after ${goneAfter / minute} min`, async () => {
    await using world = await worldWithAlex();
    const gone = open.slice(0, lost);
    showOnly(world, open.slice(lost));
    const since = await firstGap(world, () => ask(world, 'refresh'));
    await world.clock.advance(since + goneAfter - second - world.clock.now());
    assert.deepEqual(missingIn(world).toSorted(), gone.toSorted());
    await world.clock.advance(2 * second);
    assert.deepEqual(missingIn(world), []);
    for (const id of gone) assert.ok(!idsIn(world).includes(id), id);
    for (const id of open.slice(lost)) assert.ok(idsIn(world).includes(id), id);
  });

test('a deleted pot and a closed account are gone with the first list that says so', async () => {
  await using world = await worldWithAlex();
  world.bank.closePot(holiday);
  world.bank.closeAccount(alex.euro);
  await ask(world, 'refresh');
  assert.ok(!idsIn(world).includes(holiday));
  assert.ok(!idsIn(world).includes(alex.euro));
  assert.deepEqual(missingIn(world), []);
});

test('after a restart the check begins anew: two half-knowledges remove nothing', async () => {
  await using world = await worldWithAlex();
  showOnly(world, []);
  const before = await firstGap(world, () => ask(world, 'refresh'));
  await world.clock.advance(before + 4 * minute - world.clock.now());
  const since = await firstGap(world, async () => {
    await world.restart();
    await world.clock.advance(second);
  });
  assert.deepEqual(missingIn(world).toSorted(), open.toSorted());
  await world.clock.advance(since + 5 * minute - second - world.clock.now());
  assert.deepEqual(missingIn(world).toSorted(), open.toSorted());
  await world.clock.advance(2 * second);
  assert.ok(!idsIn(world).includes(holiday));
});

test('a machine that sleeps does not make two lists of a minute’s distance ones of five', async () => {
  await using world = await worldWithAlex();
  showOnly(world, []);
  await ask(world, 'refresh');
  world.clock.jump(8 * hour);
  await ask(world, 'refresh');
  assert.ok(idsIn(world).includes(holiday));
});

test('a bank that answers half of the pots, then the other half, removes none in hours', async () => {
  await using world = await worldWithAlex();
  const before = idsIn(world);
  for (let half = 0; half < 8; half += 1) {
    const repair = showOnly(
      world,
      open.filter((_, index) => index % 2 === half % 2),
    );
    await world.clock.advance(30 * minute + half * second);
    repair();
    await ask(world, 'refresh');
    assert.deepEqual(idsIn(world), before);
  }
});

test('money neither into nor out of a missing pot, and the refusal says why; afterwards it moves', async () => {
  await using world = await worldWithAlex();
  const pot = open.filter((id) => id !== holiday);
  const repair = showOnly(world, pot);
  // The list that is read for this very move is the first without it.
  const first = await move(world, { request_id: 'r-1' });
  assert.deepEqual([first.http, first['code'], first['money_moved']], [409, 'pot_missing', 'no']);
  assert.match(
    String(first['detail']),
    /last list left out “🏖️ Holiday”.*Nothing was moved\..*Monzo app.*five minutes/,
  );
  const out = await move(world, { transfer_type: 'withdraw' });
  assert.deepEqual([out.http, out['code']], [409, 'pot_missing']);
  assert.ok(auditOf(world).some(({ code, decision }) => code === 'pot_missing' && decision === 'refused'));
  repair();
  await world.clock.advance(minute + second);
  assert.equal((await move(world, { request_id: 'r-1' }))['money_moved'], 'yes');
  assert.equal(movesAt(world).length, 1);
});

test('nor where the list of accounts leaves out its account', async () => {
  await using world = await worldWithAlex();
  world.faults.add({
    kind: 'rows_missing',
    rows: 'null',
    match: ({ path }) => path === '/accounts',
    times: 1,
  });
  await ask(world, 'refresh');
  assert.equal((await move(world))['code'], 'pot_missing');
  assert.equal(movesAt(world).length, 0);
});

test('a joint account that one owner’s list leaves out stays, and its pots are not refused', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.connect('sam');
  await world.clock.advance(second);
  let isAlex = false;
  world.faults.add({
    kind: 'wrong_shape',
    match: ({ path }) => path === '/accounts',
    rewrite: (body) => {
      const { accounts } = body as { accounts: { id: string }[] };
      isAlex = accounts.some(({ id }) => id === alex.current);
      return { accounts: isAlex ? accounts.filter(({ id }) => id !== joint.account) : accounts };
    },
  });
  await ask(world, 'refresh');
  assert.deepEqual(missingIn(world), []);
  assert.equal((await move(world, { pot: joint.pots.bills }))['money_moved'], 'yes');
  await world.clock.advance(2 * minute);
  const shown = world
    .app()
    .view()
    .accounts.find(({ id }) => id === joint.account);
  assert.equal(shown?.loginIds.length, 1, 'the login that no longer sees it does not act for it');
});

test('rows in an unknown shape are no absence', async () => {
  await using world = await worldWithAlex();
  const before = idsIn(world);
  world.faults.add({ kind: 'wrong_shape', match: ({ path }) => path === '/pots' || path === '/accounts' });
  await ask(world, 'refresh');
  await world.clock.advance(hour);
  assert.deepEqual([idsIn(world), missingIn(world)], [before, []]);
});

test('a first list of accounts that is empty is repeated, and events and history lose nothing', async () => {
  await using world = await createWorld();
  world.bank.addHistory(alex.current, { days: 200, perDay: 1 });
  const repair = world.faults.add({
    kind: 'rows_missing',
    rows: 'all',
    match: ({ path }) => path === '/accounts',
  });
  const id = await world.connect('alex');
  assert.deepEqual(idsIn(world), []);
  repair();
  await world.clock.advance(minute);
  assert.ok(idsIn(world).includes(alex.current));
  const { state, read } =
    world
      .app()
      .view()
      .logins.find((login) => login.id === id)?.history ?? {};
  assert.equal(state, 'complete');
  assert.ok(Number(read) > 150, String(read));
});

const hooks = (world: World) => world.bank.model.webhooks.size;
const publicUrl = 'https://bank.home.example';

test('one list without our webhooks registers no second one; two lists five minutes apart do', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
  await world.connect('alex');
  // One that was just registered may be listed late.
  await world.clock.advance(hour + minute);
  const registered = hooks(world);
  const isHooks = ({ path }: { readonly path: string }) => path === '/webhooks';
  const repair = world.faults.add({ kind: 'rows_missing', rows: 'all', match: isHooks });
  await ask(world, 'register_webhook', { account: alex.current });
  assert.equal(hooks(world), registered);
  const webhooks = world
    .app()
    .health()
    .find(({ part }) => part === 'webhooks');
  assert.match(webhooks?.sentence ?? '', /last list left out a webhook/);
  repair();
  const calls = world.bank.calls.length;
  await world.clock.advance(5 * minute + second);
  assert.ok(listsOf(world, '/webhooks', calls) >= 1, 'listed again');
  assert.equal(hooks(world), registered);
  assert.equal(
    world
      .app()
      .health()
      .find(({ part }) => part === 'webhooks')?.state,
    'ok',
  );
  world.bank.model.webhooks.clear();
  await ask(world, 'register_webhook', { account: alex.current });
  assert.equal(hooks(world), 0);
  await world.clock.advance(5 * minute + second);
  assert.equal(hooks(world), registered);
});

test('no device, topic or state leaves the broker because of one empty list', async () => {
  await using scene = await createScene({ withToken: false });
  const { world, broker } = scene;
  await scene.pass(5 * second);
  const before = broker.retainedTopics().toSorted();
  assert.ok(before.some((topic) => topic.includes(holiday)));
  for (const path of ['/accounts', '/pots'])
    world.faults.add({ kind: 'rows_missing', rows: 'all', match: (call) => call.path === path, times: 1 });
  await scene.look();
  await scene.pass(10 * second);
  assert.deepEqual(broker.retainedTopics().toSorted(), before);
  assert.equal(
    broker.seen.some(({ topic, payload }) => topic.includes(holiday) && payload === ''),
    false,
  );
  assert.match(broker.payloads('monzo/bridge/health').at(-1) ?? '', /last list left out/);
});
