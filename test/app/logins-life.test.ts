import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, test } from 'node:test';
import { createDoorbellKeys } from '../../src/ingest/doorbell.ts';
import { knownStates } from '../../src/logins/fault-table.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { inState } from '../support/login-faults.ts';
import { add, answered, begin, loginOf, post, reload, signIn, stateOf } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** As if the approval had been given that long ago. */
async function agedBy(world: World, ms: number): Promise<void> {
  const database = new DatabaseSync(join(world.directory, 'monzo-bridge.sqlite'));
  database.prepare('UPDATE login SET approved_at = ?').run(world.clock.now() - ms);
  database.close();
  await world.restart();
  await world.clock.advance(5 * minute);
}

interface LoginItem {
  readonly state: string;
  readonly needs: string | null;
  readonly consent: { readonly approved_at: string | null; readonly expires_about: string | null };
}

async function apiLogin(world: World, id: string): Promise<LoginItem | undefined> {
  const answer = await world.api('/api/logins');
  const { items } = (await answer.json()) as { items: readonly (LoginItem & { readonly id: string })[] };
  return items.find((item) => item.id === id);
}

describe('the age of the approval', () => {
  it('is announced from the eightieth day on, until the person says that they renewed it', async () => {
    await using world = await createWorld();
    const id = await world.connect('alex');
    await agedBy(world, 79 * day);
    assert.equal(loginOf(world, id).needs, null);
    await agedBy(world, 81 * day);
    const due = await apiLogin(world, id);
    assert.equal(due?.state, 'active');
    assert.match(due?.needs ?? '', /^The approval lapses about 11 November 2026: renew it in the Monzo app/);
    await world.api(`/api/logins/${id}/approval-renewed`, { method: 'POST' });
    const renewed = await apiLogin(world, id);
    assert.equal(renewed?.needs, null);
    assert.match(renewed?.consent.expires_about ?? '', /^2027-01-31/);
    await world.clock.advance(hour);
    assert.equal(loginOf(world, id).needs, null);
  });

  it('starts again after a lapse, but not after a reload without one', async () => {
    await using world = await createWorld();
    const id = await world.connect('alex');
    const first = loginOf(world, id).approvedAt ?? 0;
    await world.clock.advance(day);
    await reload(world, id);
    assert.equal(loginOf(world, id).approvedAt, first);
    world.bank.lapseApproval(alex.userId);
    await world.clock.advance(hour);
    await world.api(`/api/logins/${id}/approval-renewed`, { method: 'POST' });
    assert.equal(stateOf(world, id), 'needs_approval', 'the bank has the last word');
    assert.equal(loginOf(world, id).approvedAt, first);
    world.bank.approve(alex.userId);
    await reload(world, id);
    assert.equal(stateOf(world, id), 'active');
    assert.ok((loginOf(world, id).approvedAt ?? 0) >= first + day);
  });
});

describe('names', () => {
  it('are unique, whatever their case', async () => {
    await using world = await createWorld();
    await begin(world, alex, 'Alex');
    const refused = await add(world, sam, 'ALEX');
    assert.equal(((await refused.json()) as { readonly code: string }).code, 'name_in_use');
    const { id } = await begin(world, sam, 'Sam');
    const rename = (name: string) => world.api(`/api/logins/${id}`, { ...post({ name }), method: 'PATCH' });
    assert.equal(((await (await rename('alex')).json()) as { readonly code: string }).code, 'name_in_use');
    assert.equal(loginOf(world, id).name, 'Sam');
    assert.equal((await rename('SAM')).status, 200, 'its own name in another case');
    assert.equal((await rename('Samantha')).status, 200);
    assert.match(loginOf(world, id).needs ?? '', /^Samantha: sign in at Monzo/);
  });
});

test('trouble of which nothing is known, as after an upgrade, is found out by the next reading', async () => {
  await using world = await createWorld();
  const id = await world.connect('alex');
  const forgetTrouble = async () => {
    const database = new DatabaseSync(join(world.directory, 'monzo-bridge.sqlite'));
    database.exec(`UPDATE login SET trouble = '{"fault":"unknown","facts":{}}'`);
    database.close();
    await world.restart();
  };
  await forgetTrouble();
  await world.until('it is read', () => world.app().health()[1]?.state === 'ok');
  assert.deepEqual([loginOf(world, id).needs, loginOf(world, id).fault], [null, null]);
  world.faults.add({ kind: 'status', status: 503 });
  await forgetTrouble();
  await world.clock.advance(hour);
  assert.equal(loginOf(world, id).fault, 'bank_down');
  world.faults.clear();
  world.bank.lapseApproval(alex.userId);
  await world.until('the lapse is seen', () => stateOf(world, id) === 'needs_approval');
  await forgetTrouble();
  assert.match(loginOf(world, id).needs ?? '', /^Alex: open the Monzo app/);
  await world.clock.advance(hour);
  assert.equal(loginOf(world, id).fault, 'no_permission');
});

describe('a restart', () => {
  for (const state of knownStates)
    it(`leaves a login ${state} as it was, with the same sentence`, async () => {
      await using world = await createWorld();
      const id = await inState[state](world);
      const { needs } = loginOf(world, id);
      await world.restart();
      // Refused tokens are tried again after five minutes.
      await world.clock.advance(4 * minute);
      assert.equal(stateOf(world, id), state);
      assert.equal(loginOf(world, id).needs, needs);
    });

  it('can find that given-up tokens still work: reload makes the login active', async () => {
    await using world = await createWorld();
    const id = await inState.needs_authorisation(world);
    const { approvedAt } = loginOf(world, id);
    await world.restart();
    await reload(world, id);
    assert.equal(stateOf(world, id), 'active');
    assert.equal(loginOf(world, id).approvedAt, approvedAt);
    await reload(world, id);
    assert.equal(stateOf(world, id), 'active');
  });
});

test('a new sign-in is tried every five seconds, however long the last one took', async () => {
  await using world = await createWorld();
  const id = await signIn(world, alex);
  await world.clock.advance(3 * hour);
  const { authorize_url } = (await (
    await world.api(`/api/logins/${id}/reauthorize`, { method: 'POST' })
  ).json()) as { readonly authorize_url: string };
  const query = new URL(authorize_url).searchParams;
  const [redirectUri, state] = [query.get('redirect_uri') ?? '', query.get('state') ?? ''];
  await fetch(world.bank.authorize({ clientId: alex.clientId, redirectUri, state, userId: alex.userId }));
  await world.clock.advance(minute);
  world.bank.approve(alex.userId);
  await world.clock.advance(6_000);
  assert.equal(stateOf(world, id), 'active');
});

describe('a removal', () => {
  const settings = {
    MONZO_BRIDGE_SECRET_KEY: 'ab'.repeat(32),
  };
  const remove = (world: World, id: string, query = '') =>
    answered(world, world.api(`/api/logins/${id}${query}`, { method: 'DELETE' }));

  it('deletes our own webhooks at Monzo and ends the tokens there, and leaves those of others', async () => {
    await using world = await createWorld({ settings });
    const id = await world.connect('alex');
    await world.connect('sam');
    const keys = createDoorbellKeys(Buffer.from(settings.MONZO_BRIDGE_SECRET_KEY, 'hex'));
    const ours = (accountId: string) => `https://bridge.example/hooks/${keys.keyOf(accountId)}`;
    const { clientId } = alex;
    const { current: accountId } = alex;
    const hooks = [
      { id: 'webhook_ours', accountId, clientId, url: ours(accountId) },
      { id: 'webhook_twice', accountId, clientId, url: ours(accountId) },
      { id: 'webhook_joint', accountId: joint.account, clientId, url: ours(joint.account) },
      { id: 'webhook_other_program', accountId, clientId, url: 'https://bridge.example/hooks/of-others' },
      { id: 'webhook_foreign_key', accountId, clientId, url: ours(sam.current) },
      { id: 'webhook_of_sam', accountId: joint.account, clientId: sam.clientId, url: ours(joint.account) },
    ];
    for (const hook of hooks) world.bank.model.webhooks.set(hook.id, { ...hook, createdMs: 0 });
    assert.equal((await remove(world, id)).status, 204);
    assert.deepEqual(
      [...world.bank.model.webhooks.keys()].filter((hookId) => hooks.some((hook) => hook.id === hookId)),
      ['webhook_other_program', 'webhook_foreign_key', 'webhook_of_sam'],
    );
    const logout = world.bank.calls.find(({ path }) => path === '/oauth2/logout');
    assert.deepEqual([logout?.status, logout?.userId], [200, alex.userId]);
  });

  it('does not wait long for a silent bank, logs that, and completes here', async () => {
    await using world = await createWorld();
    const id = await world.connect('alex');
    world.faults.add({ kind: 'timeout_before' });
    const before = world.clock.now();
    assert.equal((await remove(world, id)).status, 204);
    assert.ok(world.clock.now() - before < 20_000);
    assert.deepEqual(world.app().view().logins, []);
    assert.ok(world.logLines.some((line) => line.includes('Monzo could not be told that a login ends')));
  });

  for (const keep of [true, false])
    it(`${keep ? 'keeps' : 'deletes'} the history that no other login sees`, async () => {
      await using world = await createWorld();
      world.bank.addHistory(alex.current, { days: 20, perDay: 3 });
      world.bank.addHistory(joint.account, { days: 20, perDay: 1 });
      const id = await world.connect('alex');
      await world.connect('sam');
      await world.until('the histories are read', () =>
        world
          .app()
          .view()
          .logins.every(({ history }) => history.state === 'complete'),
      );
      const own = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
      const shared = world.bank.purchase(joint.account, { amount: 900, merchant: 'Green Grocer' });
      await world.clock.advance(10 * minute);
      assert.equal((await remove(world, id, `?keep_history=${keep}`)).status, 204);
      const count = async (account: string) => {
        const answer = await world.api(`/api/transactions?account=${account}&limit=500`);
        if (answer.status === 404) return 0;
        return ((await answer.json()) as { readonly items: readonly unknown[] }).items.length;
      };
      assert.equal(await count(alex.current), keep ? 61 : 0);
      assert.equal(await count(joint.account), 21);
      const events = await (await world.api('/api/events')).text();
      assert.equal(events.includes(own), keep);
      assert.ok(events.includes(shared));
      await world.connect('alex');
      await world.clock.advance(10 * minute);
      const again = (await (await world.api('/api/events')).json()) as { readonly items: readonly unknown[] };
      assert.equal(again.items.length, keep ? 2 : 1, 'coming back makes no event of the past');
    });

  it('says nothing to Monzo for a login whose tokens are dead', async () => {
    await using world = await createWorld();
    const id = await world.connect('alex');
    world.bank.evict(alex.clientId, alex.userId);
    await world.clock.advance(5 * minute);
    const calls = world.bank.calls.length;
    assert.equal((await remove(world, id)).status, 204);
    assert.equal(world.bank.calls.length, calls);
  });
});
