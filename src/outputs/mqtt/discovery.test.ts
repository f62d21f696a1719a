import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { transactionKinds } from '../../domain/transaction.ts';
import {
  someAccount,
  someLogin,
  someSnapshot,
  somePot,
  type SnapshotParts,
} from '../../../test/support/snapshot-samples.ts';
import { discoveryDocuments, withTombstones, type Component, type DiscoveryDocument } from './discovery.ts';
import { accountTriggers, updateTypes } from './entities.ts';
import { topicsBelow } from './topics.ts';

interface DeclaredKeys {
  readonly document: { readonly declared: readonly string[] };
  readonly device: { readonly declared: readonly string[] };
  readonly origin: { readonly declared: readonly string[] };
  readonly availability: { readonly declared: readonly string[] };
  readonly state_classes: Readonly<Record<string, readonly string[]>>;
  readonly platforms: Readonly<
    Record<string, { readonly declared: readonly string[]; readonly required: readonly string[] }>
  >;
}

function declaredKeys(): DeclaredKeys {
  const file = new URL('../../../test/fixtures/home-assistant-discovery-keys.json', import.meta.url);
  assert.ok(
    existsSync(file),
    'test/fixtures/home-assistant-discovery-keys.json is missing: generate it from a real Home Assistant.',
  );
  return JSON.parse(readFileSync(file, 'utf8')) as DeclaredKeys;
}

const topics = topicsBelow('monzo', 'homeassistant');

function documents(parts: SnapshotParts = {}): ReadonlyMap<string, DiscoveryDocument> {
  return discoveryDocuments(someSnapshot(parts).view, {
    topics,
    version: '1.2.3',
    pageUrl: () => 'http://127.0.0.1:8099',
    supportUrl: 'https://example.org',
  });
}

function components(all = documents()): readonly (readonly [string, Component])[] {
  return [...all].flatMap(([topic, document]) =>
    Object.entries(document.components).map(([key, component]) => [`${topic} ${key}`, component] as const),
  );
}

function documentOf(id: string, all = documents()): DiscoveryDocument {
  const found = all.get(topics.document(id));
  assert.ok(found, `a document for ${id}`);
  return found;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

const variety: SnapshotParts = {
  accounts: [someAccount(), someAccount({ id: 'acc_2', slug: 'savings', currency: 'JPY', balance: null })],
  pots: [somePot(), somePot({ id: 'pot_2', slug: 'no_goal', goal: null })],
};

test('documents hold only keys that Home Assistant declares, and every key that it requires', () => {
  const declared = declaredKeys();
  const within = (value: object, allowed: readonly string[], where: string) => {
    for (const key of Object.keys(value))
      assert.ok(allowed.includes(key), `${where}: ${key} is not declared`);
  };
  for (const [topic, document] of documents(variety)) {
    within(document, declared.document.declared, topic);
    within(document.device, declared.device.declared, topic);
    within(document.origin, declared.origin.declared, topic);
  }
  for (const [where, { platform, ...component }] of components(documents(variety))) {
    const keys = declared.platforms[platform];
    assert.ok(keys, `${where}: platform ${platform}`);
    within(component, keys.declared, where);
    for (const key of keys.required)
      assert.ok(key === 'device' || Object.hasOwn(component, key), `${where} lacks ${key}`);
    const { availability = [] } = component as { readonly availability?: readonly object[] };
    for (const entry of availability) within(entry, declared.availability.declared, where);
  }
});

test('device classes, units, options and state classes fit together by Home Assistant’s rules', () => {
  const { state_classes: stateClasses } = declaredKeys();
  for (const [where, component] of components(documents(variety))) {
    const { device_class: deviceClass, state_class: stateClass, unit_of_measurement: unit } = component;
    if (component.platform !== 'sensor') continue;
    if (stateClass !== undefined && typeof deviceClass === 'string')
      assert.ok(stateClasses[deviceClass]?.includes(text(stateClass)), where);
    if (deviceClass === 'monetary') assert.match(String(unit), /^[A-Z]{3}$/, where);
    if (component['options'] !== undefined)
      assert.deepEqual([deviceClass, stateClass, unit], ['enum', undefined, undefined], where);
    if (component['last_reset_value_template'] !== undefined) assert.equal(stateClass, 'total', where);
    assert.notEqual(component['entity_category'], 'config', where);
  }
});

test('money is shown with the decimal places of its currency', () => {
  const places = (id: string) =>
    documentOf(id, documents(variety)).components['balance']?.['suggested_display_precision'];
  assert.deepEqual([places('acc_1'), places('acc_2')], [2, 0]);
});

test('unique ids are unique and consist of the Monzo id and the key', () => {
  const ids = components(documents(variety)).flatMap(([, { unique_id: id }]) =>
    id === undefined ? [] : [id],
  );
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(documentOf('acc_1').components['total_balance']?.['unique_id'], 'acc_1_total_balance');
  assert.equal(documentOf('bridge').components['paused']?.['unique_id'], 'monzo_bridge_paused');
  assert.equal(
    documentOf('pot_1').components['balance']?.['default_entity_id'],
    'sensor.monzo_holiday_balance',
  );
});

test('each device has the entities of the design', () => {
  const keys = (id: string) => Object.keys(documentOf(id, documents(variety)).components);
  assert.deepEqual(keys('bridge'), ['connectivity', 'undelivered', 'paused', 'pause', 'action_failure']);
  assert.deepEqual(keys('login_one'), ['state', 'problem', 'approval_lapses']);
  assert.deepEqual(keys('acc_1').slice(0, 7), [
    'balance',
    'total_balance',
    'spent_today',
    'spent_this_month',
    'left_to_move_today',
    'transaction',
    'transaction_update',
  ]);
  assert.deepEqual(keys('pot_1'), ['balance', 'goal', 'goal_reached', 'locked']);
  assert.deepEqual(keys('pot_2'), ['balance', 'locked']);
  assert.equal(documentOf('pot_1').components['locked']?.['enabled_by_default'], false);
});

test('an account that can have no pots has no total balance, and nothing to move', () => {
  const all = documents({
    accounts: [someAccount({ type: 'uk_monzo_flex' }), someAccount({ id: 'acc_2', type: 'new' })],
  });
  for (const key of ['total_balance', 'left_to_move_today'])
    assert.deepEqual(
      ['acc_1', 'acc_2'].map((id) => documentOf(id, all).components[key] !== undefined),
      [false, true],
    );
});

test('every device has a model id, and a link to its place in the page', () => {
  const of = (id: string) => {
    const { model_id: model, configuration_url: url } = documentOf(id).device;
    return [model, url];
  };
  assert.deepEqual(of('bridge'), ['bridge', 'http://127.0.0.1:8099/']);
  assert.deepEqual(of('login_one'), ['login', 'http://127.0.0.1:8099/#/settings/people']);
  assert.deepEqual(of('acc_1'), ['account', 'http://127.0.0.1:8099/#/transactions?account=acc_1']);
  assert.deepEqual(of('pot_1'), ['pot', 'http://127.0.0.1:8099/#/transactions?pot=pot_1']);
  const unknown = discoveryDocuments(someSnapshot().view, { topics, version: '1', pageUrl: () => '' });
  assert.ok([...unknown.values()].every(({ device }) => device['configuration_url'] === undefined));
});

test('every entity has an icon, except those whose device class shows one by state', () => {
  for (const [where, component] of components(documents(variety))) {
    if (component.platform === 'device_automation') continue;
    const isByState = ['connectivity', 'problem'].includes(text(component['device_class']));
    assert.equal(/^mdi:[a-z-]+$/.test(text(component['icon'])), !isByState, where);
  }
});

test('the sentence behind a login’s problem is an attribute of it', () => {
  const problem = documentOf('login_one').components['problem'];
  assert.equal(problem?.['json_attributes_topic'], 'monzo/login/login_one');
  assert.equal(problem?.['json_attributes_template'], '{{ {"needs": value_json.needs} | tojson }}');
});

test('there is one device trigger for creation, for every kind and for every update', () => {
  const types = accountTriggers.map(({ type }) => type);
  assert.equal(types.length, 1 + transactionKinds.length + updateTypes.length);
  assert.equal(new Set(types).size, types.length);
  assert.ok(types.includes('transaction created') && types.includes('card payment'));
  const trigger = documentOf('acc_1').components['trigger_card_payment'];
  assert.deepEqual(
    [trigger?.['topic'], trigger?.['subtype'], trigger?.['payload']],
    ['monzo/acc_1/transaction', 'Transaction', 'card_payment'],
  );
});

test('the two event entities share a topic and declare different types', () => {
  const { transaction, transaction_update: update } = documentOf('acc_1').components;
  assert.equal(transaction?.['state_topic'], 'monzo/acc_1/event');
  assert.equal(update?.['state_topic'], 'monzo/acc_1/event');
  assert.deepEqual(transaction?.['event_types'], transactionKinds);
  for (const type of transactionKinds)
    assert.ok(String(transaction?.['value_template']).includes(`'${type}'`));
  for (const type of updateTypes) assert.ok(!String(transaction?.['value_template']).includes(`'${type}'`));
});

test('all but connectivity, events and what fails actions is unavailable without the bridge, accounts and pots also without recent data', () => {
  const listOf = (id: string, key: string) => documentOf(id).components[key]?.['availability'];
  const bridge = { topic: 'monzo/bridge/state', value_template: '{{ value_json.state }}' };
  assert.deepEqual(listOf('pot_1', 'balance'), [bridge, { topic: 'monzo/pot_1/availability' }]);
  assert.deepEqual(listOf('login_one', 'state'), [bridge]);
  assert.equal(listOf('bridge', 'connectivity'), undefined);
  assert.equal(listOf('bridge', 'action_failure'), undefined);
  assert.equal(listOf('acc_1', 'transaction'), undefined);
  assert.equal(listOf('acc_1', 'transaction_update'), undefined);
});

test('pots are connected via their account, accounts via the bridge', () => {
  assert.equal(documentOf('pot_1').device['via_device'], 'monzo_acc_1');
  assert.equal(documentOf('acc_1').device['via_device'], 'monzo_bridge');
  assert.equal(documentOf('bridge').device['via_device'], undefined);
  assert.deepEqual([...documents().keys()].at(0), topics.document('bridge'));
});

test('a pot named "Balance" does not show its name twice', () => {
  const all = documents({ pots: [somePot({ name: 'Balance' })] });
  assert.equal(documentOf('pot_1', all).components['balance']?.['name'], null);
  assert.equal(documentOf('pot_1', all).components['goal']?.['name'], 'Goal');
});

test('topics are legal and names printable for any name and id', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a/b', '+', '#', '\u0000', '🏖️ {{ 1 }}', ' '),
  );
  fc.assert(
    fc.property(hostile, hostile, (name, id) => {
      const all = documents({
        logins: [someLogin({ id, name })],
        pots: [somePot({ id: `pot_${id}`, name })],
      });
      for (const [topic, document] of all) {
        assert.match(topic, /^homeassistant\/device\/monzo_[A-Za-z0-9_-]+\/config$/);
        const shown = JSON.parse(JSON.stringify(document.device['name'])) as string;
        assert.ok(shown !== '' && shown.isWellFormed() && !/\p{Cc}/u.test(shown));
      }
      for (const [, component] of components(all)) {
        assert.doesNotMatch(text(component['state_topic']), /[+#\p{Cc}]/u);
        assert.match(text(component['default_entity_id']), /^(?:[a-z_]+\.[a-z0-9_]+)?$/);
      }
    }),
  );
});

test('a tombstone has the platform alone', () => {
  const document = withTombstones(documentOf('pot_1'), new Map([['gone', { platform: 'sensor' }]]));
  assert.deepEqual(document.components['gone'], { platform: 'sensor' });
  assert.deepEqual(document.components['goal'], documentOf('pot_1').components['goal']);
});

test('bridges with base topics of their own share no document, device or entity of their bridge and logins', () => {
  const { view } = someSnapshot({ logins: [someLogin()], accounts: [], pots: [] });
  const idsBelow = (base: string) => {
    const below = topicsBelow(base, 'homeassistant');
    const all = discoveryDocuments(view, { topics: below, version: '1.2.3' });
    const entities = [...all.values()].flatMap(({ components: parts }) => Object.values(parts));
    return [
      ...all.keys(),
      ...[...all.values()].map(({ device }) => JSON.stringify(device['identifiers'])),
      ...entities.flatMap((part) => [text(part['unique_id']), text(part['default_entity_id'])]),
    ];
  };
  const bases = ['monzo', 'monzo2', 'home/monzo', 'home_monzo', 'Bank'];
  const ids = bases.flatMap(idsBelow);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(idsBelow('monzo').includes('homeassistant/device/monzo_bridge/config'), 'the usual one stays');
  for (const id of ids.filter((found) => /^(?:button|sensor|binary_sensor|select)\./.test(found)))
    assert.match(id, /^[a-z_]+\.[a-z\d_]+$/);
});
