import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aBalance, anAccount, aPot, noon } from '../../test/support/samples.ts';
import { bankDetails, isShown, mayHavePots, totalBalance } from './account.ts';

describe('accounts that are shown', () => {
  const shown = ['uk_retail', 'uk_retail_joint', 'uk_monzo_flex', 'uk_loan', 'uk_rewards', 'never_seen', ''];
  for (const type of shown)
    it(`${type || 'no type'} is, until it is closed`, () => {
      assert.equal(isShown(anAccount({ type })), true);
      assert.equal(isShown(anAccount({ type, closed: true })), false);
    });

  for (const type of ['uk_prepaid', 'uk_monzo_flex_backing_loan'])
    it(`${type} never is`, () => {
      assert.equal(isShown(anAccount({ type })), false);
    });
});

describe('accounts that may have pots', () => {
  const types: readonly (readonly [type: string, may: boolean])[] = [
    ['uk_retail', true],
    ['uk_retail_joint', true],
    ['uk_business', true],
    ['uk_retail_plus', true],
    ['never_seen', true],
    ['uk_monzo_flex', false],
    ['uk_loan', false],
    ['uk_rewards', false],
  ];
  for (const [type, may] of types)
    it(`${type}: ${may ? 'yes' : 'no'}`, () => {
      assert.equal(mayHavePots(anAccount({ type })), may);
    });
});

describe('the total balance', () => {
  const pots = [aPot({ balance: 5_000 }), aPot({ id: 'pot_2', balance: 3_055 })];

  it('is Monzo’s, if it gives one', () => {
    assert.equal(totalBalance(aBalance({ balance: 5_000, totalBalance: 0 }), pots), 0);
  });

  it('is otherwise the balance plus the open pots of the same currency', () => {
    const more = [...pots, aPot({ balance: 9, deleted: true }), aPot({ balance: 9, currency: 'EUR' })];
    assert.equal(totalBalance(aBalance({ balance: 5_000 }), more), 13_055);
    assert.equal(totalBalance(aBalance({ balance: -5_000 }), []), -5_000);
  });

  it('is unknown where the balance of a pot is an older one', () => {
    const older = [...pots, aPot({ id: 'pot_3', balance: 9, lastRead: noon })];
    assert.equal(totalBalance(aBalance({ balance: 5_000 }), older), null);
  });
});

describe('bank details', () => {
  const cases: readonly (readonly [string | null, string | null, string | null])[] = [
    ['04-00-04', '12345678', '040004 12345678'],
    ['040004', '1234 5678', '040004 12345678'],
    ['04 00 04', '1234567', '040004 01234567'],
    ['040004', null, null],
    [null, '12345678', null],
    ['04000', '12345678', null],
    ['040004', 'GB33MONZ', null],
  ];
  for (const [code, number, expected] of cases)
    it(`${code} and ${number} are ${expected}`, () => {
      assert.equal(bankDetails(code, number), expected);
    });
});
