import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import * as fc from 'fast-check';
import { anAccount, aPot } from '../../test/support/samples.ts';
import type { Account, Pot } from './account.ts';
import {
  accountNames,
  deviceIdentifier,
  idOfDevice,
  potNames,
  safeId,
  slugsFor,
  slugsOf,
  type Slugs,
} from './names.ts';

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

const lower = (name: string) => name.replace(/^.(?=[a-z])/, (first) => first.toLowerCase());

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

  const currencies: readonly (readonly [currency: string, name: string])[] = [
    ['EUR', 'Euro account'],
    ['USD', 'US dollar account'],
    ['XQZ', 'XQZ account'],
  ];
  for (const [currency, name] of currencies)
    it(`of another currency are named after it: ${name}`, () => {
      const [account] = household({ type: 'uk_foreign_currency' });
      assert.ok(account);
      const named = (...accounts: readonly Account[]) => [...accountNames(accounts).values()];
      assert.deepEqual(named({ ...account, currency }), [name]);
      assert.deepEqual(
        named({ ...account, currency }, { ...account, id: 'acc_2', currency })[0],
        `Alex ${lower(name)}`,
      );
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

  it('of one account are told apart by the type, the goal or the day of opening, whatever differs', () => {
    const opened = Date.UTC(2024, 4, 3, 12);
    assert.deepEqual(names({ name: 'Savings', type: 'flexible_savings' }, { name: 'Savings' }), [
      'Savings (Current account, flexible savings)',
      'Savings (Current account)',
    ]);
    assert.deepEqual(names({ name: 'Savings', goal: 60_000 }, { name: 'Savings', goal: 5_000 }), [
      'Savings (Current account, goal 600.00 GBP)',
      'Savings (Current account, goal 50.00 GBP)',
    ]);
    assert.deepEqual(
      names({ name: 'Savings', created: opened }, { name: 'Savings', created: opened + 86_400_000 }),
      ['Savings (Current account, opened 3 May 2024)', 'Savings (Current account, opened 4 May 2024)'],
    );
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

describe('slugs of new accounts and pots', () => {
  const none: Slugs = new Map();
  const homes = household({}, { owners: ['Sam'] }, { type: 'uk_retail_joint', owners: ['Sam', 'Alex'] });
  const [ofAlex, ofSam, shared] = homes;
  assert.ok(ofAlex && ofSam && shared);

  it('have the owners’ first names in alphabetical order, whoever connects first', () => {
    const first = (accounts: readonly Account[]) => slugsFor(accounts, [], none);
    const alexFirst = slugsFor(homes, [], first([ofAlex, shared]));
    const turned = { ...shared, owners: shared.owners.toReversed() };
    const samFirst = slugsFor(homes, [], first([ofSam, turned]));
    assert.deepEqual(new Map([...alexFirst].toSorted()), new Map([...samFirst].toSorted()));
    assert.deepEqual(alexFirst.get('acc_1'), 'alex_current_account');
    assert.deepEqual(alexFirst.get('acc_3'), 'alex_and_sam_joint_account');
  });

  it('of pots have the account’s behind where the name is taken', () => {
    const pots = potsOf({ name: 'Holiday' }, { name: 'Holiday', accountId: 'acc_2' }, { name: 'Bills' });
    const later = slugsFor(homes, potsOf({ name: 'Holiday' }, { name: 'Bills', accountId: 'acc_2' }), none);
    assert.deepEqual([...slugsFor(homes, pots, none).values()].slice(3), [
      'holiday_alex_current_account',
      'holiday_sam_current_account',
      'bills',
    ]);
    const [, , third] = potsOf({}, {}, { name: 'Holiday', accountId: 'acc_2' });
    assert.ok(third);
    assert.equal(slugsFor(homes, [third], later).get(third.id), 'holiday_sam_current_account');
  });

  it('that were given stay, whatever the name is now', () => {
    const given: Slugs = new Map([
      ['acc_1', 'current_account'],
      ['pot_1', 'gas_bill'],
    ]);
    const slugs = slugsFor(homes, potsOf({ name: 'Energy' }), given);
    assert.deepEqual([slugs.get('acc_1'), slugs.get('pot_1')], ['current_account', 'gas_bill']);
  });

  const escaped: readonly (readonly [name: string, slug: string])[] = [
    ['Gas bill', 'g_as_bill'],
    ['Las Vegas', 'las_veg_as'],
    ['CO₂ offset', 'c_o2_offset'],
    ['PM10 & pm25', 'p_m10_p_m25'],
    ['GAGASGAS', 'gag_asg_as'],
  ];
  for (const [name, slug] of escaped)
    it(`never make an air sensor: ${name}`, () => {
      assert.equal(slugsFor(homes, potsOf({ name }), none).get('pot_1'), slug);
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
      'gasco2pm10pm25',
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
        const slugs = slugsFor(accounts, pots, new Map([['acc_1', 'savings']]));
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
        for (const slug of slugs.values()) {
          assert.match(slug, /^[a-z0-9]+(_[a-z0-9]+)*$/);
          assert.doesNotMatch(slug, /gas|co2|pm10|pm25/);
        }
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
