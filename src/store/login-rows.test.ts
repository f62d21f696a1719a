import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { nothingLearnt } from '../domain/learnt.ts';
import { BridgeError } from '../errors.ts';
import { createAuthorisations, createLearntFacts, createLogins } from './login-rows.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrations.ts';
import { clockAt, sampleLogin, temporaryDirectory } from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  const logins = createLogins(database);
  return { database, logins, authorisations: createAuthorisations(database, clockAt(1_000)) };
}

test('a login is read back as it was saved, new or changed, in the order of creation', (t) => {
  const { logins } = open(t);
  const sam = sampleLogin({ id: 'sam', name: 'Sam', clientId: 'c2', created: 500 });
  const alex = sampleLogin();
  logins.save(alex);
  logins.save(sam);
  assert.deepEqual(logins.all(), [sam, alex]);
  const grown = sampleLogin({
    name: 'Alexandra',
    userId: 'user_1',
    state: 'active',
    trouble: { fault: 'person_connected', facts: { during: 'sign_in', other: 'Sam' } },
    activeSince: 2_000,
    approvedAt: 2_001,
    lastSuccess: 2_002,
    history: {
      state: 'partial',
      read: 7,
      missing: [{ accountId: 'acc_1', before: 1_000, fault: 'bank_down' }],
    },
  });
  logins.save(grown);
  assert.deepEqual(logins.byId('alex'), grown);
  logins.remove('alex');
  assert.equal(logins.byId('alex'), undefined);
  assert.deepEqual(logins.all(), [sam]);
});

test('a stored sentence of an older version becomes an unknown fault and is not parsed', (t) => {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations.slice(0, 4));
  const add = (id: string, needs: string | null, missing: string | null) =>
    database.run(
      `INSERT INTO login (id, name, client_id, redirect_uri, state, needs, created, history)
       VALUES (?, ?, ?, 'r', 'active', ?, 1, ?)`,
      [
        id,
        id,
        id,
        needs,
        JSON.stringify({ state: missing === null ? 'complete' : 'partial', read: 7, missing }),
      ],
    );
  add('alex', 'Monzo cannot be reached. Nothing to do.', 'Some transactions could not be read.');
  add('sam', null, null);
  migrate(database, migrations);
  const found = createLogins(database).all();
  assert.deepEqual(
    found.map(({ trouble }) => trouble),
    [{ fault: 'unknown', facts: {} }, null],
  );
  assert.deepEqual(
    found.map(({ history }) => history),
    [
      { state: 'partial', read: 7, missing: [] },
      { state: 'complete', read: 7, missing: [] },
    ],
  );
});

test('an OAuth client belongs to one login', (t) => {
  const { logins } = open(t);
  logins.save(sampleLogin());
  assert.throws(
    () => logins.save(sampleLogin({ id: 'sam', name: 'Sam' })),
    (thrown) => thrown instanceof BridgeError && thrown.code === 'client_in_use',
  );
  assert.equal(logins.byId('sam'), undefined);
});

test('a state is valid for one callback before it expires, and is stored only as a hash', (t) => {
  const { database, logins, authorisations } = open(t);
  logins.save(sampleLogin());
  const redirectUri = 'https://example.org/callback';
  authorisations.begin({ loginId: 'alex', redirectUri, state: 'state-one', expires: 5_000 });
  authorisations.begin({ loginId: 'alex', redirectUri, state: 'state-two', expires: 5_000 });
  const stored = database.all('SELECT CAST(state AS TEXT) AS s FROM authorisation', [], (row) => row['s']);
  assert.equal(stored.length, 2);
  assert.ok(!JSON.stringify(stored).includes('state-'));
  assert.deepEqual(authorisations.take('state-three', 2_000), { ok: false, reason: 'unknown' });
  assert.deepEqual(authorisations.take('state-one', 4_999), { ok: true, loginId: 'alex', redirectUri });
  assert.deepEqual(authorisations.take('state-one', 4_999), { ok: false, reason: 'used' });
  assert.deepEqual(authorisations.take('state-two', 5_000), { ok: false, reason: 'expired' });
  logins.remove('alex');
  assert.deepEqual(authorisations.take('state-two', 2_000), { ok: false, reason: 'unknown' });
});

test('states are deleted long after they expired', (t) => {
  const { database, logins, authorisations } = open(t);
  logins.save(sampleLogin());
  const begun = { loginId: 'alex', redirectUri: 'r', expires: 2_000 };
  authorisations.begin({ ...begun, state: 'old' });
  createAuthorisations(database, clockAt(3_000)).begin({ ...begun, state: 'newer' });
  assert.deepEqual(authorisations.take('old', 3_000), { ok: false, reason: 'expired' });
  const later = createAuthorisations(database, clockAt(1_000_000_000));
  later.begin({ ...begun, state: 'newest', expires: 2_000_000_000 });
  assert.deepEqual(authorisations.take('old', 3_000), { ok: false, reason: 'unknown' });
  assert.equal(later.take('newest', 1_000_000_001).ok, true);
});

test('what was learnt of the bank is kept with its login, and goes with it', (t) => {
  const { database, logins } = open(t);
  const learnt = createLearntFacts(database);
  learnt.save('alex', { longestPage: 50 });
  assert.deepEqual(learnt.of('alex'), nothingLearnt, 'a login that is not there learns nothing');
  logins.save(sampleLogin());
  learnt.save('alex', { longestPage: 50 });
  learnt.save('alex', {});
  logins.save(sampleLogin({ name: 'Alexandra' }));
  assert.equal(learnt.of('alex').longestPage, 50);
  logins.remove('alex');
  assert.deepEqual(learnt.of('alex'), nothingLearnt);
});
