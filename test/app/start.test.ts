import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { BridgeError } from '../../src/errors.ts';
import { createLog, createSecrets } from '../../src/log.ts';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { startTestBroker } from '../support/broker.ts';

test('a start that fails on a full disk lets go of everything, so that the next one can succeed', async (t) => {
  await using broker = await startTestBroker();
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const secrets = createSecrets();
  let isFull = true;
  const start = () =>
    App.start({
      config: readConfig({
        environment: {
          MONZO_BRIDGE_DATA_DIR: directory,
          MONZO_BRIDGE_MQTT_URL: broker.url,
          MONZO_BRIDGE_UI_PORT: '0',
          MONZO_BRIDGE_PUBLIC_PORT: '0',
        },
        readFile: () => '',
      }),
      clock: createFakeClock(0),
      log: createLog({ level: 'error', format: 'json', secrets, write: () => {} }),
      secrets,
      fetch: () => Promise.reject(new Error('nobody is connected')),
      beforeWrite: (sql) => {
        if (isFull && sql.includes('INTO sink')) throw new BridgeError('disk_full', 'The disk is full.');
      },
      random: () => 0.5,
      randomBytes,
      version: '0.0.0',
    });
  await assert.rejects(start, { code: 'disk_full' });
  isFull = false;
  const app = await start();
  assert.equal(app.health().find(({ part }) => part === 'ledger')?.state, 'ok');
  await app.close();
});
