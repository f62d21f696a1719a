import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, sam, signIn } from './household.ts';
import { openTestBank } from './test-bank.ts';

const items = [{ description: 'Tea', quantity: 1, amount: 665, currency: 'GBP' }];

async function open() {
  const testBank = openTestBank();
  const { access } = await signIn(testBank.bank, testBank.fetch);
  const transactionId = testBank.bank.purchase(alex.current, { amount: 665, merchant: 'Corner Shop' });
  const whole = { external_id: 'r1', transaction_id: transactionId, total: 665, currency: 'GBP', items };
  const put = async (body: object, token = access) => {
    const answer = await testBank.fetch('https://api.monzo.com/transaction-receipts', {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  const at = (method: string, token = access) =>
    testBank.ask(token, `${method} /transaction-receipts?external_id=r1`);
  return { testBank, whole, put, at };
}

test('a receipt is stored once under its key, replaced, read and deleted', async () => {
  const { testBank, whole, put, at } = await open();
  for (const _again of [1, 2]) assert.deepEqual(await put(whole), { status: 200, body: {} });
  assert.equal(testBank.bank.model.receipts.size, 1);
  const payments = [{ type: 'card', amount: 665, currency: 'GBP' }];
  const taxes = [{ description: 'VAT', amount: 111, currency: 'GBP', tax_number: '1' }];
  await put({ ...whole, payments, taxes });
  const { receipt } = (await at('GET')).body as { readonly receipt: Readonly<Record<string, unknown>> };
  assert.deepEqual([receipt['total'], receipt['payments'], receipt['taxes']], [665, payments, taxes]);
  assert.deepEqual([receipt['proof_of_purchase_id'], receipt['barcode']], ['', null]);
  assert.equal((await at('DELETE')).status, 200);
  for (const method of ['GET', 'DELETE']) assert.equal((await at(method)).status, 404);
});

test('a receipt is shown to the client alone that stored it', async () => {
  const { testBank, whole, put, at } = await open();
  await put(whole);
  const { access } = await signIn(testBank.bank, testBank.fetch, { person: sam });
  assert.equal((await at('GET', access)).status, 404);
  assert.equal((await put(whole, access)).status, 404, 'nor for a transaction of others');
});

test('what is missing or no amount is refused', async () => {
  const { whole, put } = await open();
  for (const field of Object.keys(whole)) {
    const { status, body } = await put({ ...whole, [field]: undefined });
    assert.deepEqual([status, body['code']], [400, `bad_request.missing_param.${field}`]);
  }
  for (const wrong of [
    { total: 0 },
    { total: -665 },
    { total: 6.65 },
    { items: {} },
    { items: [{ description: 'Tea' }] },
  ])
    assert.equal((await put({ ...whole, ...wrong })).status, 400, JSON.stringify(wrong));
});
