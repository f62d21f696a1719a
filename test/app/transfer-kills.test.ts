import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { dedupeIdOf } from '../../src/domain/transfer.ts';
import { hasUndecided, holiday, isMove, movesAt, setRails, transfersOf } from '../support/money.ts';
import { freePort } from '../support/port.ts';
import { startBridge, temporaryDirectory, type BridgeProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { seedOf, sizeOf } from '../support/size.ts';

const rest = (ms: number): Promise<void> => systemClock.wait(ms);

/** A process that is killed again and again, at a slow bank that loses one answer in five. */
async function startStage(t: TestContext, random: () => number) {
  const directory = temporaryDirectory(t);
  const bank = household({ now: () => Date.now(), random });
  const faults = createFaults({ wait: rest });
  const served = await serveBank({ bank, faults });
  t.after(() => served.close());
  for (const kind of ['timeout_before', 'timeout_after', 'reset_before', 'reset_after'] as const)
    faults.add({ kind, match: (call) => isMove(call) && random() < 0.05 });
  // Long enough for a transfer on its way to be seen, whatever the machine.
  faults.add({ kind: 'slow', ms: 200, match: isMove });
  const port = await freePort();
  const settings = {
    MONZO_BRIDGE_UI_PORT: String(port),
    MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
    MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
  };
  const start = async (): Promise<BridgeProcess> => {
    const bridge = startBridge(t, directory, settings);
    await until('it runs', () => bridge.output().includes('is running'));
    return bridge;
  };
  const uiUrl = `http://127.0.0.1:${port}`;
  const first = await start();
  const adminToken = readFileSync(join(directory, 'admin-token'), 'utf8').trim();
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  await connectPerson(bank, { uiUrl, adminToken }, { ...alex, name: 'Alex' });
  await until('the login is active', async () => {
    const answer = await fetch(`${uiUrl}/api/logins`, { headers });
    const { items } = (await answer.json()) as { readonly items: readonly { readonly state: string }[] };
    return items[0]?.state === 'active';
  });
  setRails({ directory, clock: systemClock }, { per_day: { '*': '1000000' } });
  return { bank, directory, start, first, uiUrl, headers };
}

test('however often it is killed, no transfer is doubled and none forgotten', async (t) => {
  const kills = sizeOf('kills while money moves', { short: 6, long: 200 });
  const random = seededRandom(seedOf('kills while money moves'));
  const requests = Array.from({ length: kills * 5 }, (_, index) => ({
    request_id: `kill-${index}`,
    transfer_type: index % 2 === 0 ? ('deposit' as const) : ('withdraw' as const),
  }));
  const stage = await startStage(t, random);
  const before = stage.bank.account(alex.current).balance;
  let offered = 0;
  let next = 0;
  const lies: string[] = [];

  const attempt = async (request: (typeof requests)[number]): Promise<boolean> => {
    try {
      const body = JSON.stringify({ pot: holiday, amount: '1', ...request });
      const response = await fetch(`${stage.uiUrl}/api/commands/pot_transfer`, {
        method: 'POST',
        headers: stage.headers,
        body,
        signal: AbortSignal.timeout(25_000),
      });
      const told = (await response.json()) as Readonly<Record<string, unknown>>;
      const isMoved = movesAt(stage).some(({ metadata }) =>
        metadata['external_id']?.endsWith(
          dedupeIdOf({ potId: holiday, direction: request.transfer_type, requestId: request.request_id }),
        ),
      );
      if (told['money_moved'] === 'yes' && !isMoved) lies.push(JSON.stringify(told));
      return told['money_moved'] === 'yes';
    } catch {
      // Nobody answered: the caller asks again with the same request id, as an automation would.
      return false;
    }
  };
  const caller = async (): Promise<void> => {
    while (next < requests.length) {
      const request = next < offered ? requests[next++] : undefined;
      if (request) while (!(await attempt(request))) await rest(100);
      else await rest(20);
    }
  };

  const callers = Promise.all(Array.from({ length: 6 }, caller));
  let hits = 0;
  let bridge = stage.first;
  for (let kill = 0; kill < kills; kill += 1) {
    offered += requests.length / kills;
    // Every other kill waits for a transfer on its way; the others come whenever they come.
    if (kill % 2 === 0) await until('a transfer is on its way', () => hasUndecided(stage));
    else await rest(random() * 1_000);
    if (hasUndecided(stage)) hits += 1;
    bridge.child.kill('SIGKILL');
    await bridge.ended;
    bridge = await stage.start();
  }
  await callers;
  await until('every outcome is known', () => !hasUndecided(stage));

  console.log(
    `killed ${kills} times, ${hits} of them with a transfer on its way; ${requests.length} transfers`,
  );
  assert.deepEqual(lies, []);
  assert.ok(hits > 0, 'no kill hit a transfer on its way');
  const made = Map.groupBy(
    movesAt(stage),
    ({ metadata }) => metadata['external_id']?.split(':').at(-1) ?? '',
  );
  for (const { request_id: requestId, transfer_type: direction } of requests)
    assert.equal(made.get(dedupeIdOf({ potId: holiday, direction, requestId }))?.length, 1, requestId);
  assert.equal(movesAt(stage).length, requests.length);
  assert.equal(stage.bank.account(alex.current).balance, before);
  assert.equal(transfersOf(stage).filter(({ state }) => state === 'moved').length, requests.length);
});
