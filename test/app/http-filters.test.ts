import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly items?: readonly { readonly id?: string }[];
}

/** Every question that an account or a pot narrows down. */
const byAccount = [
  'transactions?',
  'transactions/sums?',
  'transactions/export?format=json&',
  'spending?by=day&',
  'balances?',
  'report?',
];
const byPot = ['transactions?', 'transactions/sums?', 'transactions/export?format=csv&', 'balances?'];

describe('a question that names an account or a pot', () => {
  let world: World;
  const ask = async (path: string): Promise<Answer> => {
    const response = await world.api(`/api/${path}`);
    const text = await response.text();
    const body: unknown = text.startsWith('{') ? JSON.parse(text) : {};
    return { ...(body as object), status: response.status };
  };

  before(async () => {
    world = await createWorld();
    await world.connect('alex');
    world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
    await world.api('/api/commands/refresh', { method: 'POST' });
  });
  after(() => world[Symbol.asyncDispose]());

  for (const question of byAccount)
    it(`${question} refuses an account that does not exist, and names those that do`, async () => {
      const { status, code, detail } = await ask(`${question}account=acc_nobody`);
      assert.deepEqual([status, code], [404, 'unknown_account']);
      assert.match(detail ?? '', /^There is no such account\. There are: “.*” \(acc_/);
      assert.ok(detail?.includes(alex.current));
      assert.equal((await ask(`${question}account=${alex.current}`)).status, 200);
    });

  for (const question of byPot)
    it(`${question} refuses a pot that does not exist, and names those that do`, async () => {
      const { status, code, detail } = await ask(`${question}pot=pot_nobody`);
      assert.deepEqual([status, code], [404, 'unknown_pot']);
      assert.match(detail ?? '', /^There is no such pot\. There are: “.*” \(pot_/);
      assert.ok(detail?.includes(alex.pots.holiday));
      assert.equal((await ask(`${question}pot=${alex.pots.holiday}`)).status, 200);
    });

  for (const question of byAccount.filter((one) => one !== 'report?'))
    it(`${question} refuses a period that ends before it begins`, async () => {
      const ends = (before: string) => ask(`${question}since=2026-03-02&before=${before}`);
      const { status, code, detail } = await ends('2026-03-01');
      assert.deepEqual([status, code], [400, 'bad_request']);
      assert.equal(detail, 'before must not be earlier than since.');
      assert.equal((await ends('2026-03-02')).status, 200);
    });

  it('refuses a range of amounts that ends below its beginning', async () => {
    const { code, detail } = await ask('transactions?min=5&max=4.99');
    assert.deepEqual([code, detail], ['bad_request', 'max must not be below min.']);
    assert.equal((await ask('transactions?min=3.5&max=3.50')).items?.length, 1);
  });

  it('takes a name as well as an id', async () => {
    const byId = await ask(`transactions?account=${alex.current}`);
    const byName = await ask('transactions?account=current%20account');
    assert.equal(byName.items?.length, 1);
    assert.deepEqual(byName, byId);
    const balances = await ask('balances?pot=holiday');
    assert.deepEqual(
      balances.items?.map(({ id }) => id),
      [alex.pots.holiday],
    );
  });

  for (const question of ['transactions?', 'transactions/sums?', 'transactions/export?format=csv&'])
    it(`${question} refuses a category that does not exist, and names those that do`, async () => {
      const { status, code, detail } = await ask(`${question}category=grocries`);
      assert.deepEqual([status, code], [404, 'unknown_category']);
      assert.match(detail ?? '', /^There is no such category\. There are: .*“Eating out” \(eating_out\)/);
      assert.equal((await ask(`${question}category=holidays`)).status, 200);
    });

  it('takes a category by its name, also the one that a person has given to it', async () => {
    for (const id of ['category_1', 'category_2'])
      world.bank.purchase(alex.current, { amount: 100, merchant: 'Seeds', category: id });
    world.bank.purchase(alex.current, { amount: 200, merchant: 'Lunch', category: 'eating_out' });
    await world.api('/api/commands/refresh', { method: 'POST' });
    assert.equal((await ask('transactions?category=eating%20out')).items?.length, 1);
    assert.equal((await ask('transactions?category=category_2')).items?.length, 1);
    const several = await ask('transactions?category=custom%20category');
    assert.deepEqual([several.status, several.code], [409, 'ambiguous_category']);
    assert.match(several.detail ?? '', /\(category_1\), “Custom category” \(category_2\)\.$/);
    await world.api('/api/categories/category_1', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Allotment 🥕"}',
    });
    assert.equal((await ask('transactions?category=allotment')).items?.length, 1);
  });

  it('refuses a transfer that does not exist', async () => {
    const { status, code } = await ask('audit?transfer=transfer_nobody');
    assert.deepEqual([status, code], [404, 'unknown_transfer']);
  });

  it('is answered for an account whose login was removed and whose history was kept', async () => {
    const [login] = world.app().view().logins;
    const gone = await world.api(`/api/logins/${login?.id}?keep_history=true`, { method: 'DELETE' });
    assert.equal(gone.status, 204);
    assert.equal((await ask(`transactions?account=${alex.current}&q=corner`)).items?.length, 1);
    const { status, detail } = await ask('transactions?account=acc_nobody');
    assert.deepEqual([status, detail], [404, 'There is no such account. There are: none yet.']);
  });
});
