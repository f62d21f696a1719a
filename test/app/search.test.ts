import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import type { z } from 'zod';
import { alex } from '../../sim/household.ts';
import { transactionSchema } from '../../src/contract/bank-data.ts';
import { listOf } from '../../src/contract/elements.ts';
import { merchantSchema, searchSumsSchema, tagsSchema } from '../../src/contract/search-data.ts';
import { ask, worldWithAlex } from '../support/money.ts';
import type { World } from '../support/world.ts';

const minute = 60_000;
const coffee = 'Blue Door Coffee';

async function get<Schema extends z.ZodType>(
  world: World,
  schema: Schema,
  path: string,
): Promise<z.output<Schema>> {
  const answer = await world.api(path);
  assert.equal(answer.status, 200, path);
  return schema.parse(await answer.json());
}

const list = async (world: World, query: string) =>
  (await get(world, listOf(transactionSchema), `/api/transactions?${query}`)).items;

/** What is found: in, out, net, count, and how many of them moved nothing. */
const sums = async (world: World, query: string) => {
  const { items } = await get(world, searchSumsSchema, `/api/transactions/sums?${query}`);
  return items.map((sum) => [
    sum.currency,
    sum.in_minor,
    sum.out_minor,
    sum.net_minor,
    sum.count,
    sum.unmoved,
  ]);
};

const lists = async (world: World, times = 3) => {
  for (let step = 0; step < times; step += 1) await world.clock.advance(2 * minute);
};

describe('a search for what is no word to the text index', () => {
  let world: World;
  before(async () => {
    world = await worldWithAlex();
    const { bank } = world;
    const noted = (notes: string) =>
      bank.annotate(bank.purchase(alex.current, { amount: 350, merchant: coffee }), notes);
    noted('food for the 🐶');
    noted('food for us');
    noted('a ☕\u{fe0f} – and cake');
    bank.purchase(alex.current, { amount: 500, merchant: '東京カフェJR' });
    bank.purchase(alex.current, { amount: 600, merchant: 'ร้านกาแฟเย็น' });
    bank.purchase(alex.current, { amount: 700, merchant: 'قهوة الصباح' });
    await ask(world, 'pot_transfer', { pot: alex.pots.holiday, transfer_type: 'deposit', amount: '1.00' });
    await lists(world);
  });
  after(() => world[Symbol.asyncDispose]());

  const found = async (q: string) => {
    const query = `q=${encodeURIComponent(q)}`;
    const rows = await list(world, query);
    assert.equal((await sums(world, query))[0]?.[4] ?? 0, rows.length, q);
    return rows.map(({ name, notes }) => notes || name);
  };

  it('finds symbols, alone and beside words', async () => {
    assert.deepEqual(await found('🐶'), ['food for the 🐶']);
    assert.deepEqual(await found('🐶 food'), ['food for the 🐶']);
    assert.deepEqual(await found('☕'), ['a ☕\u{fe0f} – and cake']);
    assert.deepEqual(await found('☕\u{fe0f} cake'), ['a ☕\u{fe0f} – and cake']);
    assert.deepEqual(await found('food – us'), ['food for us']);
    assert.deepEqual(await found('🏖'), ['🏖️ Holiday']);
    assert.deepEqual(await found('🐱'), []);
  });

  it('finds words within what is written without spaces', async () => {
    for (const q of ['東京', 'カフェ', 'カフェJR', '東京カフェjr'])
      assert.deepEqual(await found(q), ['東京カフェJR'], q);
    for (const q of ['กาแฟ', 'เย็น']) assert.deepEqual(await found(q), ['ร้านกาแฟเย็น'], q);
    for (const q of ['قهوة', 'الص']) assert.deepEqual(await found(q), ['قهوة الصباح'], q);
  });
});

describe('a search', () => {
  let world: World;
  before(async () => {
    world = await worldWithAlex();
    const { bank } = world;
    const lunch = bank.purchase(alex.current, { amount: 4_999, merchant: coffee, category: 'eating_out' });
    bank.annotate(lunch, 'lunch #Work');
    bank.purchase(alex.current, { amount: 350, merchant: coffee });
    bank.purchase(alex.current, { amount: 400, merchant: coffee });
    bank.refund(alex.current, { amount: 350, merchant: coffee });
    bank.foreignPurchase(alex.current, {
      amount: 4_200,
      localAmount: 4_999,
      localCurrency: 'EUR',
      merchant: 'Trattoria',
    });
    bank.decline(alex.current, { amount: 4_999, merchant: coffee });
    bank.incomingPayment(alex.current, { amount: 4_999, name: 'Sam', reference: 'for lunch #work' });
    bank.potMove(alex.pots.holiday, 'deposit', { amount: 2_500 });
    await lists(world);
  });
  after(() => world[Symbol.asyncDispose]());

  it('adds up in, out and net over all rows, whatever a page shows of them', async () => {
    const words = 'q=blue%20door';
    assert.equal((await list(world, `${words}&limit=1`)).length, 1);
    assert.deepEqual(await sums(world, words), [['GBP', 350, -5_749, -5_399, 5, 1]]);
    assert.deepEqual(await sums(world, `${words}&kind=refund`), [['GBP', 350, 0, 350, 1, 0]]);
    assert.deepEqual(await sums(world, 'q=nothing%20like%20it'), []);
  });

  it('says which part stayed between own accounts and pots', async () => {
    const { items } = await get(world, searchSumsSchema, `/api/transactions/sums?pot=${alex.pots.holiday}`);
    assert.deepEqual(
      items.map((sum) => [sum.out_minor, sum.internal_out_minor, sum.internal_out, sum.internal_in]),
      [[-2_500, -2_500, -25, 0]],
    );
  });

  it('finds an amount however it is written, abroad and declined too', async () => {
    const found = async (q: string) =>
      (await list(world, `q=${encodeURIComponent(q)}`)).map(({ name, kind }) => `${name} ${kind}`).toSorted();
    const out = [`${coffee} card_payment`, `${coffee} declined`, 'Trattoria card_payment'];
    assert.deepEqual(await found('-49.99'), out);
    assert.deepEqual(await found('49,99'), [...out, 'Sam incoming_payment'].toSorted());
    assert.deepEqual(await found('£49.99 coffee'), out.slice(0, 2));
    assert.deepEqual(await found('-49.99 GBP'), out.slice(0, 2));
    assert.deepEqual(await found('eur 49.99'), ['Trattoria card_payment']);
    assert.deepEqual(await found('49.99 EUR trattoria'), ['Trattoria card_payment']);
    assert.deepEqual(await found('coffee 49.99 EUR'), []);
    assert.deepEqual(await found('−EU€49.99'), out);
    assert.deepEqual(await sums(world, 'q=49.99'), [['GBP', 4_999, -9_199, -4_200, 4, 1]]);
  });

  it('goes by the tags in notes, which are counted', async () => {
    const { items } = await get(world, tagsSchema, '/api/tags');
    assert.deepEqual(items, [{ tag: 'work', count: 2 }]);
    const tagged = await list(world, 'tag=%23WORK');
    assert.deepEqual(
      tagged.map(({ name, tags }) => [name, tags]),
      [
        ['Sam', ['work']],
        [coffee, ['work']],
      ],
    );
    assert.deepEqual(await sums(world, 'tag=work'), [['GBP', 4_999, -4_999, 0, 2, 0]]);
    assert.deepEqual(await list(world, 'tag=wor'), []);
    const told = await ask(world, 'transactions', { tag: '#work' });
    assert.equal((told['items'] as readonly unknown[]).length, 2, 'as a command too');
  });

  it('has the emoji that Monzo gives a merchant, and null where it gives none', async () => {
    const [first] = await list(world, 'q=blue&limit=1');
    assert.equal(first?.emoji, '☕');
    const [other] = await list(world, 'q=trattoria');
    assert.equal(other?.emoji, null);
  });

  it('refuses an amount that is none, as the list does', async () => {
    for (const path of [
      'transactions/sums?min=lots',
      'transactions/sums?limit=5',
      'merchant',
      'merchant?name=',
    ])
      assert.equal((await world.api(`/api/${path}`)).status, 400, path);
  });

  it('shows all of a shop: its months and what is usually paid there', async () => {
    const shop = await get(world, merchantSchema, `/api/merchant?name=${encodeURIComponent(coffee)}`);
    assert.deepEqual([shop.emoji, shop.category, shop.category_name], ['☕', 'eating_out', 'Eating out']);
    const [pounds, ...others] = shop.currencies;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [pounds?.spent_minor, pounds?.refunded_minor, pounds?.income_minor, pounds?.count, pounds?.usual_minor],
      [5_749, 350, 0, 4, 400],
    );
    assert.equal(pounds?.months.length, 1);
    assert.equal(pounds?.months[0]?.spent_minor, 5_749);
    const nobody = await get(world, merchantSchema, '/api/merchant?name=Nobody');
    assert.deepEqual([nobody.currencies, nobody.first, nobody.category], [[], null, null]);
    const person = await get(world, merchantSchema, '/api/merchant?name=Sam');
    assert.deepEqual(
      person.currencies.map(({ income_minor: income, usual }) => [income, usual]),
      [[4_999, null]],
    );
  });
});

test('a reversed payment says what it was, also where the bank sets its amount to nothing', async () => {
  await using world = await worldWithAlex();
  const { bank } = world;
  // A settled one is what a whole list has to show before the absence of another says anything.
  bank.settle(bank.purchase(alex.current, { amount: 100, merchant: coffee }));
  await lists(world);
  const plain = bank.purchase(alex.current, { amount: 1_234, merchant: coffee });
  const abroad = bank.foreignPurchase(alex.current, {
    amount: 4_200,
    localAmount: 4_999,
    localCurrency: 'EUR',
    merchant: 'Trattoria',
  });
  const gone = bank.purchase(alex.current, { amount: 777, merchant: 'Ghost Shop' });
  await lists(world);
  bank.vanish(gone);
  await world.clock.advance(120 * minute);
  bank.reverse(plain);
  bank.reverse(abroad);
  await world.clock.advance(120 * minute);
  const items = new Map((await list(world, 'limit=100')).map((item) => [item.id, item]));
  const before = (id: string) => {
    const item = items.get(id);
    return [item?.status, item?.reversed_amount_minor, item?.reversed_amount];
  };
  assert.deepEqual(before(plain), ['reversed', -1_234, -12.34]);
  assert.deepEqual(before(abroad), ['reversed', -4_200, -42]);
  assert.deepEqual(before(gone), ['reversed', -777, -7.77]);
  assert.deepEqual(await sums(world, 'q=ghost'), [['GBP', 0, 0, 0, 1, 1]]);
  const csv = await (await world.api('/api/transactions/export?format=csv&q=ghost')).text();
  assert.match(csv, /reversed_amount/);
  assert.match(csv, /-7\.77/);
});

test('a hold that was charged as another row is in no sum of a search', async () => {
  await using world = await worldWithAlex();
  const hold = world.bank.purchase(alex.current, { amount: 10_000, merchant: 'Fuel Pump' });
  await lists(world);
  assert.deepEqual(await sums(world, 'q=fuel'), [['GBP', 0, -10_000, -10_000, 1, 0]]);
  world.bank.turn({ secondRow: 'kept' });
  world.bank.settle(hold, { amount: 4_600 });
  await lists(world, 10);
  for (const query of ['q=fuel', 'merchant=Fuel%20Pump', `account=${alex.current}&category=general`])
    assert.deepEqual((await sums(world, query))[0]?.slice(2), [-4_600, -4_600, 2, 1], query);
});
