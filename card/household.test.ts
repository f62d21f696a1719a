import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleHass, type SampleDevice } from '../test/support/sample-hass.ts';
import { deviceOf, kindOf, pageOf, readHousehold, signatureOf } from './household.ts';

const house: readonly SampleDevice[] = [
  { kind: 'bridge', id: 'bridge', states: { paused: 'off' } },
  { kind: 'bridge', id: 'bridge_second', states: { paused: 'on' } },
  { kind: 'login', id: 'login_1', name: 'Monzo login Sam', below: 'bridge', states: { problem: 'off' } },
  { kind: 'account', id: 'acc_1', name: 'Sam current account', below: 'bridge', states: { balance: '1' } },
  {
    kind: 'account',
    id: 'acc_2',
    name: 'Joint account',
    below: 'bridge_second',
    states: { balance: '2', total_balance: '3', spent_today: '4' },
    hidden: ['spent_today'],
  },
  { kind: 'pot', id: 'pot_1', name: 'Bike', below: 'acc_1', states: { balance: '5', goal: '9' } },
  { kind: 'pot', id: 'pot_2', name: 'Bills', below: 'acc_2', states: { balance: '6' } },
];

describe('the household', () => {
  it('is read from the devices of all bridges, whatever the entities are called', async () => {
    const hass = sampleHass(house);
    const { bridges, logins, accounts } = await readHousehold(hass);
    const valueOf = (id: string | undefined) => hass.states[id ?? '']?.state;
    assert.deepEqual(
      bridges.map(({ name, entities }) => [name, valueOf(entities.paused)]),
      [
        ['bridge', 'off'],
        ['bridge_second', 'on'],
      ],
    );
    assert.deepEqual(
      logins.map(({ name }) => name),
      ['Monzo login Sam'],
    );
    assert.deepEqual(
      accounts.map(({ name, entities, pots }) => [
        name,
        valueOf(entities.balance),
        pots.map((pot) => [pot.name, valueOf(pot.entities.balance), valueOf(pot.entities.goal)]),
      ]),
      [
        ['Joint account', '2', [['Bills', '6', undefined]]],
        ['Sam current account', '1', [['Bike', '5', '9']]],
      ],
    );
    assert.equal(valueOf(accounts[0]?.entities.total_balance), '3');
    assert.equal(accounts[0]?.entities.spent_today, undefined, 'hidden by a person');
  });

  it('asks for every entity once', async () => {
    const hass = sampleHass(house);
    await readHousehold(hass);
    await readHousehold(hass);
    assert.equal(hass.asked.length, 1);
    assert.equal(new Set(hass.asked[0]).size, hass.asked[0]?.length);
  });

  it('has the names that people gave', async () => {
    const [bridge, , , account] = house;
    const named = { ...account, kind: 'account', id: 'acc_1', more: { name_by_user: 'Mine' } };
    const { accounts } = await readHousehold(sampleHass([...(bridge ? [bridge] : []), named]));
    assert.equal(accounts[0]?.name, 'Mine');
  });

  it('is empty where there is no bridge', async () => {
    const hass = sampleHass([]);
    assert.deepEqual(await readHousehold(hass), { bridges: [], logins: [], accounts: [] });
    assert.equal(hass.asked.length, 0);
  });
});

describe('a device', () => {
  const strange: readonly SampleDevice[] = [
    { kind: 'account', id: 'a', more: { identifiers: [['monzo', 'acc_1']] } },
    { kind: 'account', id: 'a', more: { identifiers: [['mqtt', 'zigbee_account']] } },
    { kind: 'account', id: 'a', more: { disabled_by: 'user' } },
    { kind: 'bridge 2.0', id: 'a' },
    { kind: 'account', id: 'a', more: { model_id: null } },
  ];
  for (const device of strange)
    it(`is none of ours: ${JSON.stringify(device)}`, () => {
      assert.equal(kindOf(sampleHass([device]).devices['a']), null);
    });

  it('is found by its entity, if it is of the right kind', () => {
    const hass = sampleHass([{ kind: 'pot', id: 'pot_1', states: { balance: '5' } }]);
    const [entity = ''] = Object.keys(hass.entities);
    assert.equal(deviceOf(hass, entity, 'pot')?.id, 'pot_1');
    assert.equal(deviceOf(hass, entity, 'account'), null);
    assert.equal(deviceOf(hass, 'sensor.other', 'pot'), null);
  });

  it('has a page for administrators, at an address that a browser can open without harm', () => {
    const at = (configuration_url: string, isAdmin = true) => {
      const hass = sampleHass([{ kind: 'bridge', id: 'b', more: { configuration_url } }]);
      return pageOf({ ...hass, user: { id: 'x', name: 'X', is_admin: isAdmin } }, 'b');
    };
    assert.equal(at('http://bridge.local:8099/'), 'http://bridge.local:8099/');
    assert.equal(at('homeassistant://hassio/ingress/monzo'), '/hassio/ingress/monzo');
    assert.equal(at('http://bridge.local:8099/', false), null);
    assert.equal(at('javascript:alert(1)'), null);
    assert.equal(at(''), null);
  });
});

describe('the signature', () => {
  it('changes with what is drawn, and with nothing else', () => {
    const before = sampleHass(house);
    const other = { id: 'lamp', name: 'Lamp', identifiers: [] };
    assert.equal(signatureOf({ ...before, devices: { ...before.devices, other } }), signatureOf(before));
    assert.equal(signatureOf({ ...before, states: {} }), signatureOf(before));
    assert.notEqual(signatureOf({ ...before, language: 'de' }), signatureOf(before));
    const { pot_1: pot, ...devices } = before.devices;
    assert.notEqual(signatureOf({ ...before, devices }), signatureOf(before));
    const renamed = { ...pot, id: 'pot_1', name: 'Bicycle', identifiers: pot?.identifiers ?? [] };
    assert.notEqual(signatureOf({ ...before, devices: { ...devices, pot_1: renamed } }), signatureOf(before));
    const entities = Object.fromEntries(Object.entries(before.entities).slice(1));
    assert.notEqual(signatureOf({ ...before, entities }), signatureOf(before));
  });
});
