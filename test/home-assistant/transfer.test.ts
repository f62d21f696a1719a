import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { movesAt } from '../support/money.ts';
import { anotherPerson } from './another-person.ts';
import { addAutomation, said } from './automations.ts';
import type { HomeAssistantClient } from './client.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { settingsIn, startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const { holiday } = alex.pots;
const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const bank = household({ now: () => systemClock.now(), random: seededRandom(23) });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-money-'));
const auditSchema = z.object({
  items: z.array(z.object({ door: z.string(), user: z.string().nullable() })),
});
let rig: Rig;
let app: App;

before(async () => {
  rig = await startRig();
  app = await start();
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex is connected', () => app.view().logins.every(({ state }) => state === 'active'));
  await until('the action is there', async () =>
    Boolean((await rig.client.actions())['script']?.['monzo_pot_transfer']),
  );
  await until('the devices are there', async () => Boolean(await rig.client.mqttDevice(`monzo_${holiday}`)));
});

after(async () => {
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('the answer says what moved, and both balances in Home Assistant are right', async () => {
  const before = bank.pot(holiday).balance;
  const device = await rig.client.mqttDevice(`monzo_${holiday}`);
  const answer = await transfer({ pot: device?.id, amount: 0.29, request_id: 'first' });
  assert.equal(bank.pot(holiday).balance, before + 29);
  assert.equal(answer['money_moved'], 'yes');
  assert.equal(answer['pot_balance_minor'], before + 29);
  assert.equal(answer['account_balance_minor'], bank.account(alex.current).balance);
  await until('the pot’s balance is right', async () => (await balanceOf(holiday)) === before + 29);
  await until(
    'the account’s balance is right',
    async () => (await balanceOf(alex.current)) === bank.account(alex.current).balance,
  );
});

test('a pot may be named by one of its entities; a repeated request and a dry run move nothing', async () => {
  const entity = await rig.client.mqttEntity(`${holiday}_balance`);
  const request = { pot: entity?.entity_id, amount: '4.35', request_id: 'second' };
  const before = bank.pot(holiday).balance;
  const first = await transfer(request);
  const again = await transfer(request);
  assert.equal(bank.pot(holiday).balance, before + 435);
  assert.deepEqual([again['transfer_id'], again['repeated']], [first['transfer_id'], true]);
  const dry = await transfer({ pot: holiday, amount: '1', dry_run: true });
  assert.deepEqual([dry['status'], dry['money_moved']], ['done', 'no']);
  assert.equal(bank.pot(holiday).balance, before + 435);
});

const refusals = [
  { what: 'more than may move at once', data: { pot: holiday, amount: '100.01' }, says: /100/ },
  {
    what: 'a sum that is not exact',
    data: { pot: holiday, amount: '{{ 0.1 + 0.2 }}' },
    says: /2 decimal places/,
  },
  {
    what: 'a pot that there is not',
    data: { pot: 'Mars', amount: '1' },
    says: /no such pot\. Nothing was moved\. There are/,
  },
  {
    what: 'a pot with added security',
    data: { pot: alex.pots.guarded, amount: '1', transfer_type: 'withdraw' },
    says: /./,
  },
  { what: 'no amount', data: { pot: holiday }, says: /amount/ },
] as const;

for (const { what, data, says } of refusals)
  test(`${what} stops the automation with the reason, and moves nothing`, async () => {
    const moves = movesAt({ bank }).length;
    const automation = await addAutomation(rig.client, 'stopped', {
      actions: [
        {
          action: 'script.monzo_pot_transfer',
          data: { transfer_type: 'deposit', request_id: `refused ${what}`, ...data },
          response_variable: 'moved',
        },
        said('stopped', 'went on with {{ moved }}'),
      ],
    });
    const { error } = await automation.run();
    await automation.remove();
    assert.match(error ?? '', /monzo-bridge: /);
    assert.match(error ?? '', says);
    assert.deepEqual(automation.said, []);
    assert.equal(movesAt({ bank }).length, moves);
  });

test('a user who is not an administrator may not move money; the audit names the caller', async () => {
  await using sam = await anotherPerson(rig);
  const before = movesAt({ bank }).length;
  await assert.rejects(
    transfer({ pot: holiday, amount: '1', request_id: 'sam' }, sam),
    /monzo-bridge: Only administrators of Home Assistant.*Nothing was moved/,
  );
  assert.equal(movesAt({ bank }).length, before);
  const { status } = z
    .object({ status: z.string() })
    .parse((await sam.call({ domain: 'script', service: 'monzo_refresh', answer: true })).response);
  assert.equal(status, 'done');
  await transfer({ pot: holiday, amount: '1', request_id: 'alex' });
  assert.equal(movesAt({ bank }).length, before + 1);
  const { items } = auditSchema.parse(await (await askApi(app, '/api/audit?limit=50')).json());
  assert.ok(items.some(({ door, user }) => door === 'home_assistant' && user === 'Alex'));
});

test('while the bridge is away an action fails after half a minute, or says what is not known', async () => {
  await app.close();
  const began = performance.now();
  const away = { pot: holiday, transfer_type: 'deposit', amount: '1', request_id: 'away' };
  const refresh = { domain: 'script', service: 'monzo_refresh', answer: true };
  const automation = await addAutomation(rig.client, 'patient', {
    actions: [
      {
        action: 'script.monzo_pot_transfer',
        continue_on_error: true,
        data: away,
        response_variable: 'moved',
      },
      said('patient', '{{ moved is defined }}'),
    ],
  });
  const [failed, answered, read, continued] = await Promise.allSettled([
    transfer(away),
    transfer({ ...away, on_failure: 'answer' }),
    rig.client.call(refresh),
    automation.run(),
  ]);
  assert.deepEqual(continued, { status: 'fulfilled', value: { error: null } });
  assert.deepEqual(automation.said, [false]);
  assert.ok(performance.now() - began >= 29_000);
  const unknown =
    /did not answer within 30 seconds\. It is not known whether money has moved.*repeat this only with the same request_id/;
  assert.match(String(failed.status === 'rejected' && failed.reason), unknown);
  assert.match(String(read.status === 'rejected' && read.reason), /did not answer within 30 seconds\. Check/);
  assert.equal(answered.status, 'fulfilled');
  const { message, ...answer } = answered.value;
  assert.match(String(message), unknown);
  assert.deepEqual(answer, {
    status: 'unknown',
    code: 'no_answer',
    money_moved: 'unknown',
    transfer_id: null,
  });
  app = await start();
});

function transfer(data: Readonly<Record<string, unknown>>, client: HomeAssistantClient = rig.client) {
  const call = { domain: 'script', service: 'monzo_pot_transfer', answer: true };
  return client
    .call({ ...call, data: { transfer_type: 'deposit', ...data } })
    .then(({ response }) => z.record(z.string(), z.unknown()).parse(response));
}

/** In pence, as the entity shows it. */
async function balanceOf(id: string): Promise<number> {
  const entity = await rig.client.mqttEntity(`${id}_balance`);
  const state = await rig.client.state(entity?.entity_id ?? '');
  return Math.round(Number(state?.state) * 100);
}

function start(): Promise<App> {
  return startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: settingsIn(rig),
  });
}
