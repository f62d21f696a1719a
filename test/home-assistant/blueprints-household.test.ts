import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { alex } from '../../sim/household.ts';
import { isMove } from '../support/money.ts';
import { askApi } from '../support/start-app.ts';
import { ran, startBlueprintHouse, type BlueprintHouse } from './blueprints.ts';
import { until } from './tier2-output.ts';

/** What follows from the rest of the home: other sensors, what energy cost, whatever else happens. */

const { holiday } = alex.pots;
const pots = { card: 'pot_0000Card', energy: 'pot_0000Energy', gym: 'pot_0000Gym', gone: 'pot_0000Gone' };
let house: BlueprintHouse;

before(async () => {
  house = await startBlueprintHouse({
    seed: 57,
    prepare: (bank) => {
      for (const [name, id] of Object.entries(pots)) bank.openPot(alex.current, { id, name, balance: 500 });
    },
  });
});

after(() => house?.[Symbol.asyncDispose]());

const balance = (pot: string) => house.bank.pot(pot).balance;

test('a card’s pot: holds what is owed, follows it both ways, and never moves the same twice', async () => {
  const { bank, faults } = house;
  await show('sensor.card', 'unavailable');
  const input = { owed: 'sensor.card', pot: await house.device(pots.card), most: 30 };
  const card = await house.use('card_pot', 'card', input);
  await show('sensor.card', '25.67');
  await ran(card, 1);
  assert.equal(balance(pots.card), 2_567);
  await house.runByHand('card');
  await ran(card, 2);
  await show('sensor.card', 'unavailable');
  await show('sensor.card', '45.679');
  await ran(card, 3);
  assert.equal(balance(pots.card), 4_568);
  await show('sensor.card', '-10');
  await ran(card, 4);
  assert.equal(balance(pots.card), 1_568);
  await house.runByHand('card');
  await ran(card, 5);
  assert.equal(balance(pots.card), 0);
  const repair = faults.add({ kind: 'timeout_before', match: isMove });
  await show('sensor.card', '12');
  await ran(card, 6);
  await house.told('card', /Do not repeat it/);
  // Nothing has moved yet, so that the same is due: it must not be asked for as another move.
  await house.runByHand('card');
  await ran(card, 7);
  repair();
  await until('no outcome is open', async () => (await openTransfers()).length === 0);
  assert.equal(balance(pots.card), 1_200);
  await show('sensor.card', '99', 'EUR');
  await ran(card, 8);
  await house.told('card', /^The pot is in GBP, and what is owed is not\. Nothing was moved\.$/);
  assert.equal(bank.pot(pots.card).balance, 1_200);
  await card.remove();
});

test('energy: what yesterday cost, each day once', async () => {
  await importCosts('sensor.energy_cost');
  const input = { cost: 'sensor.energy_cost', pot: await house.device(pots.energy) };
  const energy = await house.use('energy_envelope', 'energy', input);
  for (const times of [1, 2]) {
    await house.runByHand('energy');
    await ran(energy, times);
    assert.equal(balance(pots.energy), 500 + 234);
  }
  await house.use('energy_envelope', 'energy', { ...input, days: 2 });
  await house.runByHand('energy');
  await ran(energy, 3);
  assert.equal(balance(pots.energy), 500 + 234 + 510);
  const unknown = await house.use('energy_envelope', 'unknown', { ...input, cost: 'sensor.none' });
  await house.runByHand('unknown');
  await ran(unknown, 1);
  await house.told('unknown', /^Home Assistant has no statistics of sensor\.none for .*Nothing was moved\.$/);
  const small = await house.use('energy_envelope', 'small', { ...input, most: 2 });
  await house.runByHand('small');
  await ran(small, 1);
  await house.told('small', /cost more than 2\. Nothing was moved\.$/);
});

test('a reward: at most once a day, each time where that is chosen, and not started by itself', async () => {
  const { bank } = house;
  const input = { pot: await house.device(pots.gym), amount: 1.5 };
  const gym = await house.use('reward', 'gym', { ...input, when: [{ trigger: 'event', event_type: 'gym' }] });
  for (const times of [1, 2, 3]) {
    await fire('gym');
    await ran(gym, times);
  }
  assert.equal(balance(pots.gym), 650);
  const changed = { ...input, amount: 2.5, when: [{ trigger: 'event', event_type: 'gym' }] };
  const larger = await house.use('reward', 'gym', changed);
  await fire('gym');
  await ran(larger, 4);
  assert.deepEqual([balance(pots.gym), await house.notices('gym')], [650, []]);
  const when = { trigger: 'state', entity_id: 'sensor.swear', to: ['1', '2', '3'] };
  const jar = await house.use('reward', 'jar', { ...input, amount: 2, often: 'time', when: [when] });
  for (const times of [1, 2]) {
    await show('sensor.swear', String(times));
    await ran(jar, times);
  }
  assert.equal(balance(pots.gym), 650 + 400);
  const more = {
    trigger: 'event.received',
    target: { device_id: await house.device(alex.current) },
    options: { event_type: ['pot_deposit'] },
  };
  const rains = { condition: 'state', entity_id: 'sensor.weather', state: 'rain' };
  const matching = await house.use('reward', 'matching', {
    ...input,
    often: 'time',
    amount: 3,
    only_if: [rains],
    when: [more],
  });
  await show('sensor.weather', 'sun');
  await house.shown(bank.potMove(holiday, 'deposit', { amount: 100 }));
  await show('sensor.weather', 'rain');
  const deposit = bank.potMove(holiday, 'deposit', { amount: 100 });
  await house.refresh();
  // Its own deposit starts it once more, and is recognised.
  await ran(matching, 2);
  await house.repeat(deposit);
  await ran(matching, 3);
  assert.equal(balance(pots.gym), 650 + 400 + 300);
  for (const automation of [jar, matching]) await automation.remove();
});

test('a reward: a pot that was renamed is the same one; one that is gone, and a bridge that is away, are told', async () => {
  const { bank } = house;
  const gone = { pot: await house.device(pots.gone), amount: 1, often: 'time' };
  const gonePot = await house.use('reward', 'gone', {
    ...gone,
    when: [{ trigger: 'event', event_type: 'go' }],
  });
  bank.renamePot(pots.gone, 'Other name');
  await house.refresh();
  await fire('go');
  await ran(gonePot, 1);
  assert.equal(balance(pots.gone), 600);
  bank.closePot(pots.gone);
  await house.refresh();
  await fire('go');
  await ran(gonePot, 2);
  await house.told('gone', /Nothing was moved/);
  const before = balance(pots.gym);
  const away = { pot: await house.device(pots.gym), amount: 1 };
  const patient = await house.use('reward', 'away', {
    ...away,
    when: [{ trigger: 'event', event_type: 'away' }],
  });
  await house.restartBridge(async () => {
    await fire('away');
    await ran(patient, 1);
    await house.told('away', /did not answer within 30 seconds\. It is not known whether money has moved/);
  });
  for (const times of [2, 3]) {
    await fire('away');
    await ran(patient, times);
  }
  assert.equal(balance(pots.gym), before + 100);
});

async function openTransfers(): Promise<readonly unknown[]> {
  const answer = await askApi(house.app(), '/api/transfers?state=open');
  return z.object({ items: z.array(z.unknown()) }).parse(await answer.json()).items;
}

async function fire(event: string): Promise<void> {
  await house.rig.client.command({ type: 'fire_event', event_type: event }, z.unknown());
}

/** Shows a sensor of another integration. */
async function show(entityId: string, state: string, unit = 'GBP'): Promise<void> {
  const body = { state, attributes: { unit_of_measurement: unit } };
  await house.rig.client.rest({ method: 'POST', path: `/api/states/${entityId}`, body }, z.unknown());
}

/** 5.10 the day before yesterday, 2.34 yesterday, and something today, by the clock of the house. */
async function importCosts(id: string): Promise<void> {
  const { client } = house.rig;
  const today = Temporal.Now.zonedDateTimeISO('Europe/London').startOfDay();
  const at = (days: number, hour: number, sum: number) => {
    const start = today.subtract({ days }).add({ hours: hour });
    return { start: start.toString({ timeZoneName: 'never' }), sum, state: sum };
  };
  const stats = [at(3, 12, 7), at(2, 3, 9), at(2, 12, 12.1), at(1, 3, 13), at(1, 20, 14.44), at(0, 0, 20)];
  const metadata = {
    statistic_id: id,
    source: 'recorder',
    name: null,
    unit_class: null,
    unit_of_measurement: 'GBP',
    has_sum: true,
    mean_type: 0,
  };
  await client.command({ type: 'recorder/import_statistics', metadata, stats }, z.unknown());
  const period = { start_time: stats[0]?.start, statistic_ids: [id], period: 'hour' };
  const list = { type: 'recorder/statistics_during_period', ...period };
  await until('the statistics are there', async () => {
    const { [id]: rows = [] } = await client.command(list, z.record(z.string(), z.array(z.unknown())));
    return rows.length === stats.length;
  });
}
