import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAt, temporaryStore } from '../../test/support/store-samples.ts';
import { createSettings, type Settings } from '../store/bridge-records.ts';
import { createMoneyPause, createRailsStore, pauseSentence, type PauseReason } from './rails-store.ts';

const caller = { door: 'page', user: 'Alex' } as const;

test('the rails are there from the start; what is left out of a change stays, and who made it is known', (t) => {
  const { database, audit } = temporaryStore(t);
  const parts = { settings: createSettings(database), audit, transaction: <T>(fn: () => T) => fn() };
  const railsStore = () => createRailsStore(parts, clockAt(7));
  assert.deepEqual(railsStore().document(), {
    per_move: { '*': '100' },
    per_day: { '*': '300' },
    floor: { '*': '0' },
    accounts: {},
    pots: null,
    cooldown_seconds: 60,
    dry_run: false,
  });
  const accounts = { acc_1: { per_day: { GBP: '12.50' } } };
  assert.deepEqual(railsStore().set({ accounts, pots: ['pot_1'] }, caller).accounts, accounts);
  assert.equal(railsStore().set({ dry_run: true }, caller).pots?.[0], 'pot_1');
  const { pots, dryRun, perMove, accounts: byId } = railsStore().rails();
  assert.deepEqual([pots?.has('pot_1'), dryRun, perMove], [true, true, { '*': '100' }]);
  assert.deepEqual(byId.get('acc_1'), { perDay: { GBP: '12.50' } });
  const [newest] = audit.page({ limit: 1 }).items;
  assert.deepEqual([newest?.user, newest?.action, newest?.asked], ['Alex', 'set_rails', { dry_run: true }]);
});

test('what is no limit is refused with what would be right, and changes nothing', (t) => {
  const { database, audit } = temporaryStore(t);
  const parts = { settings: createSettings(database), audit, transaction: <T>(fn: () => T) => fn() };
  const railsStore = createRailsStore(parts, clockAt(7));
  for (const given of [
    { per_move: { '*': '1,50' } },
    { per_move: { '*': 100 } },
    { per_move: { pounds: '1' } },
    { floor: { GBP: '-1' } },
    { cooldown_seconds: -1 },
    { dryrun: true },
    { pots: 'pot_1' },
  ])
    assert.throws(() => railsStore.set(given, caller), { code: 'bad_request' }, JSON.stringify(given));
  assert.deepEqual(railsStore.document().per_move, { '*': '100' });
});

function settingsWith(refuses = false): Settings {
  const stored = new Map<string, unknown>();
  return {
    get: (key) => stored.get(key),
    set: (key, value) => {
      if (refuses) throw new Error('the disk is full');
      stored.set(key, value);
    },
    delete: (key) => void stored.delete(key),
  };
}

test('a pause is remembered until money is let move again', () => {
  const settings = settingsWith();
  let changes = 0;
  const moneyPause = createMoneyPause(settings, () => (changes += 1));
  assert.equal(moneyPause.isPaused(), false);
  moneyPause.pause();
  assert.equal(createMoneyPause(settings, () => {}).isPaused(), true);
  moneyPause.resume();
  assert.equal(createMoneyPause(settings, () => {}).isPaused(), false);
  assert.equal(changes, 2);
});

test('the bridge’s own reason is remembered as facts, and one that cannot be read is still a reason', () => {
  const settings = settingsWith();
  const reason = () => createMoneyPause(settings, () => {}).reason();
  const given: PauseReason = { code: 'other_amount', facts: {} };
  createMoneyPause(settings, () => {}).pause(given);
  assert.deepEqual(reason(), given);
  assert.match(pauseSentence(reason()) ?? '', /another amount than was requested/);
  createMoneyPause(settings, () => {}).pause();
  assert.deepEqual(reason(), given, 'a pause by a person keeps it');
  for (const odd of ['A sentence.', { code: 'never_heard_of', facts: {} }, 7]) {
    settings.set('paused_why', odd);
    assert.deepEqual(reason(), { code: 'unknown', facts: {} });
    assert.match(pauseSentence(reason()) ?? '', /before it was upgraded.*Monzo app/);
  }
  createMoneyPause(settings, () => {}).resume();
  assert.deepEqual([reason(), pauseSentence(reason())], [null, null]);
});

test('a pause holds even when the disk does not take it, and never ends without the disk', () => {
  const moneyPause = createMoneyPause(settingsWith(true), () => {});
  assert.throws(() => moneyPause.pause(), /disk is full/);
  assert.equal(moneyPause.isPaused(), true);
  assert.throws(() => moneyPause.resume(), /disk is full/);
  assert.equal(moneyPause.isPaused(), true);
});
