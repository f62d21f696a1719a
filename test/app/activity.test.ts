import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activitySchema } from '../../src/contract/bridge-data.ts';
import { alex } from '../../sim/household.ts';
import { createWorld, start, type World } from '../support/world.ts';

const publicUrl = 'http://hooks.example.org';

async function activity(world: World) {
  const answer = await world.api('/api/activity');
  assert.equal(answer.status, 200);
  return activitySchema.parse(await answer.json());
}

test('shows the calls of each login, what is left of its budget, and the state of its history', async () => {
  await using world = await createWorld();
  const fresh = await activity(world);
  assert.deepEqual([fresh.since, fresh.logins, fresh.calls], [new Date(start).toISOString(), [], []]);
  const id = await world.connect('alex');
  await world.clock.advance(3_600_000);
  const { logins, calls, ledger } = await activity(world);
  const [login] = logins;
  const sent = world.bank.calls.length;
  assert.deepEqual([login?.id, login?.name, login?.calls.total, login?.bank], [id, 'Alex', sent, 'ok']);
  assert.ok((login?.calls.last_hour ?? 0) < sent && login?.calls.last_day === sent);
  assert.ok((login?.budget.available ?? 0) > 200 && login?.budget.capacity === 300);
  assert.equal(login?.history.state, 'complete');
  assert.equal(
    calls.reduce((sum, { count }) => sum + count, 0),
    sent,
  );
  assert.ok(calls.every(({ path }) => !/_0000/.test(path)));
  assert.ok(ledger.bytes > 0 && ledger.transactions === 0);
});

test('shows a bank that does not answer, and rings for transactions that do not exist', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
  await world.connect('alex');
  await world.clock.advance(60_000);
  const hook = [...world.bank.model.webhooks.values()].find(({ accountId }) => accountId === alex.current);
  const body = JSON.stringify({
    type: 'transaction.created',
    data: { id: 'tx_0000Never', account_id: alex.current },
  });
  await world.fetchFromOutside(hook?.url ?? '', { method: 'POST', body });
  const rung = (await activity(world)).doorbells;
  assert.deepEqual([rung.rings, rung.awaited, rung.unconfirmed], [1, 1, 0]);
  assert.ok(rung.last_ring);
  await world.clock.advance(120_000);
  const { doorbells } = await activity(world);
  assert.deepEqual([doorbells.rings, doorbells.awaited, doorbells.unconfirmed], [1, 0, 1]);
  const repair = world.faults.add({ kind: 'status', status: 503 });
  let now = await activity(world);
  for (let tries = 0; tries < 60 && now.logins[0]?.bank === 'ok'; tries += 1) {
    await world.clock.advance(60_000);
    now = await activity(world);
  }
  assert.notEqual(now.logins[0]?.bank, 'ok');
  repair();
});
