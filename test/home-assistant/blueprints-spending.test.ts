import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { alex, joint } from '../../sim/household.ts';
import { said } from './automations.ts';
import { ran, startBlueprintHouse, type BlueprintHouse } from './blueprints.ts';
import { addPhone, type Phone } from './phone.ts';
import { until } from './tier2-output.ts';

/** What answers a payment: a pot that pays, a phone that asks, a light, a note. */

const { holiday, savings } = alex.pots;
const fares = 'pot_0000Fares';
let house: BlueprintHouse;
let phone: Phone;

before(async () => {
  house = await startBlueprintHouse({
    seed: 53,
    integrations: ['mobile_app'],
    prepare: (bank) => void bank.openPot(alex.current, { id: fares, name: 'Fares', balance: 5_000 }),
  });
  phone = await addPhone(house.rig);
});

after(() => house?.[Symbol.asyncDispose]());

const balance = (pot: string) => house.bank.pot(pot).balance;

test('pay from a pot: a shop that is named, once; its refund goes back; other shops and empty names do nothing', async () => {
  const { bank } = house;
  const paying = await house.use('pay_from_pot', 'paying', {
    account: await house.device(alex.current),
    pot: await house.device(fares),
    shops: ['transport FOR', ' ', ''],
    refunds: true,
  });
  const ride = bank.purchase(alex.current, { amount: 285, merchant: 'Transport for Town' });
  bank.purchase(alex.current, { amount: 900, merchant: 'Night Cinema' });
  await house.refresh();
  await ran(paying, 1);
  assert.equal(balance(fares), 5_000 - 285);
  await house.repeat(ride);
  await ran(paying, 2);
  assert.equal(balance(fares), 5_000 - 285);
  const refund = bank.refund(alex.current, { amount: 100, merchant: 'Transport for Town' });
  await house.refresh();
  await ran(paying, 3);
  await house.repeat(refund);
  await ran(paying, 4);
  assert.equal(balance(fares), 5_000 - 185);
  bank.purchase(alex.current, { amount: 6_000, merchant: 'Transport for Town' });
  await house.refresh();
  await ran(paying, 5);
  await house.told('paying', /./);
  assert.equal(balance(fares), 5_000 - 185);
  await house.runByHand('paying');
  await ran(paying, 6);
  assert.equal(house.moves(), 2);
  await paying.remove();
});

test('big or foreign purchases come to the phone, each once', async () => {
  const { bank } = house;
  const alerting = await house.use('purchase_alert', 'alerting', {
    accounts: [await house.device(alex.current), await house.device(joint.account)],
    phone: phone.device,
    least: 50,
  });
  const before = phone.pushed.length;
  const texts = () => phone.pushed.slice(before).map(({ title, message }) => `${title}: ${message}`);
  bank.purchase(alex.current, { amount: 4_999, merchant: 'Small & Co' });
  await house.refresh();
  const big = bank.purchase(joint.account, { amount: 5_000, merchant: '{{ states }}' });
  await house.refresh();
  await ran(alerting, 1);
  bank.foreignPurchase(alex.current, {
    amount: 505,
    merchant: 'Ramen',
    localAmount: 970,
    localCurrency: 'JPY',
  });
  await house.refresh();
  await ran(alerting, 2);
  bank.comeHome(alex.current);
  bank.refund(alex.current, { amount: 9_000, merchant: 'Paper & Ink' });
  await house.refresh();
  await house.repeat(big);
  bank.purchase(alex.current, { amount: 5_001, merchant: 'None' });
  await house.refresh();
  await until('all came', () => texts().length === 3);
  assert.deepEqual(texts(), [
    '{{ states }}: 50 GBP',
    'Ramen: 5.05 GBP (970 JPY)',
    'Someone called None: 50.01 GBP',
  ]);
  assert.match(phone.pushed[before]?.data?.tag ?? '', /^monzo-tx_/);
  await alerting.remove();
});

test('a declined card: one tap tops up what was missing, also after a restart; two taps and old ones do not', async () => {
  const { bank } = house;
  const account = () => bank.account(alex.current).balance;
  bank.outgoingPayment(alex.current, { amount: account() - 6_000, name: 'Landlord' });
  await house.refresh();
  const topUp = await house.use('declined_top_up', 'top_up', {
    account: await house.device(alex.current),
    pot: await house.device(savings),
    phone: phone.device,
  });
  const before = phone.pushed.length;
  bank.decline(alex.current, { amount: 1_000, merchant: 'Wrong Number', reason: 'INVALID_PIN' });
  const declined = bank.decline(alex.current, { amount: 8_050, merchant: 'Garage' });
  await house.refresh();
  await until('the phone is asked', () => phone.pushed.length === before + 1);
  const { message, data } = phone.pushed[before] ?? assert.fail();
  assert.equal(message, 'Declined: 80.50 GBP at Garage. Move 25.50 GBP out of the pot?');
  await house.repeat(declined);
  await house.rig.restartHomeAssistant();
  const [button] = data?.actions ?? [];
  await phone.tap(button?.action ?? '');
  await until('it is topped up', () => account() === 6_000 + 2_550);
  await phone.tap(button?.action ?? '');
  const [, , sent = '', ...rest] = (button?.action ?? '').split('/');
  const old = [Number(sent) - 16 * 60, ...rest].join('/');
  await phone.tap(`monzo_top_up/top_up/${old}`);
  await house.told('top_up', /^That was offered more than 15 minutes ago\. Nothing was moved\.$/);
  await phone.tap(`monzo_top_up/top_up/${sent}/100.01/${declined}:created`);
  await phone.tap('something else');
  await phone.tap(`monzo_top_up/top_up/${sent}/1/tx_unknown:created`);
  await house.told('top_up', /event/);
  assert.equal(account(), 6_000 + 2_550);
  assert.equal(phone.pushed.length, before + 1);
  bank.decline(alex.current, { amount: 9_900, merchant: 'Ramen', localCurrency: 'JPY' });
  await house.refresh();
  await until('the phone is asked', () => phone.pushed.length === before + 2);
  assert.equal(
    phone.pushed[before + 1]?.message,
    'Declined: 9900 JPY at Ramen. Move 20.00 GBP out of the pot?',
  );
  const other = await house.use('declined_top_up', 'other_top_up', {
    account: await house.device(alex.current),
    pot: await house.device(holiday),
    phone: phone.device,
  });
  bank.decline(alex.current, { amount: 9_500, merchant: 'Garage' });
  await house.refresh();
  await until('both offers come', () => phone.pushed.length === before + 4);
  const tags = phone.pushed.slice(before + 2).map((offer) => offer.data?.tag);
  assert.equal(new Set(tags).size, 2, 'neither takes the place of the other');
  await other.remove();
  await topUp.remove();
});

test('money in: the light flashes and it is announced, once, and not for what is small or from others', async () => {
  const { bank, rig } = house;
  const flashes = await addLight(house);
  const announcing = await house.use('money_in', 'announcing', {
    accounts: [await house.device(alex.current)],
    payer: 'lodger',
    least: 5,
    lights: ['light.lamp'],
    announce: [said('announcing', '{{ message }}')],
  });
  const payment = bank.incomingPayment(alex.current, { amount: 6_050, name: 'Jo Lodger', reference: 'RENT' });
  await house.refresh();
  await ran(announcing, 1);
  bank.incomingPayment(alex.current, { amount: 499, name: 'Jo Lodger' });
  bank.incomingPayment(alex.current, { amount: 900, name: 'Kim' });
  bank.potMove(savings, 'withdraw', { amount: 900 });
  await house.refresh();
  await house.runByHand('announcing');
  await until('it has run by hand', async () => (await announcing.runs()) === 2);
  assert.deepEqual(announcing.said, ['Jo Lodger paid 60.50 GBP']);
  assert.equal(flashes.length, 1);
  const again = bank.incomingPayment(alex.current, { amount: 500, name: 'Jo Lodger' });
  await house.refresh();
  await ran(announcing, 3);
  await house.repeat(again);
  await house.runByHand('announcing');
  await ran(announcing, 4);
  assert.deepEqual(announcing.said, ['Jo Lodger paid 60.50 GBP', 'Jo Lodger paid 5 GBP']);
  assert.notEqual(payment, again);
  assert.deepEqual(await rig.homeAssistant.problems(['announcing']), []);
  await announcing.remove();
});

test('a note and a feed item by rule: a note that is there is kept, nothing twice, a refusal told', async () => {
  const { bank, faults } = house;
  const noting = await house.use('note_by_rule', 'noting', {
    accounts: [await house.device(alex.current)],
    names: ['allotment'],
    kinds: ['card_payment', 'incoming_payment'],
    note: '#allotment {{ amount }}',
    feed_title: 'Seeds from {{ who }}',
    feed_body: '{{ amount.split()[0] }}',
  });
  const notesOf = (id: string) => bank.model.transactions.get(id)?.notes;
  const seeds = bank.purchase(alex.current, { amount: 450, merchant: 'Allotment Shop' });
  await house.refresh();
  await ran(noting, 1);
  assert.equal(notesOf(seeds), '#allotment 4.50 GBP');
  assert.deepEqual(
    bank.feed.map(({ params }) => [params['title'], params['body']]),
    [['Seeds from Allotment Shop', '4.5']],
  );
  const rent = bank.incomingPayment(alex.current, { amount: 2_000, name: 'Jo', reference: 'Allotment rent' });
  await house.refresh();
  await ran(noting, 2);
  assert.equal(notesOf(rent), 'Allotment rent #allotment 20 GBP');
  await house.repeat(rent);
  assert.equal(bank.feed.length, 2);
  const broken = ({ path, method }: { path: string; method: string }) =>
    method !== 'GET' && /feed|transactions/.test(path);
  const repair = faults.add({ kind: 'status', status: 400, match: broken });
  bank.purchase(alex.current, { amount: 460, merchant: 'Allotment Shop' });
  await house.refresh();
  await ran(noting, 3);
  await house.told('noting', /./);
  repair();
  await house.runByHand('noting');
  await ran(noting, 4);
  assert.equal(bank.feed.length, 2);
  await noting.remove();
});

test('a note: a dry run tells and writes nothing', async () => {
  const { bank } = house;
  const trial = await house.use('note_by_rule', 'note_trial', {
    accounts: [await house.device(alex.current)],
    note: '#all',
    dry_run: true,
  });
  const id = bank.purchase(alex.current, { amount: 450, merchant: '[Win](https://x.invalid) `<b>`' });
  await house.refresh();
  await ran(trial, 1);
  const shown = await house.notices('note_trial');
  const escaped = String.raw`\[Win\]\(https\:\/\/x\.invalid\) \`\<b\>\`\: note “\#all”. Nothing was written.`;
  assert.deepEqual(shown, [escaped]);
  assert.equal(bank.model.transactions.get(id)?.notes, '');
});

/** A light over MQTT; returns what it was told. */
async function addLight({ rig: { client } }: BlueprintHouse): Promise<readonly unknown[]> {
  const heard: unknown[] = [];
  await client.onTrigger({ trigger: 'mqtt', topic: 'lamp/set' }, ({ variables }) =>
    heard.push(z.object({ payload: z.string() }).parse(variables.trigger).payload),
  );
  const config = { name: 'Lamp', unique_id: 'lamp', command_topic: 'lamp/set', schema: 'json' };
  const data = { topic: 'homeassistant/light/lamp/config', payload: JSON.stringify(config), retain: true };
  await client.call({ domain: 'mqtt', service: 'publish', data });
  await until('the light is there', async () => Boolean(await client.state('light.lamp')));
  return heard;
}
