import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBranch } from './branch.ts';
import { seededRandom } from './fake-clock.ts';
import { alex, joint, signIn } from './household.ts';
import { liveHousehold } from './life.ts';
import { playScenario, scenarios } from './scenarios.ts';
import type { ScenarioName } from './scenarios.ts';
import { days, hours, minutes } from './wire-time.ts';

async function liveADay(seed: number) {
  const branch = openBranch();
  const life = liveHousehold({ ...branch, random: seededRandom(seed), pace: minutes });
  await branch.clock.advance(6 * hours);
  await life.stop();
  const rows = [...branch.bank.books.transactions.values()];
  return { branch, rows };
}

test('a household lives by itself at about its pace, the same life for the same seed', async () => {
  const { branch, rows } = await liveADay(7);
  assert.ok(rows.length > 150 && rows.length < 400, `${rows.length} rows`);
  const states = new Set(rows.map((row) => row.state));
  assert.deepEqual([...states].toSorted(), ['pending', 'reversed', 'settled']);
  assert.equal(branch.clock.sleepers(), 0);
  const again = await liveADay(7);
  assert.deepEqual(again.rows, rows);
  assert.notDeepEqual((await liveADay(8)).rows, rows);
});

test('balances stay what they were plus every row', async () => {
  const { branch, rows } = await liveADay(3);
  assert.ok(rows.length > 0);
  const fresh = openBranch();
  for (const id of [alex.current, joint.account]) {
    const sum = rows.filter((row) => row.accountId === id).reduce((total, row) => total + row.amount, 0);
    assert.equal(branch.bank.account(id).balance, fresh.bank.account(id).balance + sum);
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
    const branch = openBranch();
    const { access } = await signIn(branch.bank, branch.fetch);
    await branch.ask(access, 'POST /webhooks', { account_id: alex.current, url: 'https://hooks.example/x' });
    const rung: string[] = [];
    const fetch = (_url: unknown, init?: RequestInit) => {
      rung.push(init?.body as string);
      return Promise.resolve(new Response(null, { status: 200 }));
    };
    const playing = playScenario(name, { ...branch, fetch });
    await branch.clock.advance(35 * days);
    const tally = await playing;
    assert.equal(tally.created.length, created[name]);
    assert.deepEqual(branch.faults.kinds(), []);
    assert.equal(rung.length > 0, name === 'forgedRings');
    for (const id of tally.settled) assert.equal(branch.bank.books.transactions.get(id)?.state, 'settled');
  });
}

test('a page out of a hundred thousand rows reads few of them', async () => {
  const branch = openBranch();
  const { access } = await signIn(branch.bank, branch.fetch);
  const today = branch.bank.account(alex.current).balance;
  assert.equal(branch.bank.addHistory(alex.current, { days: 250, perDay: 400 }), 100_000);
  assert.equal(branch.bank.account(alex.current).balance, today);
  const rows = branch.bank.books.statements.get(alex.current) ?? [];
  let reads = 0;
  const watched = new Proxy(rows, {
    get(target, key) {
      reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  branch.bank.books.statements.set(alex.current, watched);
  const since = rows.at(-51)?.id ?? '';
  const { body } = await branch.ask(
    access,
    `GET /transactions?account_id=${alex.current}&since=${since}&limit=50`,
  );
  assert.deepEqual(
    (body['transactions'] as { id: string }[]).map(({ id }) => id),
    rows.slice(-50).map(({ id }) => id),
  );
  assert.ok(reads > 50 && reads < 500, `${reads} reads`);
});
