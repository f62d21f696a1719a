import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { days, hours, minutes } from '../../sim/wire-time.ts';
import { ask, isList, move } from '../support/money.ts';
import { createScene, type Scene } from '../support/scene.ts';

type Figures = Readonly<Record<string, unknown>>;

const names = ['spent_this_month', 'month_since', 'left_to_move_today'] as const;

/** What the broker has of the account. */
function told({ broker }: Scene, id: string = alex.current): Figures {
  return JSON.parse(broker.retained(`monzo/${id}`) ?? '{}') as Figures;
}

const figures = (scene: Scene) => names.map((name) => told(scene)[name]);

/** Every door says what the broker has. */
async function agree(scene: Scene): Promise<void> {
  const { world } = scene;
  const { items } = (await (await world.api('/api/accounts')).json()) as { items: readonly Figures[] };
  const { accounts } = (await ask(world, 'summary')) as { readonly accounts?: readonly Figures[] };
  for (const shown of [items, accounts ?? []]) {
    const account = shown.find(({ id }) => id === alex.current) ?? {};
    for (const name of ['spent_this_month', 'left_to_move_today'])
      assert.equal(account[name], told(scene)[name], name);
  }
}

async function put(scene: Scene, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  let status = 0;
  const sent = scene.world.api(path, { method: 'PUT', headers, body: JSON.stringify(body) });
  void sent.then((answer) => (status = answer.status));
  await scene.until('it is set', () => status !== 0);
  assert.equal(status, 200);
}

test('spending of the month counts refunds and leaves out moves into pots, the same at every door', async () => {
  await using scene = await createScene({ withToken: false });
  const { world } = scene;
  await scene.until('the figures are there', () => told(scene)['left_to_move_today'] === 300);
  const before = Number(told(scene)['spent_this_month']);
  world.bank.purchase(alex.current, { amount: 12_34 });
  await scene.look();
  await scene.until('spent', () => Number(told(scene)['spent_this_month']) === before + 12.34);
  world.bank.refund(alex.current, { amount: 2_34 });
  assert.equal((await move(world, { amount: '40' })).http, 200);
  await scene.look();
  const isTold = () => {
    const { spent_this_month: spent, left_to_move_today: left } = told(scene);
    return Math.round(Number(spent) * 100) === Math.round(before * 100) + 10_00 && left === 260;
  };
  await scene.until('refunded and moved', isTold);
  await agree(scene);
  await world.restart();
  await scene.until('the same after a restart', isTold);
  assert.equal(told(scene, alex.flex)['left_to_move_today'], null);
});

test('a month begins at midnight in the time zone, without a transaction', async () => {
  await using scene = await createScene({
    withToken: false,
    settings: { MONZO_BRIDGE_TIME_ZONE: 'America/New_York' },
  });
  const { world } = scene;
  await scene.until('the figures are there', () => told(scene)['month_since'] === '2026-11-01T04:00:00.000Z');
  world.bank.purchase(alex.current, { amount: 5_00 });
  assert.equal((await move(world, { amount: '40' })).http, 200);
  await scene.look();
  await scene.until('moved', () => told(scene)['left_to_move_today'] === 260);
  const midnight = Date.parse('2026-12-01T05:00:00Z');
  world.clock.jump(midnight - 10 * minutes - world.clock.now());
  await scene.pass(8 * minutes);
  assert.equal(told(scene)['month_since'], '2026-11-01T04:00:00.000Z');
  assert.ok(Number(told(scene)['spent_this_month']) >= 5);
  await scene.pass(4 * minutes);
  assert.deepEqual(figures(scene), [0, '2026-12-01T05:00:00.000Z', 300]);
  await agree(scene);
});

test('limits, a pause and a dry run show at once', async () => {
  await using scene = await createScene({ withToken: false });
  const { world } = scene;
  const left = (amount: number) =>
    scene.until(`${amount} is left`, () => told(scene)['left_to_move_today'] === amount);
  await left(300);
  const before = world.clock.now();
  await put(scene, '/api/rails', { per_day: { '*': '300', GBP: '120' } });
  await left(120);
  assert.equal((await ask(world, 'pause')).http, 200);
  await left(0);
  await agree(scene);
  assert.equal((await ask(world, 'resume')).http, 200);
  await left(120);
  await put(scene, '/api/rails', { dry_run: true });
  await left(0);
  await put(scene, '/api/rails', { dry_run: false, per_day: { EUR: '10' } });
  await left(0);
  await put(scene, '/api/rails', { per_day: { '*': '50' } });
  await left(50);
  assert.ok(world.clock.now() - before < minutes, 'it does not wait for the next look');
});

test('a clock that was put right shows the month that it is', async () => {
  await using scene = await createScene({ withToken: false });
  const { world } = scene;
  await scene.until('the figures are there', () => told(scene)['left_to_move_today'] === 300);
  const month = '2026-11-01T00:00:00.000Z';
  world.bridgeClock.setAhead(40 * days);
  await scene.pass(hours);
  assert.equal(told(scene)['month_since'], month, 'the bank tells the time');
  world.bridgeClock.setAhead(0);
  await scene.pass(hours);
  assert.equal(told(scene)['month_since'], month);
});

test('the month is unknown until all of it was read', async () => {
  await using scene = await createScene({
    withToken: false,
    household: { at: Date.parse('2026-11-20T09:00:00Z') },
  });
  const { world } = scene;
  const refused = world.faults.add({ kind: 'status', status: 500, match: isList });
  const connecting = world.connect('alex');
  await scene.pass(5 * minutes);
  assert.equal(told(scene)['spent_this_month'] ?? null, null);
  refused();
  await connecting;
  await scene.until('it is read', () => typeof told(scene)['spent_this_month'] === 'number');
});
