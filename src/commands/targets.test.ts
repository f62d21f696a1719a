import assert from 'node:assert/strict';
import { test } from 'node:test';
import { someAccount } from '../../test/support/picture-samples.ts';
import type { BridgeError } from '../errors.ts';
import { accountNamed } from './targets.ts';

const view = {
  logins: [],
  pots: [],
  accounts: [
    someAccount({ id: 'acc_1', name: 'Alex current account' }),
    someAccount({ id: 'acc_2', name: 'Joint account' }),
    someAccount({ id: 'acc_3', name: 'Twin' }),
    someAccount({ id: 'acc_4', name: 'Twin' }),
  ],
};

const refusal = (named: string) => {
  try {
    accountNamed(view, named);
  } catch (thrown) {
    return thrown as BridgeError;
  }
  throw new Error('it was not refused');
};

test('an account is meant by its id, or by its name whatever the case of its letters', () => {
  assert.equal(accountNamed(view, 'acc_2').id, 'acc_2');
  assert.equal(accountNamed(view, ' joint ACCOUNT ').id, 'acc_2');
});

test('a name of two accounts is refused with the ids to choose from', () => {
  const { code, message } = refusal('twin');
  assert.equal(code, 'ambiguous_account');
  assert.match(message, /acc_3, acc_4/);
});

test('a name of none is refused with the names there are', () => {
  const { code, message } = refusal('Holiday');
  assert.equal(code, 'unknown_account');
  assert.match(message, /Alex current account, Joint account/);
  assert.throws(() => accountNamed({ ...view, accounts: [] }, 'Holiday'), /none yet/);
});
