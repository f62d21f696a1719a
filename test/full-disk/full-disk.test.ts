import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { startBridge } from '../support/process.ts';
import { until } from '../support/until.ts';

test('a full disk stops the writing, says so, loses nothing and is recovered from by itself', async (t) => {
  const directory = smallDisk(t);
  const bank = household({ now: () => systemClock.now(), random: seededRandom(4) });
  const served = await serveBank({ bank, faults: createFaults({ wait: (ms) => systemClock.wait(ms) }) });
  t.after(() => served.close());
  const { child, output } = startBridge(t, directory, {
    MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
    MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
    MONZO_BRIDGE_POLL_SECONDS: '1',
    MONZO_BRIDGE_LOG_FORMAT: 'json',
  });
  await until('it runs', () => output().includes('is running'));
  const uiUrl = /"private":"([^"]+)"/.exec(output())?.[1] ?? '';
  const adminToken = readFileSync(join(directory, 'admin-token'), 'utf8').trim();
  const ask = (path: string) =>
    fetch(`${uiUrl}${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
  const ledger = async () => {
    const { parts } = (await (await ask('/api/health')).json()) as { parts: Record<string, string | null>[] };
    return parts.find(({ part }) => part === 'ledger');
  };
  await connectPerson(bank, { uiUrl, adminToken }, { name: 'Alex', ...alex });
  await until('Alex is connected', () => output().includes('The history was read'));

  const filler = join(directory, 'filler');
  fillUp(filler);
  const ids = Array.from({ length: 100 }, () =>
    bank.purchase(alex.current, { amount: 35, merchant: 'Corner Shop' }),
  );
  await until('the full disk is told', async () => (await ledger())?.['state'] === 'down');
  assert.match((await ledger())?.['sentence'] ?? '', /space/);
  await systemClock.wait(3_000);
  assert.equal(child.exitCode, null, 'alive throughout');
  assert.equal((await fetch(`${uiUrl}/healthz`)).status, 200);

  rmSync(filler);
  await until('it recovers', async () => (await ledger())?.['state'] === 'ok');
  await until('every purchase is an event', async () => {
    const { items } = (await (await ask('/api/events?limit=500')).json()) as {
      items: { transaction_id: string }[];
    };
    const found = new Set(items.map(({ transaction_id }) => transaction_id));
    return ids.every((id) => found.has(id)) && items.length === ids.length;
  });
});

/** A file system of a few megabytes in memory; mounting it needs root on Linux. */
function smallDisk(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
  chmodSync(directory, 0o700);
  t.after(() => {
    execFileSync('umount', ['--lazy', directory]);
    rmdirSync(directory);
  });
  return directory;
}

function fillUp(path: string): void {
  for (const size of [65_536, 4_096, 512])
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // Full to the last block of this size.
    }
}
