import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { nothingKnown } from '../domain/fold.ts';
import { BridgeError } from '../errors.ts';
import {
  clockAt,
  heldSample,
  knowledgeOf,
  sampleEvent,
  sampleKey,
  sampleLogin,
  temporaryDirectory,
} from '../../test/support/store-samples.ts';
import { openDatabase, type Database } from './database.ts';
import { createDeliveries } from './deliveries.ts';
import { createEventLog } from './event-log.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';
import { openStore, type StoreOptions } from './store.ts';
import { createTransfers } from './transfer-rows.ts';

const optionsFor = (directory: string): StoreOptions => ({
  directory,
  clock: clockAt(1_000),
  secretKey: sampleKey,
});
const withCode = (code: string) => (thrown: unknown) => thrown instanceof BridgeError && thrown.code === code;

test('data of all parts is there again after closing, in files with mode 0600', (t) => {
  const directory = join(temporaryDirectory(t), 'data');
  const store = openStore(optionsFor(directory));
  store.transaction(() => {
    store.logins.save(sampleLogin());
    store.vault.put('alex', 'token', 'secret');
    store.ledger.save(nothingKnown, knowledgeOf(heldSample()));
    store.events.append([sampleEvent('tx_1')]);
    store.settings.set('paused', true);
  });
  for (const name of ['monzo-bridge.sqlite', 'monzo-bridge.sqlite-wal', 'lock', 'lock.json']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
  const size = store.size();
  store.checkpoint();
  assert.ok(store.size() < size && store.size() > 10_000);
  store.close();
  store.close();
  const again = openStore(optionsFor(directory));
  assert.equal(again.logins.byId('alex')?.name, 'Alex');
  assert.equal(again.vault.get('alex', 'token'), 'secret');
  assert.equal(again.ledger.count(), 1);
  assert.equal(again.events.last(), 1);
  assert.equal(again.settings.get('paused'), true);
  assert.deepEqual(again.shapes.all(), []);
  assert.equal(again.authorisations.take('x', 1).ok, false);
  again.close();
});

test('a directory is locked while the store is open, and free afterwards', (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(optionsFor(directory));
  assert.throws(() => openStore(optionsFor(directory)), withCode('data_directory_in_use'));
  store.close();
  openStore(optionsFor(directory)).close();
});

test('if opening fails, the directory is released', (t) => {
  const directory = temporaryDirectory(t);
  const broken = { version: 1, name: 'broken', sql: 'SELECT nonsense' };
  assert.throws(() => openStore({ ...optionsFor(directory), migrations: [broken] }), /nonsense/);
  openStore(optionsFor(directory)).close();
  writeFileSync(join(directory, 'monzo-bridge.sqlite'), 'no database'.repeat(1_000));
  assert.throws(() => openStore(optionsFor(directory)), withCode('database_unreadable'));
  assert.ok(!readdirSync(directory).includes('lock.json'));
});

test('a database of a later version is refused and not changed', (t) => {
  const directory = temporaryDirectory(t);
  const later = { version: migrations.length + 1, name: 'later', sql: 'CREATE TABLE later (a TEXT) STRICT' };
  openStore({ ...optionsFor(directory), migrations: [...migrations, later] }).close();
  const path = join(directory, 'monzo-bridge.sqlite');
  const before = readFileSync(path);
  assert.throws(() => openStore(optionsFor(directory)), withCode('database_too_new'));
  assert.deepEqual(readFileSync(path), before);
  assert.ok(!readdirSync(directory).includes('backups'));
});

test('an older database is backed up and migrated with all its data', (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(optionsFor(directory));
  store.ledger.save(nothingKnown, knowledgeOf(heldSample()));
  store.close();
  const later = { version: migrations.length + 1, name: 'later', sql: 'CREATE TABLE later (a TEXT) STRICT' };
  const newer = openStore({ ...optionsFor(directory), migrations: [...migrations, later] });
  assert.equal(newer.ledger.count(), 1);
  newer.close();
  assert.deepEqual(readdirSync(join(directory, 'backups')), [`before-${later.version}.sqlite`]);
});

test('kill -9 keeps every committed transaction and nothing of an uncommitted one', (t) => {
  const directory = temporaryDirectory(t);
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const program = `
    const { openStore } = await import(${module('store.ts')});
    const { clockAt, sampleKey, sampleEvent, heldSample, knowledgeOf } = await import(${module('../../test/support/store-samples.ts')});
    const { nothingKnown } = await import(${module('../domain/fold.ts')});
    const store = openStore({ directory: ${JSON.stringify(directory)}, clock: clockAt(1), secretKey: sampleKey });
    const ingest = (id) => {
      store.ledger.save(nothingKnown, knowledgeOf(heldSample({ id })));
      store.events.append([sampleEvent(id)]);
    };
    store.transaction(() => ingest('tx_1'));
    store.transaction(() => { ingest('tx_2'); process.kill(process.pid, 'SIGKILL'); });`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: 'inherit',
  });
  assert.equal(signal, 'SIGKILL');
  const store = openStore(optionsFor(directory));
  assert.deepEqual([store.ledger.count(), store.events.last()], [1, 1]);
  assert.equal(store.ledger.byId('tx_1')?.transaction.id, 'tx_1');
  store.close();
});

test('a crash at any write leaves all of a transaction or none of it', (t) => {
  const directory = temporaryDirectory(t);
  let writesLeft = Infinity;
  const store = openStore({
    ...optionsFor(directory),
    beforeWrite: () => {
      if (writesLeft === 0) throw new Error('crash');
      writesLeft -= 1;
    },
  });
  t.after(() => store.close());
  const ingest = () =>
    store.transaction(() => {
      store.ledger.save(nothingKnown, knowledgeOf(heldSample()));
      store.events.append([sampleEvent('tx_1'), sampleEvent('tx_2')]);
    });
  const writes = 5;
  for (let point = 0; point < writes; point += 1) {
    writesLeft = point;
    assert.throws(ingest, /crash/);
    assert.deepEqual([store.ledger.count(), store.events.last()], [0, 0]);
  }
  writesLeft = writes;
  ingest();
  assert.deepEqual([store.ledger.count(), store.events.last()], [1, 2]);
});

test('a directory that cannot be used is refused with a sentence', (t) => {
  const directory = join(temporaryDirectory(t), 'data');
  mkdirSync(join(directory, 'monzo-bridge.sqlite'), { recursive: true });
  assert.throws(() => openStore(optionsFor(directory)), withCode('data_directory_unusable'));
});

/** A database that notes what it is asked. */
function openNoting(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  const asked = new Set<string>();
  const noted = (sql: string) => asked.add(sql) && sql;
  const noting: Database = {
    ...database,
    all: (sql, parameters, read) => database.all(noted(sql), parameters, read),
    get: (sql, parameters, read) => database.get(noted(sql), parameters, read),
    run: (sql, parameters) => database.run(noted(sql), parameters),
  };
  const planOf = (sql: string) =>
    database.all(`EXPLAIN QUERY PLAN ${sql}`, [], ({ detail }) => String(detail)).join('; ');
  return { noting, plans: () => [...asked].map(planOf) };
}

test('what is asked between a ring and its event does not take longer in a larger ledger', (t) => {
  const { noting, plans } = openNoting(t);
  const ledger = createLedger(noting, 'Europe/London');
  const events = createEventLog(noting);
  const deliveries = createDeliveries(noting, clockAt(9_000));
  const transfers = createTransfers(noting);
  const row = heldSample({ counterpartyAccount: 'acc_2', originalId: 'tx_0' });
  ledger.held(['tx_1', 'tx_2']);
  ledger.byId('tx_1');
  ledger.save(nothingKnown, knowledgeOf(row));
  ledger.newestCreated('acc_1');
  ledger.createdBefore('acc_1', 90);
  transfers.newestCreated(1_000);
  transfers.byDedupeId('mb-1');
  transfers.byTransaction('tx_1');
  transfers.withoutRow('acc_1', 0);
  transfers.undecided();
  deliveries.attend('mqtt');
  events.append([sampleEvent('tx_1')]);
  deliveries.next('mqtt', 20);
  deliveries.settle('mqtt', [{ seq: 1, outcome: 'unproven' }]);
  deliveries.trust('mqtt', { ago: 0, isTimeKnown: true });
  deliveries.position('mqtt');
  const isSlow = (plan: string) => /SCAN (?!json_each|place|CONSTANT)|TEMP B-TREE/.test(plan);
  assert.deepEqual(new Set(plans().filter(isSlow)), new Set(ofFewRows));
});

/** One row for each account or login, the moves whose outcome is open, and the pending rows of ten days. */
const ofFewRows = [
  'SCAN events_since',
  'SCAN reading USING INDEX sqlite_autoindex_reading_1',
  'SCAN transfer USING INDEX transfer_undecided; USE TEMP B-TREE FOR ORDER BY',
  'SEARCH bank_transaction USING INDEX transaction_pending (created>? AND created<?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY',
];
