import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { isMove } from '../support/money.ts';
import { said } from './automations.ts';
import { ran, startBlueprintHouse, type BlueprintHouse } from './blueprints.ts';
import { until } from './tier2-output.ts';

/** What is put aside by itself: round ups, shares of a payment, and what is above a target. */

const { holiday, locked, savings } = alex.pots;
const pots = { bills: 'pot_0000Bills', rent: 'pot_0000Rent' };
const yen = { account: 'acc_0000AlexYen', pot: 'pot_0000AlexKyoto' };
let house: BlueprintHouse;

before(async () => {
  house = await startBlueprintHouse({
    seed: 51,
    prepare: (bank) => {
      const account = { id: yen.account, type: 'uk_yen', currency: 'JPY', balance: 90_000 };
      bank.openAccount({ ...account, owners: [alex.userId] });
      bank.openPot(yen.account, { id: yen.pot, name: 'Kyoto' });
      bank.openPot(alex.current, { id: pots.bills, name: 'Bills', balance: 2_000 });
      bank.openPot(alex.current, { id: pots.rent, name: 'Rent' });
    },
  });
});

after(() => house?.[Symbol.asyncDispose]());

const balance = (pot: string) => house.bank.pot(pot).balance;

test('round up: the change of a purchase once, whatever is repeated; no refund, no loop', async () => {
  const { bank } = house;
  const rounding = await house.use('round_up', 'rounding', await accountAndPot(alex.current, holiday));
  const before = balance(holiday);
  const purchase = bank.purchase(alex.current, { amount: 340, merchant: 'Bakery' });
  await house.refresh();
  await ran(rounding, 1);
  assert.equal(balance(holiday), before + 60);
  await house.repeat(purchase);
  await ran(rounding, 2);
  await house.runByHand('rounding');
  await ran(rounding, 3);
  bank.refund(alex.current, { amount: 120, merchant: 'Bakery' });
  bank.purchase(alex.current, { amount: 500, merchant: 'Bakery' });
  await house.refresh();
  await ran(rounding, 4);
  // Its own moves have come back as events by now, before this purchase.
  await house.shown(bank.purchase(alex.current, { amount: 299, merchant: 'Bakery' }));
  await ran(rounding, 5);
  assert.equal(balance(holiday), before + 61);
  assert.deepEqual(await house.notices('rounding'), []);
});

test('round up: in yen, which have no smaller unit, and a fixed sum', async () => {
  const { bank } = house;
  const input = await accountAndPot(yen.account, yen.pot);
  const rounding = await house.use('round_up', 'yen', { ...input, step: '100' });
  bank.purchase(yen.account, { amount: 970, merchant: 'Ramen' });
  await house.refresh();
  await ran(rounding, 1);
  assert.equal(balance(yen.pot), 30);
  await rounding.remove();
  const fixed = await house.use('round_up', 'fixed', { ...input, how: 'fixed', fixed: 50 });
  bank.purchase(yen.account, { amount: 970, merchant: 'Ramen' });
  await house.refresh();
  await ran(fixed, 1);
  assert.equal(balance(yen.pot), 80);
  await fixed.remove();
});

test('round up: what the bridge refuses is told, and a dry run tells what it would be', async () => {
  const { bank } = house;
  const other = await house.use('round_up', 'other', await accountAndPot(alex.current, yen.pot));
  const trial = await house.use('round_up', 'trial', {
    ...(await accountAndPot(alex.current, savings)),
    dry_run: true,
  });
  const before = balance(savings);
  const purchase = bank.purchase(alex.current, { amount: 450, merchant: 'Bakery' });
  await house.refresh();
  await ran(other, 1);
  await ran(trial, 1);
  await house.told('other', /Nothing was moved/);
  await house.told(
    'trial',
    /^Nothing was moved: this was a trial\. The move is allowed and would be 0\.50 GBP/,
  );
  await house.repeat(purchase);
  await ran(other, 2);
  await house.told('other', /Nothing was moved/);
  assert.equal(balance(savings), before);
  await other.remove();
  await trial.remove();
});

test('round up: an unknown outcome is told, and a repetition moves nothing more', async () => {
  const { bank } = house;
  const before = balance(holiday);
  const repair = house.loseAnswers();
  const purchase = bank.purchase(alex.current, { amount: 630, merchant: 'Bakery' });
  await house.refresh();
  await house.told('rounding', /Do not repeat it/);
  assert.equal(balance(holiday), before + 70);
  await repair();
  await house.repeat(purchase);
  await until('all runs are over', async () => (await house.rig.client.states()).every(isIdle));
  assert.equal(balance(holiday), before + 70);
});

test('two automations with one pot for the same purchases: the second is told what moved, and what to change', async () => {
  const { bank } = house;
  const input = await accountAndPot(alex.current, savings);
  const both = [
    await house.use('round_up', 'change', input),
    await house.use('round_up', 'fee', { ...input, how: 'fixed', fixed: 2 }),
  ];
  const before = balance(savings);
  bank.purchase(alex.current, { amount: 260, merchant: 'Bakery' });
  await house.refresh();
  for (const one of both) await ran(one, 1);
  const moved = balance(savings) - before;
  assert.ok(moved === 40 || moved === 200, String(moved));
  // The first move may still be on its way to Monzo.
  await house.told(
    moved === 40 ? 'fee' : 'change',
    new RegExp(
      `^The same event (has already moved|was already used for a move of) ${moved === 40 ? '0.40' : '2.00'} GBP into this pot, so this second move was refused\\. Nothing was moved\\. If two automations use this pot for the same transactions, give one of them another pot\\.$`,
    ),
  );
  assert.deepEqual(await house.notices(moved === 40 ? 'change' : 'fee'), []);
  for (const one of both) await one.remove();
});

test('payday: each share once, a refused one told, the others made', async () => {
  const { bank } = house;
  const shares = [
    { pot: await house.device(pots.rent), how: 'amount', value: 65 },
    { pot: await house.device(locked), how: 'amount', value: 100.5 },
    { pot: await house.device(holiday), how: 'percent', value: '2.5' },
    { pot: await house.device(pots.bills), how: 'up_to', value: 50.25 },
  ];
  const input = { account: await house.device(alex.current), payer: 'acme', shares };
  const payday = await house.use('payday_split', 'payday', input);
  const before = balance(holiday);
  const salary = bank.salary(alex.current, { amount: 180_001 });
  bank.incomingPayment(alex.current, { amount: 90_000, name: 'Jo Lodger' });
  await house.refresh();
  await ran(payday, 1);
  const sums = () => [balance(pots.rent), balance(holiday) - before, balance(pots.bills)];
  assert.deepEqual(sums(), [6_500, 4_500, 5_025]);
  await house.told('payday', /100\.00 GBP/);
  bank.potMove(pots.bills, 'withdraw', { amount: 1_000 });
  await house.refresh();
  await house.repeat(salary);
  await ran(payday, 2);
  assert.deepEqual(sums(), [6_500, 4_500, 4_025]);
  assert.equal((await house.notices('payday')).length, 1);
  await house.runByHand('payday');
  await ran(payday, 3);
  assert.deepEqual(sums(), [6_500, 4_500, 4_025]);
  await payday.remove();
});

test('payday: a second row for one pot is told, and what it says is not moved', async () => {
  const { bank } = house;
  const pot = await house.device(pots.bills);
  const shares = [
    { pot, how: 'amount', value: 3 },
    { pot: await house.device(pots.rent), how: 'percent', value: 0.01 },
    { pot, how: 'percent', value: 1 },
  ];
  const twice = await house.use('payday_split', 'twice', {
    account: await house.device(alex.current),
    shares,
    on_failure: [said('twice', '{{ message }}')],
  });
  const before = balance(pots.bills);
  const inRent = balance(pots.rent);
  bank.salary(alex.current, { amount: 99_999 });
  await house.refresh();
  await ran(twice, 1);
  assert.deepEqual([balance(pots.bills) - before, balance(pots.rent) - inRent], [300, 9]);
  assert.deepEqual(twice.said, [
    'Row 3 of the shares names a pot that an earlier row names. Nothing was moved for it: a payment makes one deposit into each pot.',
  ]);
  await twice.remove();
});

test('payday: what a restart of Home Assistant interrupts is finished, and nothing is moved twice', async () => {
  const { bank, faults } = house;
  const three = [pots.rent, pots.bills, holiday];
  const shares = await Promise.all(
    three.map(async (pot, index) => ({ pot: await house.device(pot), how: 'amount', value: index + 1 })),
  );
  await house.use('payday_split', 'cut_short', { account: await house.device(alex.current), shares });
  const before = three.map(balance);
  const shared = () => three.map((pot, index) => balance(pot) - (before[index] ?? 0));
  const isHeld = (call: Parameters<typeof isMove>[0]) => isMove(call) && call.path.includes(pots.bills);
  const repair = faults.add({ kind: 'timeout_after', match: isHeld });
  bank.salary(alex.current, { amount: 60_000 });
  await house.refresh();
  await until('it is in the middle', () => shared()[1] === 200);
  assert.deepEqual(shared(), [100, 200, 0]);
  await house.rig.restartHomeAssistant();
  repair();
  await until('it is finished', () => shared()[2] === 300);
  assert.deepEqual(shared(), [100, 200, 300]);
});

test('a target: what is above goes into the pot, what is missing comes out, within the tolerance nothing', async () => {
  const { bank } = house;
  const account = () => bank.account(alex.current).balance;
  bank.outgoingPayment(alex.current, { amount: account() - 60_000, name: 'Landlord' });
  await house.refresh();
  const input = await accountAndPot(alex.current, savings);
  const keeping = await house.use('keep_at_target', 'keeping', {
    ...input,
    // As people may write numbers in YAML.
    target: '580',
    band: '5',
    most: '50',
  });
  const salary = bank.incomingPayment(alex.current, { amount: 1_050, name: 'Jo' });
  await house.refresh();
  await ran(keeping, 1);
  assert.equal(account(), 58_000);
  await house.repeat(salary);
  await ran(keeping, 2);
  assert.equal(account(), 58_000);
  bank.directDebit(alex.current, { amount: 1_234, name: 'Power' });
  await house.refresh();
  await ran(keeping, 3);
  assert.equal(account(), 58_000);
  bank.directDebit(alex.current, { amount: 500, name: 'Water' });
  await house.refresh();
  await ran(keeping, 4);
  assert.equal(account(), 57_500);
  await house.command('pause');
  bank.directDebit(alex.current, { amount: 700, name: 'Gas' });
  await house.refresh();
  await ran(keeping, 5);
  await house.command('resume');
  await house.told('keeping', /paused/);
  assert.equal(account(), 56_800);
  await keeping.remove();
});

test('a target: a pot that holds nothing more is told, and is left what it should keep', async () => {
  const { bank } = house;
  bank.potMove(pots.rent, 'withdraw', { amount: balance(pots.rent) - 1_000 });
  await house.refresh();
  const input = { ...(await accountAndPot(alex.current, pots.rent)), target: 10_000, pot_floor: 7 };
  const keeping = await house.use('keep_at_target', 'empty', input);
  bank.directDebit(alex.current, { amount: 100, name: 'Gas' });
  await house.refresh();
  await ran(keeping, 1);
  assert.equal(balance(pots.rent), 700);
  bank.directDebit(alex.current, { amount: 100, name: 'Gas' });
  await house.refresh();
  await ran(keeping, 2);
  await house.told(
    'empty',
    /^The account is below its target, and the pot has nothing left for it\. Nothing was moved\.$/,
  );
  await keeping.remove();
});

test('after restarts of the bridge and of Home Assistant, the next purchase is rounded up once', async () => {
  const { bank } = house;
  await house.restartBridge();
  await house.rig.restartHomeAssistant();
  const before = balance(holiday);
  const moves = house.moves();
  bank.purchase(alex.current, { amount: 710, merchant: 'Bakery' });
  await house.refresh();
  await until('it is rounded up', () => balance(holiday) === before + 90);
  assert.equal(house.moves(), moves + 1);
});

test('each of many purchases that are found at once is rounded up', async () => {
  const { bank } = house;
  const before = balance(holiday);
  const count = 120;
  for (let index = 0; index < count; index += 1)
    bank.purchase(alex.current, { amount: 199, merchant: 'Bakery' });
  await house.refresh();
  await until('all are rounded up', () => balance(holiday) === before + count);
});

test('a purchase on an account that is not chosen moves nothing', async () => {
  const { bank } = house;
  const moves = house.moves();
  bank.purchase(joint.account, { amount: 310, merchant: 'Bakery' });
  await house.refresh();
  await house.shown(bank.purchase(joint.account, { amount: 320, merchant: 'Bakery' }));
  assert.equal(house.moves(), moves);
});

async function accountAndPot(account: string, pot: string) {
  return { account: await house.device(account), pot: await house.device(pot) };
}

function isIdle({ entity_id: id, attributes }: { entity_id: string; attributes: Record<string, unknown> }) {
  return !id.startsWith('automation.') || attributes['current'] === 0;
}
