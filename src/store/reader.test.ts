import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { nothingKnown } from '../domain/fold.ts';
import { BridgeError } from '../errors.ts';
import {
  clockAt,
  heldSample,
  knowledgeOf,
  sampleKey,
  temporaryDirectory,
} from '../../test/support/store-samples.ts';
import { Reader } from './reader.ts';
import { openStore } from './store.ts';

function open(t: TestContext) {
  const store = openStore({ directory: temporaryDirectory(t), clock: clockAt(0), secretKey: sampleKey });
  t.after(() => store.close());
  const reader = new Reader({ path: store.path });
  t.after(() => reader.close());
  return { store, reader };
}

/** A thread that does what the request says: it exits, throws, or answers with the limit after so many milliseconds. */
const obedient = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    const deeds = { exit: () => process.exit(3), throw: () => { throw new Error('out of order'); } };
    parentPort.on('message', (question) => {
      if (question === null) return parentPort.close();
      if (question.request?.id in deeds) deeds[question.request.id]();
      else setTimeout(() => parentPort.postMessage({ answer: question.request.limit }), question.request.limit);
    });`)}`,
);

const withCode = (code: string) => (thrown: unknown) => thrown instanceof BridgeError && thrown.code === code;
const limitOf = (limit: number) => ({ limit });
const deed = (id: string) => ({ id }) as never;

test('a query sees what is committed, also while more is written', async (t) => {
  const { store, reader } = open(t);
  store.ledger.save(nothingKnown, knowledgeOf(heldSample()));
  const { rows, next } = await reader.ask('page', { limit: 9 });
  assert.deepEqual([rows.map(({ transaction }) => transaction.id), next], [['tx_1'], null]);
  assert.deepEqual((await reader.ask('transaction', 'tx_1'))?.transaction, heldSample().transaction);
  assert.equal(await reader.ask('transaction', 'tx_2'), null);
  store.ledger.save(nothingKnown, knowledgeOf(heldSample({ id: 'tx_2' })));
  assert.deepEqual(await reader.ask('counts', null), new Map([['acc_1', 2]]));
});

test('a refusal keeps its code across the thread, another error its message', async (t) => {
  const { reader } = open(t);
  await assert.rejects(reader.ask('page', { limit: 1, cursor: 'forged' }), withCode('bad_cursor'));
  await assert.rejects(
    reader.ask('page', { limit: 1, kind: {} as never }),
    (thrown) => thrown instanceof Error && !(thrown instanceof BridgeError),
  );
  assert.deepEqual((await reader.ask('page', { limit: 1 })).rows, []);
});

test('a thread that dies fails one query; a new thread answers the waiting ones', async (t) => {
  const reader = new Reader({ path: '', program: obedient });
  t.after(() => reader.close());
  for (const way of ['exit', 'throw']) {
    const [lost, answered] = await Promise.allSettled([
      reader.ask('page', deed(way)),
      reader.ask('page', limitOf(1)),
    ]);
    assert.ok(lost?.status === 'rejected' && withCode('reading_failed')(lost.reason));
    assert.equal(answered?.status === 'fulfilled' && answered.value, 1);
  }
});

test('a thread that cannot start is reported, and started again for the next query', async (t) => {
  const reader = new Reader({ path: `${temporaryDirectory(t)}/missing.sqlite` });
  t.after(() => reader.close());
  for (let attempt = 0; attempt < 2; attempt += 1)
    await assert.rejects(reader.ask('counts', null), withCode('reading_failed'));
});

test('an aborted query is not waited for, and not run if it was waiting', async (t) => {
  const reader = new Reader({ path: '', program: obedient });
  t.after(() => reader.close());
  const leave = new AbortController();
  const under = reader.ask('page', limitOf(20), leave.signal);
  const waiting = reader.ask('page', deed('exit'), leave.signal);
  const stays = reader.ask('page', limitOf(2));
  leave.abort(new Error('the browser is gone'));
  await assert.rejects(under, /the browser is gone/);
  await assert.rejects(waiting, /the browser is gone/);
  assert.equal(await stays, 2);
  await assert.rejects(reader.ask('page', limitOf(1), leave.signal), /the browser is gone/);
});

test('too many waiting queries are refused, and work again later', async (t) => {
  const reader = new Reader({ path: '', program: obedient });
  t.after(() => reader.close());
  const queries = Array.from({ length: 201 }, () => reader.ask('page', limitOf(1)));
  await assert.rejects(reader.ask('page', limitOf(1)), withCode('busy'));
  assert.equal((await Promise.all(queries)).length, 201);
  assert.equal(await reader.ask('page', limitOf(3)), 3);
});

test('closing refuses waiting queries and releases the database', async (t) => {
  const { store, reader } = open(t);
  await reader.ask('counts', null);
  const waiting = [reader.ask('counts', null), reader.ask('counts', null)];
  const refused = Promise.all(waiting.map((one) => assert.rejects(one, withCode('stopping'))));
  await reader.close();
  await reader.close();
  await refused;
  await assert.rejects(reader.ask('counts', null), withCode('stopping'));
  store.close();
  // SQLite deletes the write-ahead log when the last connection closes.
  assert.equal(existsSync(`${store.path}-wal`), false);
});
