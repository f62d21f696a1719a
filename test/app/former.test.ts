import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alex, sam as samOfBank } from '../../sim/household.ts';
import { holiday, move, worldWithAlex } from '../support/money.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal, settingsBeside } from './cli-run.ts';

/** What a person reads of the command line of a bridge. */
function readerOf(world: World) {
  return async (...argv: readonly string[]) => {
    const env = settingsBeside(world);
    const { code, out, err } = await answered(world, runOnTerminal(argv, { cwd: world.directory, env }));
    assert.deepEqual([code, err], [0, ''], argv.join(' '));
    return out;
  };
}

async function formerOf(world: World): Promise<readonly unknown[]> {
  const { items } = (await (await world.api('/api/former')).json()) as { readonly items: readonly object[] };
  return items.map((item) => Object.values(item));
}

/** Closed before the bridge first saw it. */
const oldBike = ['pot', 'pot_0000AlexDeleted', 'Old bike', true];

/** Until a second list of the bank agrees. */
const longEnough = 20 * 60_000;

describe('what is shown no more keeps its name', () => {
  it('a closed pot, in moves, audit, transactions and filters, also after a restart', async () => {
    await using world = await worldWithAlex();
    const read = readerOf(world);
    const { transfer_id: id } = await move(world, { request_id: 'r' });
    world.bank.closePot(holiday);
    await world.clock.advance(longEnough);
    await world.restart();
    assert.deepEqual(await formerOf(world), [oldBike, ['pot', holiday, '🏖️ Holiday', true]]);
    assert.match(await read('former'), /pot +🏖️ Holiday +closed/);
    assert.match(await read('transfers'), /deposit +5\.00 GBP +🏖️ Holiday \(closed\) +r/);
    assert.match(await read('transfers', String(id)), /pot: 🏖️ Holiday \(closed\)\n/);
    assert.match(await read('audit'), /pot_transfer +5\.00 GBP into 🏖️ Holiday \(closed\) +allowed/);
    const found = await read('transactions', '--pot', 'holiday');
    assert.match(found, /-5\.00 GBP +pot_deposit/);
    assert.doesNotMatch(found, /pot_0/);
    const byName = await world.api('/api/transactions?pot=holiday');
    const { items } = (await byName.json()) as { readonly items: readonly { readonly pot_id: string }[] };
    assert.deepEqual(new Set(items.map(({ pot_id: pot }) => pot)), new Set([holiday]));
  });

  it('closed pots that had one name are told apart before one is meant', async () => {
    await using world = await worldWithAlex();
    const { bank } = world;
    const trips = [0, 1].map(() => bank.openPot(alex.current, { name: 'Trip' }));
    await world.clock.advance(longEnough);
    for (const trip of trips) bank.closePot(trip);
    await world.clock.advance(longEnough);
    const answer = await world.api('/api/transactions?pot=trip');
    const { code, detail = '' } = (await answer.json()) as {
      readonly code?: string;
      readonly detail?: string;
    };
    const choices = trips.map((trip) => detail.includes(trip));
    assert.deepEqual([answer.status, code, ...choices], [409, 'ambiguous_pot', true, true]);
  });

  it('but a new pot of that name is meant first', async () => {
    await using world = await worldWithAlex();
    const read = readerOf(world);
    await move(world, { request_id: 'r' });
    world.bank.closePot(holiday);
    world.bank.openPot(alex.current, { name: 'Holiday' });
    await world.clock.advance(longEnough);
    assert.doesNotMatch(await read('transactions', '--pot', 'Holiday'), /pot_deposit/);
    assert.match(await read('transactions', '--pot', holiday), /pot_deposit/);
  });

  it('a closed account, and what a person had who was removed while the history was kept', async () => {
    await using world = await createWorld();
    await world.connect('alex');
    const sam = await world.connect('sam');
    world.bank.purchase(samOfBank.current, { amount: 350, merchant: 'Corner Shop' });
    world.bank.closeAccount(alex.flex);
    await world.clock.advance(longEnough);
    assert.deepEqual(await formerOf(world), [['account', alex.flex, 'Flex', true], oldBike]);
    const { accounts, pots } = world.app().view();
    const ofSam = accounts.filter(({ loginIds }) => loginIds.join() === sam);
    assert.ok(ofSam.length > 0);
    const remove = (keep: boolean) =>
      answered(world, world.api(`/api/logins/${sam}?keep_history=${keep}`, { method: 'DELETE' }));
    assert.equal((await remove(true)).status, 204);
    const gone = [
      ...ofSam.map(({ id, name }) => ['account', id, name, false]),
      ...pots
        .filter(({ accountId }) => ofSam.some(({ id }) => id === accountId))
        .map(({ id, name }) => ['pot', id, name, false]),
    ];
    const former = await formerOf(world);
    assert.deepEqual(new Set(former), new Set([['account', alex.flex, 'Flex', true], oldBike, ...gone]));
    for (const [kind, id] of gone)
      assert.equal((await world.api(`/api/transactions?${String(kind)}=${String(id)}`)).status, 200);
    const read = readerOf(world);
    assert.match(await read('transactions', '--account', ofSam[0]?.id ?? ''), /\(no longer connected\)\n/);
  });

  it('unless the history was removed with it', async () => {
    await using world = await createWorld();
    await world.connect('alex');
    const sam = await world.connect('sam');
    await answered(world, world.api(`/api/logins/${sam}`, { method: 'DELETE' }));
    assert.deepEqual(await formerOf(world), [oldBike]);
  });
});
