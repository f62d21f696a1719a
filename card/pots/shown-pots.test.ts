import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EntityState } from '../hass.ts';
import { obstacleTo } from '../move/pot-family.ts';
import { goalOf, shownPots } from './shown-pots.ts';

const pot = (id: string) => ({ id, name: id, entities: { balance: 'sensor.balance', goal: 'sensor.goal' } });
const household = {
  accounts: [
    { id: 'alex', name: 'Alex', entities: {}, pots: [pot('bills'), pot('holiday')] },
    { id: 'sam', name: 'Sam', entities: {}, pots: [pot('bike')] },
  ],
};
const idsOf = (settings: Parameters<typeof shownPots>[1]) =>
  shownPots(household, settings).map((one) => one?.id);

describe('the pots of a card', () => {
  it('are all, those of an account, or those that were chosen, in that order', () => {
    assert.deepEqual(idsOf({}), ['bills', 'holiday', 'bike']);
    assert.deepEqual(idsOf({ account: 'sam' }), ['bike']);
    assert.deepEqual(idsOf({ account: 'nobody' }), []);
    assert.deepEqual(idsOf({ pots: [], account: 'alex' }), ['bills', 'holiday']);
    assert.deepEqual(idsOf({ pots: ['bike', 'gone', 'bills'] }), ['bike', undefined, 'bills']);
  });
});

const state = (value: string, attributes: object = { unit_of_measurement: 'GBP' }): EntityState => ({
  entity_id: 'sensor.any',
  state: value,
  attributes: { ...attributes },
  last_changed: '2026-11-29T09:00:00Z',
});

describe('the goal of a pot', () => {
  for (const [balance, goal, percent] of [
    ['450.0', '1500.0', 30],
    ['1499.99', '1500.0', 99],
    ['1500', '1500', 100],
    ['1650', '1500', 110],
    ['-5', '1500', 0],
    ['450', '0', undefined],
    ['unavailable', '1500', undefined],
    ['450', 'unknown', undefined],
  ] as const)
    it(`is ${percent}% reached with ${balance} of ${goal}`, () => {
      const states = { 'sensor.balance': state(balance), 'sensor.goal': state(goal) };
      assert.equal(goalOf({ states }, pot('holiday'))?.percent, percent);
    });
});

describe('what stands in the way of a move', () => {
  const bridge = {
    id: 'bridge',
    name: 'Bridge',
    entities: { connectivity: 'sensor.on', paused: 'sensor.paused' },
  };
  const hass = (connected: boolean, script: object, states: Readonly<Record<string, EntityState>>) =>
    ({ connected, services: { script }, states }) as unknown as Parameters<typeof obstacleTo>[0];
  const there = { monzo_pot_transfer: {} };
  const states = (on: string, paused: string) => ({ 'sensor.on': state(on), 'sensor.paused': state(paused) });

  for (const [expected, connected, script, known] of [
    [undefined, true, there, states('on', 'off')],
    [undefined, true, there, {}],
    ['disconnected', false, there, states('on', 'off')],
    ['missing', true, { monzo_refresh: {} }, states('on', 'off')],
    ['away', true, there, states('off', 'unavailable')],
    ['away', true, there, states('unavailable', 'unavailable')],
    ['paused', true, there, states('on', 'on')],
  ] as const)
    it(`is ${expected ?? 'nothing'} ${JSON.stringify(known)}`, () => {
      assert.equal(obstacleTo(hass(connected, script, known), bridge), expected);
    });
});
