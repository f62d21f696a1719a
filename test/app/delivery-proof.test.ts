import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterStart, confirmation } from '../../src/limits.ts';
import { alex } from '../../sim/household.ts';
import { createCrashes } from '../support/crash.ts';
import { until } from '../support/until.ts';
import { createSeenScene, healthOf, published, settledAt, within } from '../support/scene.ts';

const minute = 60_000;
const transaction = `${alex.current}_transaction`;
test('with a token, an event counts as delivered when the entity shows it, whatever its entity id', async () => {
  await using scene = await createSeenScene();
  const id = await scene.buy();
  await scene.until('it is settled', settledAt(scene));
  assert.deepEqual(scene.home.heard, [id]);
  assert.equal((await scene.sink()).unproven, 0);
  assert.equal((await scene.sink()).state, 'ok');
});

test('a burst of events needs no round trip for each of them', async () => {
  await using scene = await createSeenScene();
  const { world, home } = scene;
  const ids = Array.from(
    { length: 300 },
    () => `${world.bank.purchase(alex.current, { amount: 100, merchant: 'Blue Door Coffee' })}:created`,
  );
  await scene.post('/api/commands/refresh', {});
  await until('all are heard', () => home.heard.length >= ids.length);
  await until('all are settled', settledAt(scene));
  assert.deepEqual(home.heard, ids);
});

test('after a crash exactly the events that the entity has not shown are sent again', async () => {
  await using scene = await createSeenScene();
  const { world, home, fake } = scene;
  const shown = await scene.buy();
  await scene.until('it is settled', settledAt(scene));
  await home.vanish();
  const lost = await scene.buy();
  await world.crash();
  await scene.pass(5_000);
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(lost));
  assert.deepEqual(home.heard, [shown, lost]);
  assert.ok(fake);
});

test('an event that the entity shows is not sent again, although a crash came before that was recorded', async () => {
  const crashes = createCrashes();
  await using scene = await createSeenScene(crashes);
  const { home } = scene;
  crashes.arm((point) => point === 'write UPDATE sink' && home.heard.length > 0);
  const id = `${scene.world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' })}:created`;
  void scene.post('/api/commands/refresh', {}).catch(() => {});
  await scene.until('it crashes', () => crashes.happened.length > 0);
  await scene.world.revived();
  await scene.until('it is settled', settledAt(scene));
  assert.deepEqual(published(scene), [id]);
  assert.equal((await scene.sink()).unproven, 0);
});

test('an event that the entity shows follows once more where the one before it is sent again', async () => {
  await using scene = await createSeenScene();
  const { home, world } = scene;
  home.stare();
  const use = { amount: 350, merchant: 'Blue Door Coffee' };
  const ids = [1, 2].map(() => `${world.bank.purchase(alex.current, use)}:created`);
  void scene.post('/api/commands/refresh', {}).catch(() => {});
  await scene.until('both are heard', () => home.heard.length === 2);
  home.stare(false);
  // The entity shows the second one alone.
  scene.fake?.entities.show(transaction, { event_id: ids[1] });
  await world.crash();
  await scene.until('it is settled', settledAt(scene));
  assert.deepEqual(home.heard, [...ids, ...ids]);
});

test('events that the broker accepted and a killed Home Assistant lost are sent again when it is back', async () => {
  await using scene = await createSeenScene();
  const { home, fake, world } = scene;
  home.stare();
  const use = { amount: 350, merchant: 'Blue Door Coffee' };
  const lost = [1, 2].map(() => `${world.bank.purchase(alex.current, use)}:created`);
  await scene.look();
  await scene.until('both are out', () => published(scene).length === 2);
  assert.deepEqual(published(scene), lost);
  assert.equal((await scene.sink()).undelivered, 2);
  await fake?.stop();
  await home.vanish();
  await scene.pass(minute);
  assert.deepEqual(published(scene), lost, 'nothing is sent while it is away');
  home.stare(false);
  await fake?.start();
  await home.come();
  await scene.until('they are settled', settledAt(scene));
  assert.deepEqual(published(scene), [...lost, ...lost]);
});

test('while the websocket is down events are kept, although the broker says nothing', async () => {
  await using scene = await createSeenScene();
  const { fake, home } = scene;
  await fake?.stop();
  await scene.until('its absence is known', () => healthOf(scene, 'home_assistant') === 'down');
  const kept = [await scene.buy(), await scene.buy()];
  await scene.pass(5_000);
  assert.deepEqual(published(scene), []);
  const { undelivered, sentence } = await scene.sink();
  assert.equal(undelivered, 2);
  assert.match(
    sentence ?? '',
    /connection to Home Assistant is interrupted/,
    'its birth says that it is there',
  );
  await fake?.start();
  // Up to fifteen seconds until it is connected again; tried without being told, they would take up to a minute.
  await within({ scene, ms: afterStart + 25_000 }, 'they are settled', settledAt(scene));
  assert.deepEqual(home.heard, kept);
  assert.equal((await scene.sink()).unproven, 0);
});

test('a Home Assistant that leaves again before it has started is away', async () => {
  await using scene = await createSeenScene();
  const { fake } = scene;
  await fake?.stop();
  await scene.until('its absence is known', () => healthOf(scene, 'home_assistant') === 'down');
  await fake?.start();
  await scene.until('it is back', () => healthOf(scene, 'home_assistant') === 'ok');
  await scene.pass(5_000);
  await fake?.stop();
  await scene.pass(afterStart + 5_000);
  await scene.buy();
  await scene.pass(5_000);
  assert.deepEqual(published(scene), []);
  assert.equal((await scene.sink()).undelivered, 1);
});

test('a late will from an earlier session does not hold back events that an entity can confirm', async () => {
  await using scene = await createSeenScene();
  const { broker, home } = scene;
  await broker.publish('homeassistant/status', 'offline');
  const id = await scene.buy();
  await scene.pass(confirmation.timeout - 5_000);
  assert.deepEqual(published(scene), [], 'it may be a true one');
  await scene.until('it is settled', settledAt(scene));
  const next = await scene.buy();
  await scene.until('the next is settled', settledAt(scene));
  assert.deepEqual(home.heard, [id, next]);
});

test('after a genuine will, events wait for the birth: before it, automations may not listen', async () => {
  await using scene = await createSeenScene();
  const { broker, fake, home } = scene;
  await broker.publish('homeassistant/status', 'offline');
  fake?.entities.makeAvailable(false);
  const id = await scene.buy();
  await scene.pass(5_000);
  fake?.entities.makeAvailable(true);
  await scene.pass(2 * minute);
  assert.deepEqual(published(scene), []);
  await broker.publish('homeassistant/status', 'online');
  await scene.until('it is settled', settledAt(scene));
  assert.deepEqual(home.heard, [id]);
});

test('a refused token shows that Home Assistant is running: the rule without a token applies', async () => {
  await using scene = await createSeenScene();
  const { fake, home } = scene;
  assert.ok(fake);
  fake.world.token = 'another';
  fake.cut();
  await scene.until('it is told', () => healthOf(scene, 'home_assistant') === 'needs_user');
  const id = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(id));
  await scene.until('it is in doubt', async () => (await scene.sink()).unproven === 1);
});

for (const way of ['disabled', 'unavailable'] as const)
  test(`where the entity is ${way} the rule without a token applies`, async () => {
    await using scene = await createSeenScene();
    const { fake, home } = scene;
    if (way === 'disabled') fake?.entities.disable(transaction);
    else fake?.entities.makeAvailable(false);
    await scene.pass(2_000);
    const id = await scene.buy();
    // Nothing is waited for that cannot be seen.
    await within({ scene, ms: confirmation.timeout / 2 }, 'it is out', settledAt(scene));
    assert.equal((await scene.sink()).unproven, 1);
    if (way === 'disabled') fake?.entities.disable(transaction, false);
    else fake?.entities.makeAvailable(true);
    await scene.pass(2_000);
    const next = await scene.buy();
    await scene.until('the next is settled', settledAt(scene));
    assert.equal((await scene.sink()).unproven, 1, 'only the first is in doubt');
    assert.deepEqual(home.heard, [id, next]);
  });

for (const way of ['renamed', 'swapped with another'] as const)
  test(`an entity that is ${way} while the bridge is connected goes on confirming events`, async () => {
    await using scene = await createSeenScene();
    const { entities } = scene.fake ?? assert.fail('there is a token');
    const [own, other] = [entities.idOf(transaction), entities.idOf(`${transaction}_update`)];
    entities.rename(transaction, 'event.spending');
    if (way === 'swapped with another') {
      entities.rename(`${transaction}_update`, own);
      entities.rename(transaction, other);
    }
    await scene.pass(5_000);
    const id = await scene.buy();
    await within({ scene, ms: confirmation.timeout - 2_000 }, 'it is settled', settledAt(scene));
    assert.deepEqual(published(scene), [id]);
    assert.equal((await scene.sink()).unproven, 0);
  });

test('an entity that does not show an event is sent it again, and after five misses no longer counts', async () => {
  await using scene = await createSeenScene();
  const { home, world } = scene;
  home.stare();
  const id = await scene.buy();
  await scene.until('it is told', async () =>
    /does not show an event/.test((await scene.sink()).sentence ?? ''),
  );
  assert.equal((await scene.sink()).undelivered, 1);
  await scene.until('the bridge goes on', settledAt(scene));
  assert.deepEqual(new Set(home.heard), new Set([id]));
  assert.equal(home.heard.length, 5);
  assert.ok(
    world
      .app()
      .health()
      .some(({ part, sentence }) => part === 'home_assistant' && /same broker/.test(sentence ?? '')),
  );
});

test('an entity that missed events now and then still counts: only those in a row do not', async () => {
  await using scene = await createSeenScene();
  const { home, world } = scene;
  const bought = [];
  for (const sent of [3, 6]) {
    home.stare();
    bought.push(await scene.buy());
    await scene.until('it was missed', () => home.heard.length === sent);
    home.stare(false);
    await scene.until('it is settled', settledAt(scene));
  }
  assert.deepEqual(new Set(home.heard), new Set(bought));
  assert.equal((await scene.sink()).unproven, 0);
  assert.ok(
    world
      .app()
      .health()
      .every(({ sentence }) => !/same broker/.test(sentence ?? '')),
  );
});

test('a burst that an entity does not show at once is one miss, and is sent again', async () => {
  await using scene = await createSeenScene();
  const { home, world } = scene;
  home.stare();
  const purchases = Array.from({ length: 2 * confirmation.misses }, () =>
    world.bank.purchase(alex.current, { amount: 100, merchant: 'Blue Door Coffee' }),
  );
  await scene.look();
  await scene.until('some are sent again', () => home.heard.length > purchases.length);
  home.stare(false);
  await scene.until('they are settled', settledAt(scene));
  assert.equal((await scene.sink()).unproven, 0);
});

test('the balance reaches the broker before the bus event reaches Home Assistant', async () => {
  await using scene = await createSeenScene();
  const { fake, broker, world } = scene;
  const balances: unknown[] = [];
  assert.ok(fake);
  fake.world.script.get = (type) => {
    if (type === 'fire_event') balances.push(JSON.parse(broker.retained(`monzo/${alex.current}`) ?? '{}'));
    return undefined;
  };
  await scene.buy();
  await scene.until('it is fired', () => balances.length > 0);
  const [{ balance } = { balance: 0 }] = balances as { balance: number }[];
  assert.equal(Math.round(balance * 100), world.bank.account(alex.current).balance);
});

test('after a long outage one notification sums up the late events', async () => {
  await using scene = await createSeenScene();
  const { fake, home } = scene;
  await home.vanish();
  await fake?.stop();
  const kept = [];
  for (let count = 0; count < 12; count += 1) kept.push(await scene.buy());
  await scene.pass(3 * 60 * minute);
  await fake?.start();
  await home.come();
  await scene.until('all are heard', () => home.heard.length === 12);
  assert.deepEqual(home.heard, kept);
  await scene.until('the notice is there', () => fake?.notifications.has('monzo_bridge_recovered') === true);
  assert.match(
    fake?.notifications.get('monzo_bridge_recovered')?.message ?? '',
    /\*\*12 transactions\*\* reached Home Assistant late.*3 hours old/,
  );
});
