import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { alex, joint, sam } from '../../sim/household.ts';
import { mayHavePots } from '../../src/domain/account.ts';
import { ask, move, movesAt, outcomesOf, transfersOf } from '../support/money.ts';
import { settledAt, type Scene } from '../support/scene.ts';
import { createWorld } from '../support/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { refuseUnknownSchema } from '../../src/store/migrations.ts';
import { migrations } from '../../src/store/schema.ts';
import { keptOf, releases, upgraded, type Hazards } from '../upgrade/kept.ts';

const minute = 60_000;

interface Component {
  readonly platform: string;
  readonly unique_id?: string;
  readonly default_entity_id?: string;
  readonly state_topic?: string;
  readonly topic?: string;
  readonly type?: string;
  readonly subtype?: string;
}

interface Document {
  readonly device: { readonly identifiers: readonly string[] };
  readonly components: Readonly<Record<string, Component>>;
}

/** What must never change: a subtype has changed once, because it was a name. */
function fixed({ device, components }: Document, keys = Object.keys(components)) {
  return {
    identifiers: device.identifiers,
    components: keys.map((key) => {
      const {
        platform,
        unique_id: id,
        default_entity_id: entityId,
        state_topic,
        topic,
        type,
      } = components[key] ?? {};
      return { key, platform, id, entityId, state_topic, topic, type };
    }),
  };
}

const triggersOf = ({ components }: Document) =>
  Object.values(components).filter(({ platform }) => platform === 'device_automation');

async function seen(t: TestContext, release: string, hazards: Hazards = {}): Promise<Scene> {
  const scene = await upgraded(t, release, hazards);
  await scene.home.come();
  await scene.until('the entities are seen', () => (scene.fake?.of('subscribe_entities').length ?? 0) > 0);
  await scene.pass(minute);
  return scene;
}

const fired = ({ fake }: Scene) =>
  (fake?.of('fire_event') ?? []).map(({ event_data: data }) => (data as { event_id: string }).event_id);

for (const release of releases)
  describe(`the household of ${release}`, () => {
    it('keeps its devices, entity ids and device triggers', async (t) => {
      await using scene = await seen(t, release);
      const { bank } = scene.world;
      const documents = Object.entries(keptOf(release).retained).filter(([topic]) =>
        topic.endsWith('/config'),
      );
      assert.ok(documents.length > 10);
      for (const [topic, text] of documents) {
        const before = JSON.parse(text) as Document;
        const now = JSON.parse(scene.broker.retained(topic) ?? '{}') as Document;
        assert.notEqual(scene.broker.retained(topic), text, 'it was written by this version');
        // An account that can have no pots has no total balance any more: its balance is the same.
        const account = bank.model.accounts.get(before.device.identifiers[0]?.replace('monzo_', '') ?? '');
        const isLeftOut = account !== undefined && !mayHavePots(account);
        const kept = Object.keys(before.components).filter((key) => key !== 'total_balance' || !isLeftOut);
        assert.deepEqual(fixed(now, kept), fixed(before, kept), topic);
        for (const { subtype } of triggersOf(now)) assert.equal(subtype, 'Transaction', topic);
      }
    });

    it('keeps its logins: one goes on, the other says what it needs and goes on once approved', async (t) => {
      await using scene = await seen(t, release);
      const { world } = scene;
      const states = () =>
        world
          .app()
          .view()
          .logins.map(({ name, state }) => `${name} ${state}`);
      assert.deepEqual(states(), ['Alex active', 'Sam needs_approval']);
      const { needs } = world.app().view().logins[1] ?? assert.fail();
      assert.match(needs ?? '', /Sam.*Monzo app/);
      world.bank.approve(sam.userId);
      await scene.until('Sam is back', () => states()[1] === 'Sam active');
      const names = (await (await world.api('/api/accounts')).json()) as {
        readonly items: readonly { readonly id: string }[];
      };
      assert.ok(names.items.some(({ id }) => id === sam.current));
    });

    it('tells what was not told, and nothing else again', async (t) => {
      let missed = '';
      await using scene = await seen(t, release, {
        meanwhile: (bank) => {
          missed = bank.purchase(alex.current, { amount: 480, merchant: 'Bakery' });
        },
      });
      await scene.until('everything is told', settledAt(scene));
      const bank = scene.world.bank.model;
      const late = [...bank.transactions.values()].filter(
        ({ createdMs }) => createdMs >= keptOf(release).at - minute,
      );
      const told = [...new Set(scene.home.heard)];
      assert.deepEqual(told.toSorted(), late.map(({ id }) => `${id}:created`).toSorted());
      assert.ok(told.includes(`${missed}:created`));
      const { parked } = await scene.sink('home_assistant');
      assert.equal(parked.length, 1);
      assert.equal((await scene.post('/api/events/retry')).status, 200);
      await scene.until('the parked event is told', () => fired(scene).includes(parked[0]?.event_id ?? ''));
      assert.equal(fired(scene).filter((id) => id === parked[0]?.event_id).length, 1);
    });

    it('moves no money twice, and finds out what became of every transfer', async (t) => {
      await using scene = await seen(t, release);
      const { world } = scene;
      const { bank } = world;
      const made = movesAt(world).length;
      const stateOf = (requestId: string) =>
        transfersOf(world).find((row) => row.requestId === requestId && row.state !== 'not_sent')?.state;
      await scene.until('the open move is found', () => stateOf('kept-open') === 'moved');
      const again = async (requestId: string, more: Readonly<Record<string, unknown>>) => {
        const told = await move(world, { request_id: requestId, ...more });
        return [told['money_moved'], told['code'] ?? null];
      };
      const bike = { pot: sam.pots.bike };
      assert.deepEqual(await again('kept-moved', { amount: '5.00' }), ['yes', null]);
      assert.deepEqual(await again('kept-open', { amount: '11.00' }), ['yes', null]);
      assert.deepEqual(await again('kept-absent', { amount: '6.75' }), ['no', 'not_at_bank']);
      assert.deepEqual(await again('kept-decided', { ...bike, amount: '8.00' }), ['yes', null]);
      assert.deepEqual(await again('kept-unresolved', { ...bike, amount: '9.00' }), ['unknown', null]);
      assert.equal(movesAt(world).length, made);
      bank.approve(sam.userId);
      await scene.until('the last one is found', () => stateOf('kept-unresolved') === 'moved');
      await scene.until('everything is told', settledAt(scene));
      const outcomes = await outcomesOf(world);
      for (const row of transfersOf(world).filter(({ requestId }) => /open|unresolved/.test(requestId ?? '')))
        assert.deepEqual(outcomes.get(row.id), ['yes'], row.requestId ?? '');
      assert.equal(movesAt(world).length, made);
      // What never left, and what lacked money at the time, may be asked for anew.
      assert.deepEqual(await again('kept-not-sent', { amount: '7.00' }), ['yes', null]);
      assert.deepEqual(await again('kept-refused', { amount: '6.50' }), ['yes', null]);
      assert.equal(movesAt(world).length, made + 2);
    });

    it('keeps the rails', async (t) => {
      await using scene = await seen(t, release);
      const rails: unknown = await (await scene.world.api('/api/rails')).json();
      assert.deepEqual(rails, {
        per_move: { '*': '250', EUR: '20' },
        per_day: { '*': '300' },
        floor: { '*': '0' },
        accounts: { [joint.account]: { per_day: { GBP: '40' } } },
        pots: [alex.pots.holiday, alex.pots.savings, joint.pots.bills, sam.pots.bike],
        cooldown_seconds: 1,
        dry_run: false,
      });
      const refused = await ask(scene.world, 'pot_transfer', {
        pot: alex.pots.secondSavings,
        transfer_type: 'deposit',
        amount: '1',
      });
      assert.equal(refused['money_moved'], 'no');
      assert.equal((await move(scene.world, { amount: '251' }))['code'], 'per_move_cap');
    });

    it('is not opened by a version before this one, and stays as it is', async (t) => {
      const scene = await upgraded(t, release);
      const { directory } = scene.world;
      await scene[Symbol.asyncDispose]();
      const path = join(directory, 'monzo-bridge.sqlite');
      const before = readFileSync(path);
      assert.throws(() => refuseUnknownSchema(path, migrations.slice(0, -1)), {
        code: 'database_too_new',
        message: /written by a later version of monzo-bridge.*left unchanged.*restore a backup/,
      });
      assert.ok(before.equals(readFileSync(path)));
      const database = openDatabase(path);
      database.execute(`PRAGMA user_version = ${migrations.length + 1}`);
      database.close();
      await assert.rejects(createWorld({ directory }), { code: 'database_too_new' });
    });

    it('rests ever longer while the disk takes nothing of its logins, and then goes on', async (t) => {
      let isFull = true;
      const isDiskFull = (sql: string) => isFull && sql.includes('INSERT INTO login ');
      await using scene = await upgraded(t, release, { isDiskFull });
      const interrupted = () =>
        scene.world.logLines.filter((line) => line.includes('history was interrupted'));
      await scene.pass(30 * minute);
      assert.ok(interrupted().length < 20, `${interrupted().length} tries`);
      isFull = false;
      const historyOf = () => scene.world.app().view().logins[0]?.history.state;
      await scene.until('the history is read', () => historyOf() === 'complete');
    });
  });
