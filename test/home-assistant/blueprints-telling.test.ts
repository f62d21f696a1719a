import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { alex, joint } from '../../sim/household.ts';
import { said } from './automations.ts';
import { ran, startBlueprintHouse, type BlueprintHouse } from './blueprints.ts';
import { until } from './tier2-output.ts';

/** What tells and answers: a low balance, and questions to the assistant. */

const { holiday, savings, secondSavings, roundUps } = alex.pots;
/** As people call their pots, and as nobody says it. */
const named = ['Christmas Pot', 'Mum & Dad’s rainy-day fund', 'छुट्टी', '2027', '🪴 Pot', 'Our House'];
let house: BlueprintHouse;

before(async () => {
  house = await startBlueprintHouse({
    seed: 59,
    integrations: ['conversation'],
    prepare: (bank) => {
      for (const [index, name] of named.entries())
        bank.openPot(alex.current, { id: `pot_0000Named${index}`, name, balance: 1_000 + index });
    },
  });
});

after(() => house?.[Symbol.asyncDispose]());

test('the assistant says how much is in a pot that may be asked for, and in no other', async () => {
  const asking = await house.use('ask_pot', 'pot', { pots: [await house.device(holiday)] });
  bankHas(holiday, 45_125);
  await house.refresh();
  assert.equal(await ask('How much is in Holiday?'), 'There is £451.25 in holiday.');
  assert.equal(await ask('how much money is in the holiday pot'), 'There is £451.25 in holiday.');
  assert.equal(
    await ask('how much is in my tax pot'),
    'There is no pot called tax that I may tell you about.',
  );
  assert.equal((await asking.ran(3)).error, null);
});

test('the assistant knows a pot by what is said of its name, and tells of all that are meant', async () => {
  const ids = [savings, secondSavings, roundUps, ...named.map((_, index) => `pot_0000Named${index}`)];
  const asking = await house.use('ask_pot', 'names', {
    pots: await Promise.all(ids.map((id) => house.device(id))),
    sentences: ['what does [my] {pot} hold'],
  });
  for (const [said, answer] of [
    ['Christmas', 'There is £10.00 in christmas.'],
    ['my Christmas pot', 'There is £10.00 in christmas.'],
    ['mum and dads rainy day fund', 'There is £10.01 in mum and dads rainy day fund.'],
    ['Mum & Dad’s rainy-day fund', "There is £10.01 in mum & dad's rainy-day fund."],
    ['छुट्टी', 'There is £10.02 in छुट्टी.'],
    ['2027', 'There is £10.03 in 2027.'],
    ['pot', 'There is £10.04 in pot.'],
    ['house', 'There is £10.05 in house.'],
    ['our house', 'There is £10.05 in our house.'],
    ['round ups', 'There is £18.37 in round ups.'],
    [
      'savings',
      'There is £3100.00 in Savings (Current account, flexible savings) and £120.50 in Savings (Current account).',
    ],
    ['savings current account', 'There is £120.50 in savings current account.'],
    ['rainy day', 'There is no pot called rainy day that I may tell you about.'],
  ])
    assert.equal(await ask(`what does ${said} hold`), answer);
  await asking.remove();
});

test('the assistant says how much was spent today and this month, in the accounts that it may tell of', async () => {
  const { bank } = house;
  bank.purchase(joint.account, { amount: 1_000, merchant: 'Bakery' });
  await house.refresh();
  await house.use('ask_spent', 'spent', { accounts: [await house.device(joint.account)] });
  assert.equal(await ask('How much did we spend today?'), '£10.00 today.');
  assert.equal(await ask('how much have I spent this month'), '£10.00 this month.');
  bank.refund(alex.euro, { amount: 550, merchant: 'Bakery' });
  await house.refresh();
  const abroad = { accounts: [await house.device(alex.euro)], month: ['what did the euros come to'] };
  await house.use('ask_spent', 'abroad', { ...abroad, today: ['what do the euros come to'] });
  assert.equal(await ask('what did the euros come to'), '-€5.50 this month.');
});

test('a low balance is told once, and when it is back; not again by a restart', async () => {
  const { bank } = house;
  const account = () => bank.account(alex.current).balance;
  bank.outgoingPayment(alex.current, { amount: account() - 12_000, name: 'Landlord' });
  await house.refresh();
  const low = await house.use('low_balance', 'low', {
    balance: 'sensor.monzo_alex_current_account_balance',
    limit: 100,
    lasting: { seconds: 0 },
    recovered: [said('low', '{{ message }}')],
  });
  bank.purchase(alex.current, { amount: 2_150, merchant: 'Bakery' });
  await house.refresh();
  await ran(low, 1);
  await house.told('low', /Balance: 98\.50 GBP, which is below 100\.$/);
  bank.purchase(alex.current, { amount: 100, merchant: 'Bakery' });
  await house.refresh();
  await house.restartBridge();
  await until('the balance is back', async () => (await balanceShown()) === '97.5');
  await house.rig.restartHomeAssistant();
  await until('the balance is back', async () => (await balanceShown()) === '97.5');
  bank.salary(alex.current, { amount: 100_000 });
  await house.refresh();
  await until('that it is back is said', () => low.said.length > 0);
  assert.deepEqual(
    low.said.map((text) => String(text).endsWith('Balance: 1097.50 GBP.')),
    [true],
  );
  // Home Assistant keeps no notification over a restart.
  assert.deepEqual(await house.notices('low'), []);
});

async function ask(text: string): Promise<string> {
  const message = { type: 'conversation/process', text, language: 'en' };
  const { response } = await house.rig.client.command(message, answerSchema);
  return response.speech.plain.speech;
}

const answerSchema = z.looseObject({
  response: z.looseObject({ speech: z.object({ plain: z.looseObject({ speech: z.string() }) }) }),
});

/** Moves as in the Monzo app what brings a pot to a balance. */
function bankHas(pot: string, wanted: number): void {
  const difference = wanted - house.bank.pot(pot).balance;
  const direction = difference > 0 ? 'deposit' : 'withdraw';
  if (difference !== 0) house.bank.potMove(pot, direction, { amount: Math.abs(difference) });
}

async function balanceShown(): Promise<string | undefined> {
  return (await house.rig.client.state('sensor.monzo_alex_current_account_balance'))?.state;
}
