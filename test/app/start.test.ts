import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { BridgeError } from '../../src/errors.ts';
import { createFakeClock, type FakeClock } from '../../sim/fake-clock.ts';
import type { Output } from '../../src/outputs/output.ts';
import { closingPatience } from '../../src/limits.ts';
import { startTestBroker } from '../support/broker.ts';
import { startBridge } from '../support/process.ts';
import { startApp } from '../support/start-app.ts';
import { until } from '../support/until.ts';

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const noBank = () => Promise.reject(new Error('nobody is connected'));

test('a start that fails on a full disk lets go of everything, so that the next one can succeed', async (t) => {
  await using broker = await startTestBroker();
  const directory = directoryFor(t);
  let isFull = true;
  const start = () =>
    startApp({
      directory,
      settings: { MONZO_BRIDGE_MQTT_URL: broker.url },
      clock: createFakeClock(0),
      write: () => {},
      callBank: noBank,
      beforeWrite: (sql) => {
        if (isFull && sql.includes('INTO sink')) throw new BridgeError('disk_full', 'The disk is full.');
      },
    });
  await assert.rejects(start, { code: 'disk_full' });
  isFull = false;
  const app = await start();
  assert.equal(app.health().find(({ part }) => part === 'ledger')?.state, 'ok');
  await app.close();
});

/** Loaded before the program: prints how durable each commit is, on the connection that makes it. */
const watchCommits = `
import { DatabaseSync } from 'node:sqlite';
const { prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  if (sql !== 'COMMIT') return statement;
  const commit = statement.run.bind(statement);
  const durability = prepare.call(this, 'PRAGMA synchronous');
  statement.run = () => {
    console.error('commit', durability.get().synchronous);
    return commit();
  };
  return statement;
};`;

test('the real process flushes every commit to the disk', async (t) => {
  const preload = `--import data:text/javascript,${encodeURIComponent(watchCommits)}`;
  const bridge = startBridge(t, directoryFor(t), { NODE_OPTIONS: preload });
  await until('it runs', () => bridge.output().includes('is running'));
  bridge.child.kill('SIGTERM');
  assert.equal(await bridge.ended, 0);
  const commits = bridge.errors().match(/^commit .*$/gm) ?? [];
  assert.ok(commits.length > 0);
  assert.deepEqual([...new Set(commits)], ['commit 2']);
});

/** Starts a bridge with one output that closes badly, closes it, and opens its data directory again. */
async function closedWith(
  t: TestContext,
  close: () => Promise<void>,
  whileClosing: (clock: FakeClock) => Promise<void>,
): Promise<readonly string[]> {
  const directory = directoryFor(t);
  const clock = createFakeClock(0);
  const logged: string[] = [];
  const begun = Promise.withResolvers<void>();
  const bad: Output = {
    name: 'bad',
    show: () => {},
    health: () => ({ part: 'bad', state: 'ok', sentence: null }),
    close: () => {
      begun.resolve();
      return close();
    },
  };
  const given = { directory, clock, callBank: noBank };
  const app = await startApp({ ...given, outputs: [bad], write: (line) => void logged.push(line) });
  const closing = app.close();
  await begun.promise;
  await whileClosing(clock);
  await closing;
  await (await startApp({ ...given, write: () => {} })).close();
  return logged;
}

test('a part that throws while it closes is logged, and the database is closed all the same', async (t) => {
  const logged = await closedWith(
    t,
    () => Promise.reject(new Error('the socket is gone')),
    async () => {},
  );
  const line = logged.find((text) => text.includes('could not be closed properly')) ?? '';
  assert.match(line, /"part":"outputs".*"reason":"the socket is gone"/);
});

test('a part that never finishes closing is given up in time, and the database is closed all the same', async (t) => {
  const logged = await closedWith(
    t,
    () => new Promise(() => {}),
    (clock) => clock.advance(closingPatience),
  );
  const line = logged.find((text) => text.includes('could not be closed properly')) ?? '';
  assert.match(line, /"part":"outputs".*"reason":"Not closed within 25 seconds\."/);
});
