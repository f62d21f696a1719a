import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anAccount, aLoginView, aPot, noon } from '../../test/support/samples.ts';
import type { Account, Pot } from '../domain/account.ts';
import { nothingKnown, type Knowledge } from '../domain/fold.ts';
import type { LoginView } from '../domain/login.ts';
import { viewOf } from '../domain/view.ts';
import { BridgeError } from '../errors.ts';
import { accountNamed, amountOf, potMoveTarget, type RequestedPotMove, type TargetTools } from './targets.ts';

const alex = { userId: 'user_1', firstName: 'Alex' };
const sam = { userId: 'user_2', firstName: 'Sam' };

const accounts: readonly Account[] = [
  anAccount({ id: 'acc_alex', owners: [alex] }),
  anAccount({ id: 'acc_sam', owners: [sam] }),
  anAccount({ id: 'acc_joint', type: 'uk_retail_joint', owners: [alex, sam] }),
  anAccount({ id: 'acc_flex', type: 'uk_monzo_flex' }),
  anAccount({ id: 'acc_loan', type: 'uk_loan' }),
  anAccount({ id: 'acc_rewards', type: 'uk_rewards' }),
  anAccount({ id: 'acc_old', type: 'uk_business', closed: true }),
];

const pots: readonly Pot[] = [
  aPot({ id: 'pot_bills', accountId: 'acc_joint', name: 'Bills' }),
  aPot({ id: 'pot_holiday', accountId: 'acc_alex', name: '🏖️ Holiday' }),
  aPot({ id: 'pot_savings', accountId: 'acc_alex', name: 'Savings' }),
  aPot({ id: 'pot_joint_savings', accountId: 'acc_joint', name: 'Savings' }),
  aPot({ id: 'pot_rainy', accountId: 'acc_alex', name: 'Rainy day', locked: true }),
  aPot({ id: 'pot_old', accountId: 'acc_alex', name: 'Old bike', deleted: true }),
  aPot({ id: 'pot_party', accountId: 'acc_alex', name: 'Party' }),
  aPot({ id: 'pot_joint_party', accountId: 'acc_joint', name: 'Party! 🎉' }),
  aPot({ id: 'pot_ski', accountId: 'acc_alex', name: '🎿 Snow' }),
  aPot({ id: 'pot_sled', accountId: 'acc_joint', name: '🛷 Snow' }),
  aPot({ id: 'pot_old_car', accountId: 'acc_alex', name: 'Car', deleted: true }),
  aPot({ id: 'pot_car', accountId: 'acc_alex', name: '🚗 Car' }),
  aPot({ id: 'pot_old_bills', accountId: 'acc_joint', name: 'Bills', deleted: true }),
];

const inHomeAssistant = new Map([
  ['0123456789abcdef0123456789abcdef', 'pot_bills'],
  ['sensor.monzo_joint_account_balance', 'acc_joint'],
]);

interface Household {
  readonly logins?: readonly LoginView[];
  readonly accounts?: readonly Account[];
}

function toolsOf(household: Household = {}): TargetTools {
  const logins = household.logins ?? [aLoginView()];
  const shown = household.accounts ?? accounts;
  const knowledge: Knowledge = {
    ...nothingKnown,
    accounts: new Map(logins.map(({ id }) => [id, { at: noon, value: shown }])),
    pots: new Map(
      shown.map(({ id }) => [id, { at: noon, value: pots.filter(({ accountId }) => accountId === id) }]),
    ),
  };
  return {
    knowledge: () => knowledge,
    view: () => viewOf({ knowledge, logins, now: noon, staleAfter: 3_600_000 }),
    homeAssistantTarget: async (id) => inHomeAssistant.get(id) ?? null,
  };
}

async function refusalOf(asked: Promise<unknown>): Promise<BridgeError> {
  const thrown: unknown = await asked.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BridgeError, String(thrown));
  assert.equal(thrown.retryable, false);
  return thrown;
}

describe('an account', () => {
  const meant: readonly (readonly [string, string])[] = [
    ['acc_joint', 'acc_joint'],
    [' acc_joint ', 'acc_joint'],
    ['Joint account', 'acc_joint'],
    [' joint ACCOUNT ', 'acc_joint'],
    ['alex current account', 'acc_alex'],
    ['sensor.monzo_joint_account_balance', 'acc_joint'],
  ];
  for (const [named, id] of meant)
    test(`${named} is ${id}`, async () => {
      assert.equal((await accountNamed(toolsOf(), named)).id, id);
    });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'Current account',
      'ambiguous_account',
      /Several accounts have that name\. There are: “Alex current account” \(acc_alex\), “Sam current account” \(acc_sam\)\.$/,
    ],
    [
      'Holiday',
      'unknown_account',
      /no such account\. There are: “Alex current account” \(acc_alex\), .*“Joint account”/,
    ],
    ['light.kitchen', 'unknown_account', /no such account/],
    ['0123456789abcdef0123456789abcdef', 'unknown_account', /no such account/],
    ['acc_old', 'account_closed', /is closed\. There are: /],
    ['business account', 'account_closed', /is closed\. There are: /],
    ['', 'unknown_account', /no such account/],
  ];
  for (const [named, code, sentence] of refused)
    test(`${named || 'nothing'} is refused: ${code}`, async () => {
      const refusal = await refusalOf(accountNamed(toolsOf(), named));
      assert.equal(refusal.code, code);
      assert.match(refusal.message, sentence);
    });

  test('there is none to choose from before a login is connected', async () => {
    const { message } = await refusalOf(accountNamed(toolsOf({ logins: [] }), 'Joint account'));
    assert.match(message, /There are: none yet\.$/);
  });
});

describe('a pot and its account', () => {
  const meant: readonly (readonly [Omit<RequestedPotMove, 'direction'>, string, string])[] = [
    [{ pot: 'pot_bills' }, 'pot_bills', 'acc_joint'],
    [{ pot: 'BILLS' }, 'pot_bills', 'acc_joint'],
    [{ pot: '🏖️ holiday' }, 'pot_holiday', 'acc_alex'],
    [{ pot: 'holiday' }, 'pot_holiday', 'acc_alex'],
    [{ pot: '🏝 Holiday' }, 'pot_holiday', 'acc_alex'],
    [{ pot: 'Party' }, 'pot_party', 'acc_alex'],
    [{ pot: 'Party! 🎉' }, 'pot_joint_party', 'acc_joint'],
    [{ pot: 'Snow', account: 'acc_joint' }, 'pot_sled', 'acc_joint'],
    [{ pot: '🚗 Car' }, 'pot_car', 'acc_alex'],
    [{ pot: 'Bills', account: 'joint account' }, 'pot_bills', 'acc_joint'],
    [{ pot: 'Savings', account: 'Joint account' }, 'pot_joint_savings', 'acc_joint'],
    [{ pot: 'Savings', account: 'acc_alex' }, 'pot_savings', 'acc_alex'],
    [{ pot: 'savings (joint account)' }, 'pot_joint_savings', 'acc_joint'],
    [
      { pot: '0123456789abcdef0123456789abcdef', account: 'sensor.monzo_joint_account_balance' },
      'pot_bills',
      'acc_joint',
    ],
  ];
  for (const [request, pot, account] of meant)
    test(`${JSON.stringify(request)} is ${pot}`, async () => {
      const found = await potMoveTarget(toolsOf(), { ...request, direction: 'withdraw' });
      assert.deepEqual([found.pot.id, found.account.id], [pot, account]);
    });

  const refused: readonly (readonly [Omit<RequestedPotMove, 'direction'>, string, RegExp])[] = [
    [
      { pot: 'Savings' },
      'ambiguous_pot',
      /have that name\. There are: “Savings \(Alex current account\)” \(pot_savings\), “Savings \(Joint account\)” \(pot_joint_savings\)\.$/,
    ],
    [{ pot: 'Savings', account: 'acc_sam' }, 'ambiguous_pot', /pot_savings.*pot_joint_savings/],
    [{ pot: 'Mars' }, 'unknown_pot', /no such pot\. There are: .*“🏖️ Holiday” \(pot_holiday\)/],
    [{ pot: 'Snow' }, 'ambiguous_pot', /“🎿 Snow” \(pot_ski\), “🛷 Snow” \(pot_sled\)/],
    [{ pot: '🏖️' }, 'unknown_pot', /no such pot/],
    [{ pot: 'Car' }, 'pot_deleted', /That pot was deleted\. There are: /],
    [{ pot: 'Joint account' }, 'unknown_pot', /no such pot/],
    [{ pot: 'sensor.monzo_joint_account_balance' }, 'unknown_pot', /no such pot/],
    [{ pot: 'pot_old' }, 'pot_deleted', /That pot was deleted\. There are: /],
    [{ pot: 'old bike' }, 'pot_deleted', /That pot was deleted\. There are: /],
    [{ pot: 'Bills', account: 'acc_alex' }, 'pot_account_mismatch', /“Bills” belongs to “Joint account”/],
    [{ pot: 'Bills', account: 'Flex' }, 'account_without_pots', /“Flex” is a Flex account/],
    [{ pot: 'Bills', account: 'Loan' }, 'account_without_pots', /“Loan” is a Loan account/],
    [{ pot: 'Bills', account: 'Cashback' }, 'account_without_pots', /“Cashback”/],
    [{ pot: 'Bills', account: 'acc_old' }, 'account_closed', /is closed/],
    [{ pot: 'Bills', account: 'Current account' }, 'ambiguous_account', /acc_alex.*acc_sam/],
    [{ pot: 'Bills', account: 'Holiday' }, 'unknown_account', /no such account/],
  ];
  for (const [request, code, sentence] of refused)
    test(`${JSON.stringify(request)} is refused: ${code}`, async () => {
      const refusal = await refusalOf(potMoveTarget(toolsOf(), { ...request, direction: 'withdraw' }));
      assert.equal(refusal.code, code);
      assert.match(refusal.message, sentence);
    });

  test('a pot whose account is not shown moves nothing', async () => {
    const tools = toolsOf({ accounts: accounts.filter(({ id }) => id !== 'acc_joint') });
    assert.equal(
      (await refusalOf(potMoveTarget(tools, { pot: 'pot_bills', direction: 'deposit' }))).code,
      'unknown_pot',
    );
  });
});

describe('who may move it', () => {
  const request: RequestedPotMove = { pot: 'Bills', direction: 'deposit' };
  const needy = aLoginView({ id: 'login_1', state: 'needs_approval', needs: 'Alex: open the Monzo app.' });

  test('every active login that sees the account, even if another cannot', async () => {
    const second = aLoginView({ id: 'login_2', name: 'Sam' });
    const found = await potMoveTarget(toolsOf({ logins: [needy, second] }), request);
    assert.deepEqual(
      found.logins.map(({ id }) => id),
      ['login_2'],
    );
  });

  test('without any, the sentence says what that login needs, and that nothing was sent', async () => {
    const refusal = await refusalOf(potMoveTarget(toolsOf({ logins: [needy] }), request));
    assert.deepEqual([refusal.code, refusal.needsPerson], ['no_login', true]);
    assert.match(
      refusal.message,
      /“Joint account” now, so nothing was sent to Monzo\. Alex: open the Monzo app\.$/,
    );
    const silent = await refusalOf(
      potMoveTarget(toolsOf({ logins: [aLoginView({ state: 'authorising' })] }), request),
    );
    assert.match(silent.message, /nothing was sent to Monzo\. Connect one/);
  });
});

test('an amount is whole minor units, or refused with what would be right', () => {
  assert.equal(amountOf('4.35', 'GBP'), 435);
  assert.throws(() => amountOf('4,35', 'GBP'), { code: 'bad_amount', message: /a point, not a comma/ });
});
