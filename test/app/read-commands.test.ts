import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { Door } from '../../src/commands/command.ts';
import { openDoors, type Doors } from '../support/doors.ts';
import type { Handed } from '../support/fake-actions.ts';
import { answered } from '../support/people.ts';

type Item = Readonly<Record<string, unknown>>;

interface Listed {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** The command line lists transactions as the private API does, with its own verb. */
const doorsOfLists: readonly Door[] = ['http', 'page', 'mqtt', 'home_assistant'];

const strange = ['{{ states }}', 'null', '12', 'مقهى', '👩‍👩‍👧 & "Söhne"', 'x'.repeat(120)];

describe('reading the ledger through the doors', () => {
  let doors: Doors;
  before(async () => {
    doors = await openDoors();
    const { bank } = doors.world;
    for (const merchant of strange) bank.purchase(alex.current, { amount: 1_250, merchant });
    for (let index = 0; index < 130; index += 1)
      bank.purchase(alex.current, { amount: 100 + index, merchant: 'Corner Shop' });
    bank.salary(alex.current, { amount: 210_000 });
    bank.refund(alex.current, { amount: 500, merchant: 'Corner Shop' });
    await doors.ask('http', 'refresh', {});
  });
  after(() => doors[Symbol.asyncDispose]());

  const list = async (door: Door, body: Item): Promise<Listed> => {
    const { status, said } = await doors.ask(door, 'transactions', body);
    assert.equal(status, 'done', JSON.stringify(said));
    return said as unknown as Listed;
  };

  for (const door of doorsOfLists)
    it(`lists every transaction once, page by page, over ${door}`, async () => {
      const ids: unknown[] = [];
      let cursor: string | null = null;
      do {
        const page: Listed = await list(door, { limit: 50, ...(cursor !== null && { cursor }) });
        assert.ok(page.items.length <= 50);
        assert.ok(
          Buffer.byteLength(JSON.stringify(page)) < 30_000,
          'Home Assistant takes it into its records',
        );
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== null);
      const known = await (await doors.world.api('/api/transactions?limit=500')).json();
      assert.deepEqual(
        ids,
        (known as Listed).items.map(({ id }) => id),
      );
    });

  it('fires no event with what was read, because Home Assistant records events', async () => {
    const { homeAssistant: fake } = doors;
    const before = fake.of('fire_event').length;
    assert.equal((await list('home_assistant', { q: 'corner' })).items.length, 20);
    assert.equal((await doors.ask('home_assistant', 'summary', {})).status, 'done');
    assert.deepEqual(fake.of('fire_event').slice(before), []);
  });

  it('says why where Home Assistant does not take an answer', async () => {
    const { homeAssistant: fake } = doors;
    fake.world.scripts.takesWebhooks = false;
    const told = Promise.withResolvers<Handed>();
    doors.home.call({ script: 'monzo_summary', fields: {} }, told.resolve);
    const handed = await answered(doors.world, told.promise);
    fake.world.scripts.takesWebhooks = true;
    assert.ok('reason' in handed);
    assert.match(handed.reason, /did not let the answer through.*404.*add webhook:/);
    const { status, code } = handed.failure;
    assert.deepEqual([status, code], ['failed', 'answer_not_taken']);
    assert.doesNotMatch(JSON.stringify(fake.of('fire_event').at(-1)), /balance/);
  });

  it('hands on what strangers wrote as it is, and no longer than it need be', async () => {
    const { items } = await list('home_assistant', { min: '12.50', max: 12.5 });
    const names = items.map(({ name }) => String(name)).toReversed();
    assert.deepEqual(names.slice(0, -1), strange.slice(0, -1));
    assert.match(names.at(-1) ?? '', /^x{59}…$/);
  });

  it('finds an account and a pot by their names, and refuses what is neither', async () => {
    const { items } = await list('mqtt', { account: 'Current account', kind: 'incoming_payment' });
    assert.deepEqual(
      items.map(({ amount, account_name: name }) => [amount, name]),
      [[2_100, 'Current account']],
    );
    assert.deepEqual((await list('http', { pot: alex.pots.deleted })).items, []);
    for (const [body, code] of [
      [{ account: 'Mars' }, 'unknown_account'],
      [{ pot: 'Mars' }, 'unknown_pot'],
      [{ since: 'yesterday' }, 'bad_request'],
      [{ since: '2026-02-30' }, 'bad_request'],
      [{ limit: 51 }, 'bad_request'],
      [{ min: 'much' }, 'bad_request'],
      [{ merchants: 'x' }, 'bad_request'],
    ] as const) {
      const { status, said } = await doors.ask('http', 'transactions', body);
      assert.deepEqual([status, said['code']], ['refused', code], JSON.stringify(body));
    }
  });

  for (const door of ['http', 'page', 'cli', 'mqtt', 'home_assistant'] as const)
    it(`sums up how things stand over ${door}`, async () => {
      const { status, said } = await doors.ask(door, 'summary', {});
      assert.equal(status, 'done');
      const { accounts, pots } = said as { accounts: readonly Item[]; pots: readonly Item[] };
      const { bank } = doors.world;
      const current = accounts.find(({ id }) => id === alex.current) ?? assert.fail();
      const rows = [...bank.model.transactions.values()].filter(
        ({ accountId }) => accountId === alex.current,
      );
      const spent = rows.filter(({ amount }) => amount < 0).reduce((sum, { amount }) => sum - amount, 0);
      assert.equal(current['balance_minor'], bank.account(alex.current).balance);
      assert.equal(current['spent_this_month_minor'], spent - 500);
      assert.equal(current['left_to_move_today'], 300);
      const holiday = pots.find(({ id }) => id === alex.pots.holiday) ?? assert.fail();
      assert.deepEqual([holiday['balance'], holiday['goal'], holiday['goal_reached']], [450, 1_500, false]);
      assert.deepEqual([current['decimal_places'], holiday['decimal_places']], [2, 2]);
    });

  it('names the devices of Home Assistant, and does not wait for one that is silent', async () => {
    const { world: fake } = doors.homeAssistant;
    const devices = async () => {
      const { accounts, pots } = (await doors.ask('http', 'summary', {})).said as Readonly<
        Record<'accounts' | 'pots', readonly Item[]>
      >;
      const ours = new Set<unknown>([alex.current, alex.pots.holiday]);
      return [...accounts, ...pots].filter(({ id }) => ours.has(id)).map((one) => one['device_id']);
    };
    assert.deepEqual(await devices(), [null, null]);
    fake.devices = [
      { id: 'a'.repeat(32), identifiers: [['mqtt', `monzo_${alex.current}`]] },
      { id: 'b'.repeat(32), identifiers: [['mqtt', `monzo_${alex.pots.holiday}`]] },
    ];
    doors.homeAssistant.fire('device_registry_updated');
    await answered(doors.world, doors.world.clock.wait(1_000));
    assert.deepEqual(await devices(), ['a'.repeat(32), 'b'.repeat(32)]);
    fake.script.set('config/device_registry/list', 'silence');
    doors.homeAssistant.fire('device_registry_updated');
    await answered(doors.world, doors.world.clock.wait(1_000));
    const began = doors.world.clock.monotonic();
    assert.deepEqual(await devices(), [null, null]);
    assert.ok(doors.world.clock.monotonic() - began < 10_000, 'it waits');
    fake.script.clear();
    doors.homeAssistant.fire('device_registry_updated');
  });

  it('what was moved today counts against what may be moved', async () => {
    const deposit = { pot: alex.pots.holiday, transfer_type: 'deposit', amount: '40' };
    assert.equal((await doors.ask('http', 'pot_transfer', deposit)).status, 'done');
    const { said } = await doors.ask('http', 'summary', {});
    const { accounts } = said as { accounts: readonly Item[] };
    assert.equal(accounts.find(({ id }) => id === alex.current)?.['left_to_move_today'], 260);
    assert.equal(said['paused'], false);
    assert.equal((await doors.ask('http', 'pause', {})).status, 'done');
    assert.equal((await doors.ask('mqtt', 'summary', {})).said['paused'], true);
    assert.equal((await doors.ask('http', 'resume', {})).status, 'done');
  });

  it('answers a member of the household only once everyone may read', async () => {
    const { world, homeAssistant } = doors;
    homeAssistant.world.users.set('kid', { name: 'Kim', isAdministrator: false });
    const readers = async (who: string) => {
      const headers = { 'content-type': 'application/json' };
      const put = { method: 'PUT', headers, body: JSON.stringify({ readers: who }) };
      assert.equal((await answered(world, world.api('/api/home-assistant/readers', put))).status, 200);
    };
    const asKid = () => {
      const told = Promise.withResolvers<Handed>();
      doors.home.call({ script: 'monzo_transactions', fields: {}, userId: 'kid' }, told.resolve);
      return answered(world, told.promise);
    };
    const refused = await asKid();
    assert.ok('reason' in refused, 'no answer');
    assert.equal(refused.failure['code'], 'reading_not_allowed');
    assert.match(refused.reason, /Only administrators.*may read.*Ask an administrator/);
    assert.equal((await doors.ask('home_assistant', 'summary', {})).status, 'done', 'an automation');
    await readers('everyone');
    assert.ok('answer' in (await asKid()));
    await readers('administrators');
    assert.ok('reason' in (await asKid()));
  });
});
