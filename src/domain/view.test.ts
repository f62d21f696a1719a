import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aBalance, aLoginView, anAccount, aPot, noon } from '../../test/support/samples.ts';
import type { Account, Balance, Pot } from './account.ts';
import { nothingKnown, type Knowledge } from './fold.ts';
import { knownAccounts, shownAccounts, viewOf } from './view.ts';

interface Known {
  readonly accounts?: Readonly<Record<string, readonly Account[]>>;
  readonly balances?: Readonly<Record<string, Balance>>;
  readonly pots?: Readonly<Record<string, readonly Pot[]>>;
  readonly readAt?: number;
}

function knowing({ accounts = {}, balances = {}, pots = {}, readAt = noon }: Known): Knowledge {
  const readings = <T>(parts: Readonly<Record<string, T>>) =>
    new Map(Object.entries(parts).map(([key, value]) => [key, { at: readAt, value }]));
  return {
    ...nothingKnown,
    accounts: readings(accounts),
    balances: readings(balances),
    pots: readings(pots),
  };
}

const hour = 3_600_000;
const see = (known: Known, now = noon) =>
  viewOf({ knowledge: knowing(known), logins: [], now, staleAfter: 6 * hour });

describe('the view', () => {
  it('of nothing is empty', () => {
    assert.deepEqual(see({}), { logins: [], accounts: [], pots: [] });
  });

  it('shows an account, its pots and their balances', () => {
    const view = see({
      accounts: { login_1: [anAccount()] },
      balances: {
        acc_1: aBalance({ balance: 5_000, totalBalance: 13_055, spendToday: -350, spendSince: noon - hour }),
      },
      pots: { acc_1: [aPot({ balance: 8_055, goal: 10_000, locked: true })] },
    });
    assert.deepEqual(view, {
      logins: [],
      accounts: [
        {
          id: 'acc_1',
          type: 'uk_retail',
          name: 'Current account',
          slug: 'current_account',
          currency: 'GBP',
          balance: 5_000,
          totalBalance: 13_055,
          spentToday: 350,
          spentSince: noon - hour,
          available: true,
          missing: false,
          figuresFrom: null,
          loginIds: ['login_1'],
        },
      ],
      pots: [
        {
          id: 'pot_1',
          accountId: 'acc_1',
          name: 'Savings',
          slug: 'savings',
          currency: 'GBP',
          balance: 8_055,
          goal: 10_000,
          locked: true,
          available: true,
          missing: false,
          figuresFrom: null,
        },
      ],
    });
  });

  it('shows neither closed accounts nor hidden types, nor their pots', () => {
    const accounts = [
      anAccount({ id: 'acc_1', closed: true }),
      anAccount({ id: 'acc_2', type: 'uk_prepaid' }),
      anAccount({ id: 'acc_3', type: 'uk_monzo_flex_backing_loan' }),
      anAccount({ id: 'acc_4', type: 'never_seen' }),
    ];
    const view = see({ accounts: { login_1: accounts }, pots: { acc_1: [aPot()] } });
    assert.deepEqual(
      view.accounts.map(({ id }) => id),
      ['acc_4'],
    );
    assert.deepEqual(view.pots, []);
  });

  it('shows no deleted pots, and reserves no names for them', () => {
    const pots = [aPot({ id: 'pot_1', deleted: true }), aPot({ id: 'pot_2' })];
    const view = see({ accounts: { login_1: [anAccount()] }, pots: { acc_1: pots } });
    assert.deepEqual(
      view.pots.map(({ id, name, slug }) => ({ id, name, slug })),
      [{ id: 'pot_2', name: 'Savings', slug: 'savings' }],
    );
  });

  it('adds up the total if Monzo gives none', () => {
    const view = see({
      accounts: { login_1: [anAccount()] },
      balances: { acc_1: aBalance({ balance: 5_000 }) },
      pots: { acc_1: [aPot({ balance: 8_055 }), aPot({ id: 'pot_2', balance: 1, deleted: true })] },
    });
    assert.equal(view.accounts[0]?.totalBalance, 13_055);
  });

  it('shows spending as a positive amount, refunds as a negative one, and nothing as zero', () => {
    const spent = (spendToday: number) =>
      see({ accounts: { login_1: [anAccount()] }, balances: { acc_1: aBalance({ spendToday }) } }).accounts[0]
        ?.spentToday;
    assert.equal(spent(-350), 350);
    assert.equal(spent(350), -350);
    assert.ok(Object.is(spent(0), 0));
    assert.ok(Object.is(spent(-0), 0));
  });

  it('shows null if no balance was read', () => {
    const [account] = see({ accounts: { login_1: [anAccount({ currency: 'EUR' })] } }).accounts;
    assert.deepEqual(
      [account?.balance, account?.totalBalance, account?.spentToday, account?.spentSince, account?.available],
      [null, null, null, null, false],
    );
    assert.equal(account?.currency, 'EUR');
  });

  it('uses the currency of the balance', () => {
    const view = see({
      accounts: { login_1: [anAccount()] },
      balances: { acc_1: aBalance({ currency: 'EUR' }) },
    });
    assert.equal(view.accounts[0]?.currency, 'EUR');
  });

  it('shows an account and its pots as unavailable after too long without an answer from the bank', () => {
    const known = {
      accounts: { login_1: [anAccount()] },
      balances: { acc_1: aBalance() },
      pots: { acc_1: [aPot()] },
    };
    const available = (now: number) => {
      const { accounts, pots } = see(known, now);
      return [accounts[0]?.available, pots[0]?.available];
    };
    assert.deepEqual(available(noon + 6 * hour - 1), [true, true]);
    assert.deepEqual(available(noon + 6 * hour), [false, false]);
  });

  it('gives no two devices the same slug', () => {
    const view = see({
      accounts: { login_1: [anAccount()] },
      pots: { acc_1: [aPot({ name: 'Current account!' }), aPot({ id: 'pot_2', name: 'current-account' })] },
    });
    const slugs = [...view.accounts, ...view.pots].map(({ slug }) => slug);
    assert.equal(new Set(slugs).size, 3);
    assert.equal(slugs[0], 'current_account');
  });

  it('leaves removed logins out', () => {
    const logins = [aLoginView(), aLoginView({ id: 'login_2', state: 'removed' })];
    const view = viewOf({ knowledge: nothingKnown, logins, now: noon, staleAfter: hour });
    assert.deepEqual(view.logins, [logins[0]]);
  });
});

describe('accounts that several logins see', () => {
  const joint = anAccount({ id: 'acc_joint', type: 'uk_retail_joint', created: noon + 2 });

  it('are one account with all its logins', () => {
    const shown = shownAccounts(knowing({ accounts: { login_2: [joint], login_1: [anAccount(), joint] } }));
    assert.deepEqual(
      shown.map(({ account, loginIds }) => [account.id, loginIds]),
      [
        ['acc_1', ['login_1']],
        ['acc_joint', ['login_1', 'login_2']],
      ],
    );
  });

  it('are as in the newest reading', () => {
    const knowledge: Knowledge = {
      ...nothingKnown,
      accounts: new Map([
        ['login_1', { at: noon + 1, value: [{ ...joint, closed: true }] }],
        ['login_2', { at: noon, value: [joint] }],
      ]),
    };
    const [known] = knownAccounts(knowledge);
    assert.equal(known?.account.closed, true);
    assert.deepEqual(known.loginIds, ['login_1', 'login_2']);
    assert.deepEqual(shownAccounts(knowledge), []);
  });

  it('are in the order in which they were opened, however they were listed', () => {
    const listed = [joint, anAccount({ id: 'acc_b' }), anAccount({ id: 'acc_a' })];
    const ids = knownAccounts(knowing({ accounts: { login_1: listed } })).map(({ account }) => account.id);
    assert.deepEqual(ids, ['acc_a', 'acc_b', 'acc_joint']);
  });
});
