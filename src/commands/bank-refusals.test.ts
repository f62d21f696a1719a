import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BankError, type BankFault } from '../monzo/transport.ts';
import { moveRefusal } from './bank-refusals.ts';

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
