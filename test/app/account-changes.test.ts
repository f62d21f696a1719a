import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alex, joint, sam } from '../../sim/household.ts';
import { ask, loseMoves, move, setRails, transfersOf, worldWithAlex } from '../support/money.ts';
import { createScene, type Scene } from '../support/scene.ts';
import { events } from '../support/scenario.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const publicUrl = 'https://bank.home.example';

const find = (world: World, id: string) =>
  world
    .app()
    .view()
    .accounts.find((account) => account.id === id);
const shown = (world: World, id: string) => find(world, id) ?? assert.fail(`no account ${id}`);
const createdIn = async (world: World) =>
  (await events(world))
    .filter(({ type }) => type === 'transaction.created')
    .map(({ transaction_id }) => transaction_id);
const hooksOf = (world: World, accountId: string) =>
  [...world.bank.model.webhooks.values()].filter((hook) => hook.accountId === accountId).length;

interface Document {
  readonly device: { readonly name: string; readonly model: string; readonly identifiers: readonly string[] };
  readonly components: Readonly<
    Record<string, { readonly unique_id?: string; readonly unit_of_measurement?: string }>
  >;
}

function documentOf({ broker }: Scene, id: string): Document {
  const payload = broker.payloads(`homeassistant/device/monzo_${id}/config`).at(-1) ?? '';
  return payload === '' ? assert.fail('no document') : (JSON.parse(payload) as Document);
}
const uniqueIds = ({ components }: Document) =>
  Object.values(components).map(({ unique_id: uniqueId }) => uniqueId);

describe('an account that changes', () => {
  it('its type and owners keeps its device, under the new name', async () => {
    await using scene = await createScene({ withToken: false });
    const { world } = scene;
    await scene.pass(5 * second);
    const before = documentOf(scene, alex.current);
    const money = shown(world, alex.current);
    world.bank.changeAccount(alex.current, {
      type: 'uk_retail_joint',
      owners: [alex.userId, sam.userId],
    });
    await scene.look();
    await scene.pass(5 * second);
    const after = documentOf(scene, alex.current);
    assert.deepEqual(after.device.identifiers, before.device.identifiers);
    assert.deepEqual(uniqueIds(after), uniqueIds(before));
    assert.deepEqual([before.device.model, after.device.model], ['Current account', 'Joint account']);
    assert.match(after.device.name, /^Alex and Sam joint account/);
    assert.equal(shown(world, alex.current).balance, money.balance);
    world.bank.purchase(alex.current, { amount: 100, merchant: 'Corner Shop' });
    await scene.look();
    assert.equal((await createdIn(world)).length, 1);
  });

  it('its currency is shown in the new one at once, with the limits of that one', async () => {
    await using scene = await createScene({ withToken: false });
    const { world } = scene;
    await scene.pass(5 * second);
    const before = documentOf(scene, alex.current);
    assert.equal(before.components['balance']?.unit_of_measurement, 'GBP');
    world.bank.changeAccount(alex.current, { currency: 'EUR' });
    await scene.look();
    await scene.pass(5 * second);
    const after = documentOf(scene, alex.current);
    for (const key of ['balance', 'total_balance', 'spent_today'])
      assert.equal(after.components[key]?.unit_of_measurement, 'EUR', key);
    assert.deepEqual(uniqueIds(after), uniqueIds(before));
    assert.equal(shown(world, alex.current).currency, 'EUR');
  });

  it('its currency keeps to the limits of the new one from the first move on', async () => {
    await using world = await worldWithAlex();
    setRails(world, { per_move: { GBP: '100', EUR: '1' } });
    world.bank.changeAccount(alex.current, { currency: 'EUR' });
    await ask(world, 'refresh');
    const { code, money_moved: moved } = await move(world, { amount: '1.01' });
    assert.deepEqual([code, moved], ['per_move_cap', 'no']);
    assert.equal((await move(world, { amount: '1.00' }))['money_moved'], 'yes');
  });

  it('while a transfer is open leaves the transfer to its end', async () => {
    await using world = await worldWithAlex();
    loseMoves(world);
    const told = await move(world, { request_id: 'r', amount: 5 });
    assert.equal(told['money_moved'], 'unknown');
    world.bank.changeAccount(alex.current, { type: 'uk_retail_plus', owners: [alex.userId, sam.userId] });
    world.faults.clear();
    await ask(world, 'refresh');
    await world.until('the outcome is known', () => transfersOf(world)[0]?.state === 'moved');
  });

  it('from a joint one to one of a single owner, and back, has no event twice and loses none', async () => {
    await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
    await world.connect('alex');
    await world.connect('sam');
    await world.clock.advance(minute);
    const bought: string[] = [];
    const buy = () =>
      bought.push(world.bank.purchase(joint.account, { amount: 250, merchant: 'Green Grocer' }));
    for (const owners of [[sam.userId], [alex.userId, sam.userId], [alex.userId]]) {
      buy();
      await world.clock.advance(30 * minute);
      world.bank.changeAccount(joint.account, { owners });
      buy();
      await world.clock.advance(45 * minute);
      assert.equal(shown(world, joint.account).available, true, String(owners));
    }
    assert.deepEqual((await createdIn(world)).toSorted(), bought.toSorted());
    const own = world
      .app()
      .view()
      .logins.find(({ userId }) => userId === alex.userId);
    assert.deepEqual(shown(world, joint.account).loginIds, [own?.id]);
  });
});

describe('an account that is reopened', () => {
  it('comes back with its device, its webhook and every row of the time between, each once', async () => {
    await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
    await world.connect('alex');
    await world.clock.advance(minute);
    const before = shown(world, alex.euro);
    const bought = [world.bank.purchase(alex.euro, { amount: 100, merchant: 'Corner Shop' })];
    await world.clock.advance(minute);
    world.bank.closeAccount(alex.euro);
    await ask(world, 'refresh');
    assert.equal(find(world, alex.euro), undefined);
    await world.clock.advance(5 * hour);
    bought.push(world.bank.interest(alex.euro, 12));
    await world.clock.advance(5 * hour);
    world.bank.model.webhooks.forEach(({ accountId, id }) => {
      if (accountId === alex.euro) world.bank.model.webhooks.delete(id);
    });
    world.bank.reopenAccount(alex.euro);
    await world.clock.advance(20 * minute);
    assert.deepEqual(
      { ...shown(world, alex.euro), balance: null, totalBalance: null, spentToday: null, spentSince: null },
      { ...before, balance: null, totalBalance: null, spentToday: null, spentSince: null },
    );
    assert.equal(hooksOf(world, alex.euro), 1, 'registered again');
    const lists = world.bank.calls.filter(({ path }) => path === '/webhooks').length;
    assert.ok(lists < 60, `${lists} lists of webhooks in ten hours`);
    bought.push(world.bank.purchase(alex.euro, { amount: 300, merchant: 'Corner Shop' }));
    await world.clock.advance(20 * minute);
    assert.deepEqual((await createdIn(world)).toSorted(), bought.toSorted());
  });

  it('is a device in Home Assistant again, under its old ids', async () => {
    await using scene = await createScene({ withToken: false });
    const { world, broker } = scene;
    await scene.pass(5 * second);
    const before = documentOf(scene, alex.euro);
    const topics = broker.retainedTopics().toSorted();
    world.bank.closeAccount(alex.euro);
    await scene.look();
    await scene.pass(5 * second);
    assert.ok(!broker.retainedTopics().some((topic) => topic.includes(alex.euro)));
    world.bank.reopenAccount(alex.euro);
    await scene.look();
    await scene.pass(5 * second);
    assert.deepEqual(documentOf(scene, alex.euro), before);
    assert.deepEqual(broker.retainedTopics().toSorted(), topics);
    assert.equal(broker.payloads(`monzo/${alex.euro}/availability`).at(-1), 'online');
  });
});

describe('a new account', () => {
  it('has its webhook as soon as it is known', async () => {
    await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
    await world.connect('alex');
    await world.clock.advance(minute);
    const id = world.bank.openAccount({ type: 'uk_retail', owners: [alex.userId], balance: 5 });
    await world.clock.advance(20 * minute);
    assert.equal(hooksOf(world, id), 1);
  });
});
