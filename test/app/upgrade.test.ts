import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { alex } from '../../sim/household.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { migrations } from '../../src/store/schema.ts';
import { ask, holiday, move } from '../support/money.ts';
import { temporaryDirectory } from '../support/store-samples.ts';
import { createWorld, start, type World } from '../support/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Each transfer of the old database: its state, its code, and the sentence that must not be read. */
const old = [
  ['open', null, null],
  ['unresolved', null, 'Stored: could not find out.'],
  ['moved', null, null],
  ['moved', 'decided', 'Stored: a person recorded it.'],
  ['not_moved', 'insufficient_funds', 'Stored: not enough.'],
  ['not_moved', 'not_at_bank', 'Stored: not shown.'],
  ['not_moved', 'bank_refused', 'Stored: refused (odd).'],
  ['not_sent', 'unreachable', 'Stored: not reached.'],
] as const;

/** A data directory as the bridge left it when transfers and the pause had sentences. */
function oldDirectory(t: TestContext): string {
  const directory = temporaryDirectory(t);
  const database = openDatabase(join(directory, 'monzo-bridge.sqlite'));
  migrate(database, migrations.slice(0, 5));
  for (const [index, [state, code, sentence]] of old.entries()) {
    // Early enough to be settled, or else late enough to be still open.
    const at = start - (state === 'open' ? minute : day);
    const ids = [`transfer_${index}`, `r_${index}`, `mb-${index}`, alex.userId, alex.current, holiday];
    database.run(
      `INSERT INTO transfer (id, request_id, dedupe_id, user_id, account_id, pot_id, created, first_sent_at,
         last_sent_at, state, code, sentence, amount, direction, currency, sends, owed_word, door, found)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'deposit', 'GBP', 1, 0, 'http', 0)`,
      [...ids, at, at, at, state, code, sentence, 100 + index],
    );
  }
  for (const [key, value] of [
    ['paused', true],
    ['paused_why', 'Stored: Monzo shows a money move.'],
  ] as const)
    database.run('INSERT INTO setting (key, value) VALUES (?, ?)', [key, JSON.stringify(value)]);
  database.close();
  return directory;
}

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly code: string | null;
  readonly sentence: string | null;
}

async function shownBy<T>(world: World, path: string): Promise<T> {
  return (await (await world.api(path)).json()) as T;
}

test('reasons that an earlier version kept as sentences are told from their codes', async (t) => {
  await using world = await createWorld({ directory: oldDirectory(t) });
  const { items } = await shownBy<{ readonly items: readonly Shown[] }>(world, '/api/transfers');
  const told = items.toReversed().map(({ state, code, sentence }) => [state, code, sentence]);
  const earlier = 'An earlier version recorded the reason; the audit shows it.';
  const missing =
    'Monzo does not show this move fifteen minutes after it was last sent, so it did not take place. Check in the Monzo app that the pot has not changed before you make the move again.';
  const unsure =
    'The bridge could not find out from Monzo whether this move took place. Check the Monzo app, then record it on the bridge’s page; until then it counts as made.';
  assert.deepEqual(told, [
    ['open', null, null],
    ['unresolved', 'undecidable', unsure],
    ['moved', null, null],
    ['moved', 'decided', `The money moved. ${earlier}`],
    [
      'not_moved',
      'insufficient_funds',
      'Monzo refused because there is not enough money. Nothing was moved. Ask again once there is.',
    ],
    ['not_moved', 'not_at_bank', missing],
    ['not_moved', 'bank_refused', `Nothing was moved. ${earlier}`],
    [
      'not_sent',
      'unreachable',
      'Monzo could not be reached. Nothing was moved. Check the network if this lasts.',
    ],
  ]);
});

test('an upgraded bridge stays paused, answers repetitions, records decisions, and moves money once resumed', async (t) => {
  await using world = await createWorld({ directory: oldDirectory(t) });
  await world.connect('alex');
  const pause = () => shownBy<{ readonly paused: boolean; readonly why: string | null }>(world, '/api/pause');
  const { paused, why } = await pause();
  assert.equal(paused, true);
  assert.match(why ?? '', /paused money moves by itself before it was upgraded.*Monzo app.*then resume/);
  const health = world.app().health();
  assert.equal(health.find(({ part }) => part === 'money')?.sentence, why);
  const refused = await move(world, { request_id: 'new' });
  assert.deepEqual([refused.http, refused['code'], refused['money_moved']], [409, 'paused', 'no']);
  assert.match(String(refused['detail']), /before it was upgraded.*Nothing was moved\. Resume on/);

  const repeat = (index: number) =>
    move(world, { request_id: `r_${index}`, amount: String((100 + index) / 100) });
  const unsure = await repeat(1);
  assert.deepEqual([unsure['status'], unsure['money_moved']], ['unknown', 'unknown']);
  assert.match(String(unsure['sentence']), /could not find out.*Do not repeat it/);
  const again = await repeat(6);
  assert.deepEqual([again.http, again['code'], again['transfer_id']], [409, 'bank_refused', 'transfer_6']);
  assert.match(String(again['detail']), /^Nothing was moved\. An earlier version/);

  const decided = await ask(world, 'decide_transfer', { transfer_id: 'transfer_1', money_moved: 'no' });
  assert.equal(decided['sentence'], 'A person checked and recorded that the money did not move.');
  await world.restart();
  const { code, sentence } = await shownBy<Shown>(world, '/api/transfers/transfer_1');
  assert.deepEqual([code, sentence], ['decided', decided['sentence']]);

  assert.equal((await ask(world, 'resume')).http, 200);
  assert.deepEqual(await pause(), { paused: false, why: null });
  assert.equal((await move(world, { request_id: 'new' }))['money_moved'], 'yes');
});
