import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import * as fc from 'fast-check';
import { anAccount, aPot } from '../../test/support/samples.ts';
import type { Account, Pot } from './account.ts';
import { accountNames, deviceIdentifier, idOfDevice, potNames, safeId, slugsOf } from './names.ts';

const owner = (firstName: string) => ({ userId: `user_${firstName}`, firstName });

interface Told {
  readonly type?: string;
  readonly owners?: readonly string[];
}

const household = (...told: readonly Told[]): readonly Account[] =>
  told.map(({ type = 'uk_retail', owners = ['Alex'] }, index) =>
    anAccount({ id: `acc_${index + 1}`, type, owners: owners.map(owner) }),
  );

const namesOf = (...told: readonly Told[]) => [...accountNames(household(...told)).values()];

describe('names of accounts', () => {
  const types: readonly (readonly [type: string, name: string])[] = [
    ['uk_retail', 'Current account'],
    ['uk_retail_joint', 'Joint account'],
    ['uk_business', 'Business account'],
    ['uk_monzo_flex', 'Flex'],
    ['uk_loan', 'Loan'],
    ['uk_rewards', 'Cashback'],
    ['uk_retail_youth', 'Retail youth account'],
    ['moon_saver', 'Moon saver account'],
    ['', 'Other account'],
    ['uk_', 'Other account'],
  ];
  for (const [type, name] of types)
    it(`${type || 'no type'}: ${name}`, () => {
      assert.deepEqual(namesOf({ type }), [name]);
    });

  it('have no first name if they are one person’s and differ by type', () => {
    assert.deepEqual(
      namesOf({}, { type: 'uk_retail_joint', owners: ['Alex', 'Sam'] }, { type: 'uk_monzo_flex' }),
      ['Current account', 'Joint account', 'Flex'],
    );
  });

  it('have first names if two would be the same, but a third of another type does not', () => {
    assert.deepEqual(namesOf({}, { owners: ['Sam'] }, { type: 'uk_monzo_flex' }), [
      'Alex current account',
      'Sam current account',
      'Flex',
    ]);
  });

  it('have both first names for two joint accounts', () => {
    const type = 'uk_retail_joint';
    assert.deepEqual(namesOf({ type, owners: ['Alex', 'Sam'] }, { type, owners: ['Alex', 'Kim'] }), [
      'Alex and Sam joint account',
      'Alex and Kim joint account',
    ]);
  });

  it('are numbered for two of one person', () => {
    assert.deepEqual(namesOf({}, {}, {}), [
      'Alex current account',
      'Alex current account 2',
      'Alex current account 3',
    ]);
  });

  it('are numbered if the owners have no first name', () => {
    assert.deepEqual(namesOf({ owners: [''] }, { owners: [] }), ['Current account', 'Current account 2']);
  });

  it('stay distinct if a type reads like the name of another', () => {
    assert.deepEqual(namesOf({}, { owners: ['Sam'] }, { type: 'alex_current' }), [
      'Alex current account',
      'Sam current account',
      'Alex current account 2',
    ]);
  });
});

const potsOf = (...told: readonly Partial<Pot>[]): readonly Pot[] =>
  told.map((pot, index) => aPot({ id: `pot_${index + 1}`, ...pot }));

describe('names of pots', () => {
  const accounts = new Map([
    ['acc_1', 'Current account'],
    ['acc_2', 'Joint account'],
  ]);
  const names = (...told: readonly Partial<Pot>[]) => [...potNames(potsOf(...told), accounts).values()];

  it('are as the person wrote them', () => {
    assert.deepEqual(names({ name: ' Holiday ' }, { name: 'Bills' }), ['Holiday', 'Bills']);
  });

  it('are followed by the account if two are the same', () => {
    assert.deepEqual(names({ name: 'Savings' }, { name: 'savings', accountId: 'acc_2' }, { name: 'Bills' }), [
      'Savings (Current account)',
      'savings (Joint account)',
      'Bills',
    ]);
  });

  it('are numbered if one account has two of one name', () => {
    assert.deepEqual(names({ name: 'Savings' }, { name: 'Savings' }, { name: 'Savings' }), [
      'Savings (Current account)',
      'Savings (Current account) 2',
      'Savings (Current account) 3',
    ]);
  });

  it('give way to an account of the same name', () => {
    assert.deepEqual(names({ name: 'Joint account' }), ['Joint account (Current account)']);
  });

  it('do not give way if two accounts share the name and so do not use it', () => {
    const twins = new Map([
      ['acc_1', 'Flex'],
      ['acc_2', 'Flex'],
    ]);
    assert.deepEqual([...potNames(potsOf({ name: 'Bills' }), twins).values()], ['Bills']);
  });

  it('may be only emoji, and stay distinct', () => {
    assert.deepEqual(names({ name: '🏖️' }, { name: '🚗' }, { name: '🚗' }), [
      '🏖️',
      '🚗 (Current account)',
      '🚗 (Current account) 2',
    ]);
  });

  it('may be missing', () => {
    assert.deepEqual(names({ name: '  ' }, { name: 'Pot' }), [
      'Pot (Current account)',
      'Pot (Current account) 2',
    ]);
  });

  it('stay as they are if the account is unknown', () => {
    assert.deepEqual(names({ name: 'A', accountId: 'acc_9' }, { name: 'A', accountId: 'acc_9' }), [
      'A',
      'A 2',
    ]);
  });
});

describe('slugs', () => {
  const slugs: readonly (readonly [name: string, slug: string])[] = [
    ['Current account', 'current_account'],
    ['Alex and Sam joint account', 'alex_and_sam_joint_account'],
    ['Café—Crème  (Été)', 'cafe_creme_ete'],
    ['🏖️', 'pot'],
    ['日本 2027', '2027'],
    ['__a--b__', 'a_b'],
    ['ﬁve', 'five'],
  ];
  for (const [name, slug] of slugs)
    it(`${name}: ${slug}`, () => {
      assert.deepEqual([...slugsOf([['id', name]])], [['id', slug]]);
    });

  it('are unique', () => {
    const named = ['Pot', '🚗', 'pot 2', 'Pot'].map((name, index) => [`pot_${index}`, name] as const);
    assert.deepEqual([...slugsOf(named).values()], ['pot', 'pot_2', 'pot_2_2', 'pot_3']);
  });
});

describe('names and slugs of any household', () => {
  const words = fc.oneof(
    fc.constantFrom(
      'Savings',
      'savings',
      'Savings 2',
      'Joint account',
      '🚗',
      '',
      ' Pot',
      'Savings (Joint account)',
    ),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );
  const told = fc.record({
    type: fc.constantFrom('uk_retail', 'uk_retail_joint', 'alex_current', ''),
    owners: fc.array(fc.constantFrom('Alex', 'Sam', ''), { maxLength: 2 }),
  });
  const homes = fc.record({
    accounts: fc.array(told, { minLength: 1, maxLength: 6 }).map((list) => household(...list)),
    pots: fc
      .array(fc.record({ name: words, accountId: fc.constantFrom('acc_1', 'acc_2') }), { maxLength: 10 })
      .map((list) => potsOf(...list)),
  });

  it('exist for every id, in order, and are unique', () => {
    fc.assert(
      fc.property(homes, ({ accounts, pots }) => {
        const names = accountNames(accounts);
        const ofPots = potNames(pots, names);
        const slugs = slugsOf([...names, ...ofPots]);
        assert.deepEqual(
          [...names.keys()],
          accounts.map(({ id }) => id),
        );
        assert.deepEqual(
          [...ofPots.keys()],
          pots.map(({ id }) => id),
        );
        assert.equal(new Set(names.values()).size, accounts.length);
        assert.equal(new Set(ofPots.values()).size, pots.length);
        assert.equal(new Set(slugs.values()).size, accounts.length + pots.length);
        for (const slug of slugs.values()) assert.match(slug, /^[a-z0-9]+(_[a-z0-9]+)*$/);
      }),
    );
  });
});

test('ids that are safe in a topic are unchanged, others are replaced and stay distinct', () => {
  assert.equal(safeId('acc_00009fXu-1'), 'acc_00009fXu-1');
  assert.match(safeId('a/b'), /^[A-Za-z0-9_-]+$/);
  assert.notEqual(safeId('a/b'), safeId('a+b'));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => /^[A-Za-z0-9_-]{1,80}$/.test(safeId(id))));
});

test('a device identifier gives back its id, and another program’s device gives null', () => {
  assert.equal(idOfDevice(deviceIdentifier('acc_00009fXu-1')), 'acc_00009fXu-1');
  assert.equal(idOfDevice(deviceIdentifier('a/b')), safeId('a/b'));
  assert.equal(idOfDevice('zigbee_acc_00009fXu-1'), null);
});
