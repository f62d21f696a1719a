import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAt, temporaryStore } from '../../test/support/store-samples.ts';
import { createSettings } from '../store/settings.ts';
import { RailsStore } from './rails.ts';

const caller = { door: 'page', user: 'Alex' } as const;

test('the rails are there from the start; what is left out of a change stays, and who made it is known', (t) => {
  const { database, audit } = temporaryStore(t);
  const parts = { settings: createSettings(database), audit, transaction: <T>(fn: () => T) => fn() };
  const journal = () => new RailsStore(parts, clockAt(7));
  assert.deepEqual(journal().document(), {
    per_move: { '*': '100' },
    per_day: { '*': '300' },
    floor: { '*': '0' },
    accounts: {},
    pots: null,
    cooldown_seconds: 60,
    dry_run: false,
  });
  const accounts = { acc_1: { per_day: { GBP: '12.50' } } };
  assert.deepEqual(journal().set({ accounts, pots: ['pot_1'] }, caller).accounts, accounts);
  assert.equal(journal().set({ dry_run: true }, caller).pots?.[0], 'pot_1');
  const { pots, dryRun, perMove, accounts: byId } = journal().rails();
  assert.deepEqual([pots?.has('pot_1'), dryRun, perMove], [true, true, { '*': '100' }]);
  assert.deepEqual(byId.get('acc_1'), { perDay: { GBP: '12.50' } });
  const [newest] = audit.page({ limit: 1 }).items;
  assert.deepEqual([newest?.user, newest?.action, newest?.asked], ['Alex', 'set_rails', { dry_run: true }]);
});

test('what is no limit is refused with what would be right, and changes nothing', (t) => {
  const { database, audit } = temporaryStore(t);
  const parts = { settings: createSettings(database), audit, transaction: <T>(fn: () => T) => fn() };
  const journal = new RailsStore(parts, clockAt(7));
  for (const given of [
    { per_move: { '*': '1,50' } },
    { per_move: { '*': 100 } },
    { per_move: { pounds: '1' } },
    { floor: { GBP: '-1' } },
    { cooldown_seconds: -1 },
    { dryrun: true },
    { pots: 'pot_1' },
  ])
    assert.throws(() => journal.set(given, caller), { code: 'bad_request' }, JSON.stringify(given));
  assert.deepEqual(journal.document().per_move, { '*': '100' });
});
