import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { switchPositions } from '../../sim/switches.ts';
import { ask, worldWithAlex } from '../support/money.ts';
import { createScene } from '../support/scene.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Beside the only pot of the joint account, the pot that `shapelessPot` strikes; and the account of `shapelessAccount`. */
const rainyDay = alex.pots.locked;
const { flex } = alex;

const pot = (world: World, id: string) =>
  world
    .app()
    .view()
    .pots.find((one) => one.id === id) ?? assert.fail(`no pot ${id}`);
const account = (world: World, id: string) =>
  world
    .app()
    .view()
    .accounts.find((one) => one.id === id) ?? assert.fail(`no account ${id}`);
const ledger = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'ledger') ?? assert.fail('no ledger');
const login = (world: World) => world.app().view().logins[0] ?? assert.fail('no login');

for (const shape of switchPositions.shapelessPot.slice(1))
  test(`a pot whose row comes in a new shape (${shape}) stays, says of when its balance is, and heals`, async () => {
    await using world = await worldWithAlex();
    const before = pot(world, rainyDay);
    const readAt = world.clock.now();
    world.bank.turn({ shapelessPot: shape });
    world.bank.potMove(rainyDay, 'deposit', { amount: 100 });
    await ask(world, 'refresh');
    const { figuresFrom, ...shown } = pot(world, rainyDay);
    assert.deepEqual({ ...shown, figuresFrom: null }, before);
    assert.ok(figuresFrom !== null && Math.abs(figuresFrom - readAt) < 2 * minute, String(figuresFrom));
    assert.equal(ledger(world).state, 'degraded');
    assert.match(
      ledger(world).sentence ?? '',
      /^Monzo’s last answer did not show 2 pots in a way .* can read/,
    );
    assert.deepEqual([login(world).state, login(world).fault], ['active', null], 'no fault of the login');
    const answer = await (await world.api('/api/pots')).json();
    const { items } = answer as { readonly items: readonly { id: string; figures_from: string | null }[] };
    assert.deepEqual(
      items.filter(({ figures_from }) => figures_from !== null).map(({ id }) => id),
      [rainyDay, joint.pots.bills],
    );
    await world.restart();
    await world.clock.advance(2 * hour);
    assert.equal(pot(world, rainyDay).figuresFrom, figuresFrom, 'also after a restart');
    assert.equal(pot(world, rainyDay).available, true);
    await world.clock.advance(5 * hour);
    assert.equal(pot(world, rainyDay).available, false, 'as where the bank does not answer at all');
    world.bank.turn({ shapelessPot: 'as_recorded' });
    await ask(world, 'refresh');
    assert.deepEqual(pot(world, rainyDay), { ...before, balance: before.balance + 100 });
    assert.deepEqual([ledger(world).state, ledger(world).sentence], ['ok', null]);
  });

for (const shape of switchPositions.shapelessAccount.slice(1))
  test(`an account whose row comes in a new shape (${shape}) stays, with new balances and events`, async () => {
    await using world = await worldWithAlex();
    const before = account(world, flex);
    world.bank.turn({ shapelessAccount: shape });
    world.bank.purchase(flex, { amount: 100, merchant: 'Corner Shop' });
    await ask(world, 'refresh');
    await world.clock.advance(hour);
    const after = account(world, flex);
    assert.equal(after.balance, (before.balance ?? 0) - 100);
    assert.deepEqual([after.name, after.type, after.figuresFrom], [before.name, before.type, null]);
    assert.deepEqual([login(world).state, login(world).fault], ['active', null]);
    assert.equal(ledger(world).state, shape === 'no_type' ? 'ok' : 'degraded');
    world.bank.turn({ shapelessAccount: 'as_recorded' });
    await ask(world, 'refresh');
    assert.deepEqual([ledger(world).state, ledger(world).sentence], ['ok', null]);
  });

test('what a row says acts at once, also where its other fields cannot be read', async () => {
  await using world = await worldWithAlex();
  world.bank.turn({ shapelessPot: 'no_balance' });
  await ask(world, 'refresh');
  world.bank.renamePot(rainyDay, 'Stormy day');
  await ask(world, 'refresh');
  assert.equal(pot(world, rainyDay).name, 'Stormy day');
  world.bank.closePot(rainyDay);
  await ask(world, 'refresh');
  assert.ok(
    !world
      .app()
      .view()
      .pots.some(({ id }) => id === rainyDay),
  );
});

test('a household whose rows hold nothing but what is needed is shown in full', async () => {
  await using world = await createWorld();
  const keeping = (key: string, fields: readonly string[]) => (body: unknown) => {
    const rows = (body as Record<string, readonly Readonly<Record<string, unknown>>[]>)[key] ?? [];
    return {
      [key]: rows
        .filter((row) => row['closed'] !== true && row['deleted'] !== true)
        .map((row) => Object.fromEntries(fields.map((field) => [field, row[field]]))),
    };
  };
  const lean = [
    ['/accounts', keeping('accounts', ['id', 'created'])],
    ['/pots', keeping('pots', ['id', 'balance'])],
    ['/balance', (body: unknown) => ({ balance: (body as { readonly balance: number }).balance })],
  ] as const;
  for (const [at, rewrite] of lean)
    world.faults.add({ kind: 'wrong_shape', match: ({ path }) => path === at, rewrite });
  await world.connect('alex');
  await world.clock.advance(minute);
  const { accounts, pots } = world.app().view();
  assert.equal(accounts.length, 5);
  assert.equal(pots.length, 8);
  const { balance, totalBalance, spentToday } = account(world, alex.current);
  const inPots = pots.filter(({ accountId }) => accountId === alex.current);
  assert.deepEqual(
    [balance, totalBalance, spentToday],
    [124_350, inPots.reduce((sum, one) => sum + one.balance, 124_350), null],
  );
  assert.equal(account(world, joint.account).currency, 'GBP');
  assert.equal(ledger(world).state, 'ok');
});

for (const emptyList of ['null', 'left_out'] as const)
  test(`no pots, no webhooks and no transactions are written ${emptyList}: that is no trouble`, async () => {
    const publicUrl = 'https://bank.home.example';
    await using world = await createWorld({
      switches: { emptyList },
      settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl },
    });
    await world.connect('alex');
    await world.clock.advance(hour);
    const { state, fault, history } = login(world);
    assert.deepEqual([state, fault, history.state], ['active', null, 'complete']);
    assert.deepEqual(
      world
        .app()
        .health()
        .filter((part) => part.state !== 'ok'),
      [],
    );
    assert.ok(world.bank.model.webhooks.size > 0);
  });

test('an error in place of a list is no empty list, whatever its status', async () => {
  await using world = await worldWithAlex();
  const before = world.app().view().pots.length;
  const error = { code: 'internal_service', message: 'Try again' };
  world.faults.add({ kind: 'wrong_shape', match: ({ path }) => path === '/pots', rewrite: () => error });
  await ask(world, 'refresh');
  await world.clock.advance(hour);
  assert.equal(world.app().view().pots.length, before);
  assert.ok(
    world
      .app()
      .view()
      .pots.every(({ missing }) => !missing),
  );
});

test('a webhook that cannot be read is not registered a second time', async () => {
  const publicUrl = 'https://bank.home.example';
  await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
  await world.connect('alex');
  await world.clock.advance(minute);
  const before = world.bank.model.webhooks.size;
  world.faults.add({
    kind: 'wrong_shape',
    match: ({ path, method }) => path === '/webhooks' && method === 'GET',
    rewrite: (body) => ({
      webhooks: (body as { webhooks: { url: string }[] }).webhooks.map(({ url, ...hook }) => ({
        ...hook,
        address: url,
      })),
    }),
  });
  for (let days = 0; days < 3; days += 1) {
    await ask(world, 'register_webhook', { account: alex.current });
    await world.clock.advance(6 * hour);
  }
  assert.equal(world.bank.model.webhooks.size, before);
});

test('no device leaves the broker because a row comes in a new shape', async () => {
  await using scene = await createScene({ withToken: false });
  const { world, broker } = scene;
  await scene.pass(5_000);
  const before = broker.retainedTopics().toSorted();
  const documents = () => broker.seen.filter(({ topic }) => topic.endsWith('/config')).length;
  const sent = documents();
  for (const [position, name] of [
    ['texts', 'shapelessPot'],
    ['bare', 'shapelessAccount'],
  ] as const) {
    world.bank.turn({ [name]: position });
    await scene.look();
    await scene.pass(5_000);
  }
  assert.deepEqual(broker.retainedTopics().toSorted(), before);
  assert.equal(documents(), sent, 'no document is sent again');
});
