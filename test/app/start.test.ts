import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BridgeError } from '../../src/errors.ts';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { startTestBroker } from '../support/broker.ts';
import { startApp } from '../support/start-app.ts';

test('a start that fails on a full disk lets go of everything, so that the next one can succeed', async (t) => {
  await using broker = await startTestBroker();
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  let isFull = true;
  const start = () =>
    startApp({
      directory,
      settings: { MONZO_BRIDGE_MQTT_URL: broker.url },
      clock: createFakeClock(0),
      write: () => {},
      fetch: () => Promise.reject(new Error('nobody is connected')),
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
