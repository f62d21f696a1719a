import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { z } from 'zod';
import type { OtherRow } from '../../sim/odd-rows.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { spendingSchema, transactionSchema } from '../../src/contract/bank-data.ts';
import { listOf } from '../../src/contract/elements.ts';
import { createWorld, type World } from '../support/world.ts';

/** Rows as real accounts have them: what each is, and where it counts. */

const get = async <Schema extends z.ZodType>(world: World, schema: Schema, path: string) => {
  const answer = await world.api(path);
  assert.equal(answer.status, 200, path);
  return schema.parse(await answer.json());
};
const itemsOf = async (world: World, query = '') =>
  (await get(world, listOf(transactionSchema), `/api/transactions?limit=100${query}`)).items;

const friend = { name: 'Robin', account_number: '12345678', sort_code: '987654', user_id: 'anonuser_1' };
const instruction = { bacs_direct_debit_instruction_id: 'bacsddinstr_1', bacs_record_id: 'bacsrcd_1' };

/** The kind and the flow, and the row that Monzo sent for it. */
const schemes: readonly (readonly [kind: string, flow: string, row: OtherRow])[] = [
  [
    'incoming_payment',
    'income',
    { scheme: 'payport_faster_payments', amount: 120_000, merchant: 'Acme Ltd', counterparty: friend },
  ],
  ['outgoing_payment', 'spending', { scheme: 'payport_faster_payments', amount: -701, merchant: 'Acme Ltd' }],
  ['outgoing_payment', 'spending', { scheme: 'monzo_to_monzo', amount: -702, counterparty: friend }],
  ['incoming_payment', 'income', { scheme: 'monzo_to_monzo', amount: 703, merchant: 'Robin' }],
  ['incoming_payment', 'income', { scheme: 'mastercard', amount: 5_000, merchant: 'Monzo', isLoad: true }],
  ['direct_debit', 'spending', { scheme: 'bacs', amount: -4_200, metadata: instruction, merchant: 'Water' }],
  ['refund', 'refund', { scheme: 'bacs', amount: 4_201, metadata: instruction, inSpending: false }],
  ['incoming_payment', 'income', { scheme: 'bacs', amount: 245_000, counterparty: friend, merchant: 'Acme' }],
  [
    'interest',
    'income',
    { scheme: 'account_interest', amount: 123, metadata: { pot_id: alex.pots.savings } },
  ],
  ['fee', 'spending', { scheme: 'premium_subscription', amount: -1_500, merchant: 'Monzo' }],
  ['refund', 'refund', { scheme: 'mastercard', amount: 350, merchant: 'Shop' }],
];

describe('rows of every scheme', () => {
  let world: World;
  before(async () => {
    world = await createWorld();
    await world.connect('alex');
    for (const [, , row] of schemes) world.bank.otherRow(alex.current, { inSpending: true, ...row });
    await look(world);
  });
  after(() => world[Symbol.asyncDispose]());

  it('are what the scheme says, whether or not they carry a merchant', async () => {
    const items = await itemsOf(world, `&account=${alex.current}`);
    assert.deepEqual(
      schemes.map(([, , { amount }]) => {
        const item = items.find((one) => one.amount_minor === amount);
        return [amount, item?.kind, item?.flow];
      }),
      schemes.map(([kind, flow, { amount }]) => [amount, kind, flow]),
    );
  });

  it('to an account of ours are internal, also where only sort code and number tell', async () => {
    const { bank } = world;
    const own = {
      name: 'Alex',
      sort_code: '04-00-04',
      account_number: bank.account(sam.current).accountNumber,
    };
    const out = bank.otherRow(alex.current, {
      scheme: 'payport_faster_payments',
      amount: -811,
      inSpending: true,
      counterparty: own,
    });
    await look(world);
    const flow = async () => (await itemsOf(world)).find(({ id }) => id === out)?.flow;
    assert.equal(await flow(), 'spending', 'nobody knows yet whose it is');
    await world.connect('sam');
    assert.equal(await flow(), 'internal');
  });

  it('that pay a bill back lower what was spent there', async () => {
    const { bank } = world;
    const sums = async (by: string, key: string) => {
      const { items } = await get(world, spendingSchema, `/api/spending?by=${by}&account=${joint.account}`);
      const found = items.find((item) => item.key === key);
      return [found?.spent_minor, found?.refunded_minor, found?.income_minor];
    };
    const bill = bank.purchase(joint.account, {
      amount: 6_000,
      merchant: 'Thai House',
      category: 'eating_out',
    });
    const share = { scheme: 'p2p_payment', amount: 3_000, counterparty: friend, category: 'transfers' };
    bank.otherRow(joint.account, {
      ...share,
      metadata: { original_transaction_id: bill },
      inSpending: false,
    });
    await look(world);
    assert.deepEqual(await sums('category', 'eating_out'), [6_000, 3_000, 0]);
    assert.deepEqual(await sums('merchant', 'Thai House'), [6_000, 3_000, 0]);
    bank.recategorise(bill, 'entertainment');
    await look(world);
    assert.deepEqual(await sums('category', 'entertainment'), [6_000, 3_000, 0]);
    const listed = await itemsOf(world, '&category=entertainment');
    assert.deepEqual(
      listed.map((item) => [item.kind, item.flow, item.amount_minor]),
      [
        ['incoming_payment', 'refund', 3_000],
        ['card_payment', 'spending', -6_000],
      ],
    );
  });
});

/** The bridge looks at the bank at once, as after a ring. */
async function look(world: World): Promise<void> {
  const asked = await world.api('/api/commands/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(asked.status, 200);
}
