import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aBalance, aPot } from '../../../test/support/samples.ts';
import { aTransfer } from '../../../test/support/store-samples.ts';
import { nothingKnown, type Knowledge } from '../../domain/fold.ts';
import { BridgeError } from '../../errors.ts';
import { BankError, type BankFault } from '../../monzo/transport.ts';
import { answerOf, moveRefusal, trialAnswer, type TransferRequest } from './answer.ts';

const knowledge: Knowledge = {
  ...nothingKnown,
  balances: new Map([['acc_1', { at: 1, value: aBalance({ balance: 1_234 }) }]]),
  pots: new Map([['acc_1', { at: 1, value: [aPot({ balance: 56 })] }]]),
};

const told = (...[state, more]: Parameters<typeof inState>) =>
  answerOf(inState(state, more), { knowledge, isRepeated: false });

function inState(
  state: ReturnType<typeof aTransfer>['state'],
  more: Partial<ReturnType<typeof aTransfer>> = {},
) {
  return aTransfer({ state, ...more });
}

test('a move is told with what moved and what is left, in major and minor units', () => {
  const { status, data } = told('moved', { settledAt: 5_000, transactionId: 'tx_1' });
  assert.equal(status, 'done');
  assert.deepEqual(
    [data['amount'], data['amount_minor'], data['account_balance'], data['account_balance_minor']],
    [5, 500, 12.34, 1_234],
  );
  assert.deepEqual(
    [data['pot_balance'], data['transaction_id'], data['repeated']],
    [0.56, 'tx_1', undefined],
  );
  assert.match(data['sentence'], /Moved: 5\.00 GBP into the pot/);
});

test('a repetition says when the money moved, where that is known', () => {
  const again = (settledAt: number | null) =>
    answerOf(aTransfer({ state: 'moved', settledAt, direction: 'withdraw' }), { knowledge, isRepeated: true })
      .data;
  assert.equal(again(5_000)['first_moved_at'], '1970-01-01T00:00:05.000Z');
  assert.equal(again(null)['first_moved_at'], undefined);
  assert.match(again(5_000)['sentence'], /moved before.*out of the pot/);
});

test('what is not known is told as unknown, with the words not to repeat it', () => {
  for (const [state, code, says] of [
    ['open', null, /has not confirmed this move yet/],
    ['unresolved', null, /outcome of this move is unknown/],
    ['unresolved', 'undecidable', /could not find out.*Check the Monzo app/],
  ] as const) {
    const { status, data } = told(state, { reason: code === null ? null : { code, facts: {} } });
    assert.deepEqual([status, data['money_moved']], ['unknown', 'unknown']);
    assert.match(data['sentence'], /Do not repeat it.*transfer_1/);
    assert.match(data['sentence'], says);
  }
});

test('a move that certainly did not take place is an error that says so', () => {
  for (const [state, code, facts, retryable, says] of [
    ['not_moved', 'insufficient_funds', {}, false, /not enough money\. Nothing was moved\. Ask again/],
    ['not_moved', 'bank_refused', { bankCode: 'odd' }, false, /\(odd\)\. Nothing was moved\. Look/],
    ['not_moved', 'bank_refused', null, false, /^Nothing was moved\. An earlier version/],
    ['not_sent', 'unreachable', {}, true, /reached\. Nothing was moved\. Check/],
  ] as const)
    assert.throws(
      () => told(state, { reason: { code, facts } }),
      (thrown: unknown) =>
        thrown instanceof BridgeError &&
        thrown.code === code &&
        thrown.retryable === retryable &&
        says.test(thrown.message) &&
        thrown.details['money_moved'] === 'no' &&
        thrown.details['transfer_id'] === 'transfer_1',
    );
  assert.throws(() => told('not_moved'), { code: 'not_at_bank', message: /did not take place/ });
});

test('balances that could not be read are null', () => {
  const request: TransferRequest = { ...aTransfer(), logins: [], isTrial: true, isByEvent: false };
  const { data } = trialAnswer(request, nothingKnown);
  for (const name of [
    'account_balance',
    'pot_balance',
    'account_balance_after',
    'pot_balance_after_minor',
  ] as const)
    assert.equal(data[name], null);
  const known = trialAnswer({ ...request, direction: 'withdraw' }, knowledge).data;
  assert.deepEqual([known['account_balance_after_minor'], known['pot_balance_after_minor']], [1_734, -444]);
});

const refused: readonly (readonly [
  fault: BankFault,
  bankCode: string | null,
  code: string,
  sentence: RegExp,
])[] = [
  ['insufficient_funds', 'bad_request.insufficient_funds', 'insufficient_funds', /not enough money/],
  ['bad_request', 'bad_request.insufficient_funds.pot', 'insufficient_funds', /not enough money/],
  ['bad_request', 'bad_request.pot_locked', 'pot_locked', /is locked/],
  ['no_permission', 'forbidden.pot_locked', 'pot_locked', /is locked/],
  ['bad_request', 'bad_request.pot_added_security', 'pot_secured', /added security/],
  ['no_permission', 'forbidden.pot_added_security', 'pot_secured', /added security/],
  ['bad_request', 'bad_request.pot_deleted', 'pot_deleted', /no longer exists/],
  ['bad_request', 'bad_request.account_closed', 'pot_deleted', /no longer exists/],
  ['bad_request', 'bad_request.bad_param.source_account_id', 'pot_account_mismatch', /another account/],
  ['bad_request', 'bad_request.bad_param.destination_account_id', 'pot_account_mismatch', /another account/],
  ['no_permission', 'forbidden.insufficient_permissions', 'no_permission', /Approve the access/],
  ['not_found', 'not_found.pot', 'not_found', /does not know/],
  ['bad_request', 'bad_request.something_new', 'bank_refused', /\(bad_request\.something_new\)/],
  [
    'bad_request',
    'precondition_failed.never_heard_of',
    'bank_refused',
    /\(precondition_failed\.never_heard_of\)/,
  ],
  ['bad_request', 'odd', 'bank_refused', /\(odd\)/],
  ['bad_request', null, 'bank_refused', /\(without a code\)/],
];
for (const [fault, bankCode, code, sentence] of refused)
  test(`${fault} ${bankCode ?? 'without a code'} is ${code}`, () => {
    const error = new BankError(fault, { bankCode, effect: 'none', retryable: false });
    const told = moveRefusal(error);
    assert.deepEqual(
      [told.code, told.retryable, told.needsPerson, told.details['bank_code']],
      [code, false, fault === 'no_permission', bankCode],
    );
    assert.match(told.message, sentence);
    assert.match(told.message, /\. Nothing was moved\. [A-Z]/);
    assert.equal(told.cause, error);
  });
