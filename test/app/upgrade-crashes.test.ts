import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { alex } from '../../sim/household.ts';
import { createCrashes, type Crashes } from '../support/crash.ts';
import { movesAt, transfersOf } from '../support/money.ts';
import type { Scene } from '../support/scene.ts';
import { releases, upgraded } from '../upgrade/kept.ts';

const fired = ({ fake }: Scene) =>
  (fake?.of('fire_event') ?? []).map(({ event_data: data }) => (data as { event_id: string }).event_id);

const isWrite = (point: string) => point.startsWith('write ');

/** The first moments after an upgrade, with whatever crash was arranged: all is told, and nothing moves again. */
async function firstMoments(t: TestContext, release: string, crashes: Crashes): Promise<void> {
  const bakery: string[] = [];
  await using scene = await upgraded(t, release, {
    crashes,
    meanwhile: (bank) => bakery.push(bank.purchase(alex.current, { amount: 480, merchant: 'Bakery' })),
  });
  const { world, home } = scene;
  const made = movesAt(world).length;
  await home.come();
  await scene.until('it is told', () => home.heard.includes(`${bakery[0]}:created`));
  await scene.until('the open move is found', async () => {
    await world.revived();
    return transfersOf(world).some(({ requestId, state }) => requestId === 'kept-open' && state === 'moved');
  });
  await scene.pass(60_000);
  await world.revived();
  assert.equal(movesAt(world).length, made);
  const told = new Set([...home.heard, ...fired(scene)].filter((id) => id.startsWith('tx_')));
  assert.deepEqual([...told].filter((id) => !bakery.includes(id.split(':')[0] ?? '')).length, 2);
}

for (const release of releases)
  it(`${release} loses and doubles nothing where its first start with this version is cut off at any write`, async (t) => {
    const calm = createCrashes();
    const points = await firstMoments(t, release, calm).then(() => [...calm.reached.keys()].filter(isWrite));
    assert.ok(points.length > 10, 'it writes');
    for (const point of points) {
      const crashes = createCrashes();
      crashes.arm((at) => at === point);
      await firstMoments(t, release, crashes);
      assert.deepEqual(crashes.happened, [point]);
    }
  });
