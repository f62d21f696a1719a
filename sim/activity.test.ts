import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestBank } from './test-bank.ts';
import { seededRandom } from './fake-clock.ts';
import { alex, joint, signIn } from './household.ts';
import { startActivity } from './activity.ts';
import { playScenario, scenarios } from './scenarios.ts';
import type { ScenarioName } from './scenarios.ts';
import { days, hours, minutes } from './wire-time.ts';

async function liveADay(seed: number) {
  const testBank = openTestBank();
  const life = startActivity({ ...testBank, random: seededRandom(seed), pace: minutes });
  await testBank.clock.advance(6 * hours);
  await life.stop();
  const rows = [...testBank.bank.model.transactions.values()];
  return { testBank, rows };
}

test('activity runs by itself at about its pace, the same for the same seed', async () => {
  const { testBank, rows } = await liveADay(7);
  assert.ok(rows.length > 150 && rows.length < 400, `${rows.length} rows`);
  const states = new Set(rows.map((row) => row.state));
  assert.deepEqual([...states].toSorted(), ['pending', 'reversed', 'settled']);
  assert.equal(testBank.clock.sleepers(), 0);
  const again = await liveADay(7);
  assert.deepEqual(again.rows, rows);
  assert.notDeepEqual((await liveADay(8)).rows, rows);
});

test('balances are their start plus every transaction', async () => {
  const { testBank, rows } = await liveADay(3);
  assert.ok(rows.length > 0);
  const fresh = openTestBank();
  for (const id of [alex.current, joint.account]) {
    const sum = rows.filter((row) => row.accountId === id).reduce((total, row) => total + row.amount, 0);
    assert.equal(testBank.bank.account(id).balance, fresh.bank.account(id).balance + sum);
  }
});

const created: Readonly<Record<ScenarioName, number>> = {
  quietDay: 2,
  payday: 5,
  holidayAbroad: 5,
  outage: 7,
  evicted: 1,
  lapsedApproval: 1,
  wholeMonth: 23,
  jointPair: 3,
  forgedRings: 1,
};

for (const name of Object.keys(scenarios) as ScenarioName[]) {
  test(`the scenario ${name} plays to its end and leaves no fault behind`, async () => {
    const testBank = openTestBank();
    const { access } = await signIn(testBank.bank, testBank.fetch);
    await testBank.ask(access, 'POST /webhooks', {
      account_id: alex.current,
      url: 'https://hooks.example/x',
    });
    const rung: string[] = [];
    const fetch = (_url: unknown, init?: RequestInit) => {
      rung.push(init?.body as string);
      return Promise.resolve(new Response(null, { status: 200 }));
    };
    const playing = playScenario(name, { ...testBank, fetch });
    await testBank.clock.advance(35 * days);
    const tally = await playing;
    assert.equal(tally.created.length, created[name]);
    assert.deepEqual(testBank.faults.kinds(), []);
    assert.equal(rung.length > 0, name === 'forgedRings');
    for (const id of tally.settled) assert.equal(testBank.bank.model.transactions.get(id)?.state, 'settled');
  });
}

test('a page of a hundred thousand transactions reads few of them', async () => {
  const testBank = openTestBank();
  const { access } = await signIn(testBank.bank, testBank.fetch);
  const today = testBank.bank.account(alex.current).balance;
  assert.equal(testBank.bank.addHistory(alex.current, { days: 250, perDay: 400 }), 100_000);
  assert.equal(testBank.bank.account(alex.current).balance, today);
  const rows = testBank.bank.model.statements.get(alex.current) ?? [];
  let reads = 0;
  const watched = new Proxy(rows, {
    get(target, key) {
      reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  testBank.bank.model.statements.set(alex.current, watched);
  const since = rows.at(-51)?.id ?? '';
  const { body } = await testBank.ask(
    access,
    `GET /transactions?account_id=${alex.current}&since=${since}&limit=50`,
  );
  assert.deepEqual(
    (body['transactions'] as { id: string }[]).map(({ id }) => id),
    rows.slice(-50).map(({ id }) => id),
  );
  assert.ok(reads > 50 && reads < 500, `${reads} reads`);
});
