import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import type { z } from 'zod';
import type { OtherRow } from '../../sim/odd-rows.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { categorySchema, spendingSchema, transactionSchema } from '../../src/contract/bank-data.ts';
import { listOf } from '../../src/contract/elements.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { createScene } from '../support/scene.ts';
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
  ['pot_withdrawal', 'internal', { scheme: 'uk_retail_pot', amount: 704, description: alex.pots.savings }],
  ['other', 'internal', { scheme: 'monzo_flex', amount: 9_000, merchant: 'Flex' }],
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
    const move = items.find(({ amount_minor: amount }) => amount === 704);
    assert.deepEqual([move?.name, move?.pot_id], [world.bank.pot(alex.pots.savings).name, alex.pots.savings]);
  });

  it('to an account of ours are internal, also where only sort code and number tell', async () => {
    const { bank } = world;
    const closed = bank.openAccount({ type: 'uk_retail', owners: [sam.userId], closed: true });
    const paid = [sam.current, closed].map((id) =>
      bank.otherRow(alex.current, {
        scheme: 'payport_faster_payments',
        amount: -811,
        inSpending: true,
        counterparty: {
          name: 'Sam',
          sort_code: '04-00-04',
          account_number: bank.account(id).accountNumber,
        },
      }),
    );
    await look(world);
    const flowsOf = async () => {
      const items = await itemsOf(world);
      return paid.map((id) => items.find((item) => item.id === id)?.flow);
    };
    assert.deepEqual(await flowsOf(), ['spending', 'spending'], 'nobody knows yet whose they are');
    const login = await world.connect('sam');
    assert.deepEqual(await flowsOf(), ['internal', 'internal'], 'closed accounts are listed as well');
    const removed = await world.api(`/api/logins/${login}?keep_history=false`, { method: 'DELETE' });
    assert.equal(removed.status, 204);
    assert.deepEqual(await flowsOf(), ['spending', 'spending'], 'nobody knows them any longer');
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

test('amounts in other currencies have the places of ISO 4217', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const abroad = [
    ['HUF', 1_250_000, -12_500],
    ['JPY', 1_500, -1_500],
    ['KWD', 1_234, -1.234],
    ['XYZ', 1_234, -12.34],
  ] as const;
  for (const [localCurrency, localAmount] of abroad)
    world.bank.foreignPurchase(alex.current, {
      amount: 100,
      merchant: localCurrency,
      localAmount,
      localCurrency,
    });
  await look(world);
  const items = await itemsOf(world, `&account=${alex.current}`);
  for (const [currency, minor, major] of abroad) {
    const item = items.find(({ local_currency: one }) => one === currency);
    assert.deepEqual([item?.local_amount, item?.local_amount_minor], [major, -minor], currency);
  }
});

describe('a purchase that is split', () => {
  let world: World;
  let id: string;
  before(async () => {
    world = await createWorld();
    await world.connect('alex');
    id = world.bank.purchase(alex.current, { amount: 10_000, merchant: 'Big Shop', category: 'groceries' });
    world.bank.settle(id);
    await look(world);
  });
  after(() => world[Symbol.asyncDispose]());

  const sums = async () => {
    const { items, totals } = await get(
      world,
      spendingSchema,
      `/api/spending?by=category&account=${alex.current}`,
    );
    return {
      shares: items.map(({ key, name, spent_minor: spent, count }) => [key, name, spent, count]),
      total: totals.map(({ spent_minor: spent, count }) => [spent, count]),
    };
  };
  const custom = 'category_0000AbC';
  const events = async () => {
    const { items } = (await (await world.api('/api/events')).json()) as { items: { event_id: string }[] };
    return items.map(({ event_id: eventId }) => eventId).filter((eventId) => eventId.startsWith(id));
  };

  it('counts in each category, and once in all', async () => {
    assert.deepEqual(await sums(), { shares: [['groceries', 'Groceries', 10_000, 1]], total: [[10_000, 1]] });
    world.bank.splitUp(id, { groceries: -6_000, shopping: -2_500, [custom]: -1_500 });
    await look(world);
    assert.deepEqual(await sums(), {
      shares: [
        ['groceries', 'Groceries', 6_000, 1],
        ['shopping', 'Shopping', 2_500, 1],
        [custom, 'Custom category', 1_500, 1],
      ],
      total: [[10_000, 1]],
    });
    for (const category of ['groceries', 'shopping', custom]) {
      const [item] = await itemsOf(world, `&category=${category}`);
      assert.deepEqual(item?.categories, { groceries: -60, shopping: -25, [custom]: -15 }, category);
    }
    assert.deepEqual(await itemsOf(world, '&category=bills'), []);
  });

  it('is amended when it is split, and when it is split anew', async () => {
    const before = await events();
    assert.equal(before.filter((eventId) => eventId.includes(':amended:')).length, 1);
    world.bank.splitUp(id, { groceries: -5_000, shopping: -3_500, [custom]: -1_500 });
    await look(world);
    await look(world);
    assert.equal((await events()).length, before.length + 1);
  });

  it('carries the name that a person gave to the category, wherever it is shown', async () => {
    const put = (category: string, name: unknown) =>
      world.api(`/api/categories/${category}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
    assert.equal((await put(custom, ' Allotment ')).status, 200);
    assert.equal((await put('groceries', 'Food')).status, 400);
    assert.equal((await put(custom, 'x'.repeat(61))).status, 400);
    world.bank.recategorise(id, custom);
    await look(world);
    assert.deepEqual(
      (await sums()).shares.map(([, name]) => name),
      ['Groceries', 'Shopping', 'Allotment'],
    );
    assert.equal((await itemsOf(world, `&category=${custom}`))[0]?.category_name, 'Allotment');
    const csv = await (await world.api('/api/transactions/export?format=csv&min=100&max=100')).text();
    assert.match(csv, new RegExp(`Allotment,"Allotment:-15,groceries:-50,shopping:-35"`));
    const listed = await get(world, listOf(categorySchema), '/api/categories');
    assert.deepEqual(
      listed.items.find((item) => item.custom),
      {
        id: custom,
        name: 'Allotment',
        custom: true,
        named: true,
      },
    );
    await world.restart();
    assert.equal((await itemsOf(world, `&category=${custom}`))[0]?.category_name, 'Allotment');
    assert.equal((await put(custom, '')).status, 200);
    assert.equal((await itemsOf(world, `&category=${custom}`))[0]?.category_name, 'Custom category');
  });
});

test('pot moves carry the pot’s name everywhere, and joint rows who spent', async () => {
  await using scene = await createScene({ withToken: true });
  const { broker, fake, world, home } = scene;
  await home.come();
  await scene.pass(10_000);
  const pot = alex.pots.holiday;
  world.bank.renamePot(pot, 'Holiday 🏖️');
  world.bank.potMove(pot, 'deposit', { amount: 1_250 });
  const coffee = world.bank.purchase(joint.account, { amount: 320, merchant: 'Café', userId: sam.userId });
  await scene.look();
  const fired = () =>
    (fake?.of('fire_event') ?? []).map((one) => one['event_data'] as Record<string, unknown>);
  await scene.until('both are fired', () => fired().length >= 2);
  const move = fired().find(({ kind }) => kind === 'pot_deposit');
  const { data, event_id: eventId, ...named } = move ?? {};
  assert.deepEqual(named, {
    type: 'transaction.created',
    kind: 'pot_deposit',
    amount: -12.5,
    currency: 'GBP',
    account_id: alex.current,
    pot_name: 'Holiday 🏖️',
  });
  assert.equal((data as { description: string }).description, pot, 'the raw object stays as it is');
  const keys = ['type', 'kind', 'amount', 'currency', 'account_id', 'event_id'];
  const bought = fired().find(({ kind }) => kind === 'card_payment');
  assert.deepEqual(Object.keys(bought ?? {}), [...keys, 'data']);

  const [typed] = broker.payloads(`monzo/${alex.current}/event`).map((text) => JSON.parse(text) as Typed);
  assert.deepEqual([typed?.pot_name, typed?.description, typed?.pot_id], ['Holiday 🏖️', 'Holiday 🏖️', pot]);
  const [shared] = broker.payloads(`monzo/${joint.account}/event`).map((text) => JSON.parse(text) as Typed);
  assert.equal(shared?.spender, 'Sam Okafor');
  await world.api('/api/categories/category_0000Trips', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Trips"}',
  });
  world.bank.recategorise(coffee, 'category_0000Trips');
  await scene.look();
  await scene.until('the change is fired', () => fired().length >= 3);
  assert.deepEqual(Object.keys(fired().at(-1) ?? {}), [...keys, 'category_name', 'data']);
  assert.equal(fired().at(-1)?.['category_name'], 'Trips');

  const shown = async (query: string) =>
    (await itemsOf(world, query)).map((item) => [item.name, item.description, item.pot_name]);
  const expected = [['Holiday 🏖️', 'Holiday 🏖️', 'Holiday 🏖️']];
  assert.deepEqual(await shown('&q=holid'), expected);
  assert.deepEqual(await shown(`&q=${encodeURIComponent('🏖️')}`), expected);
  assert.deepEqual(await shown(`&merchant=${encodeURIComponent('Holiday 🏖️')}`), expected);
  const csv = await (await world.api('/api/transactions/export?format=csv&kind=pot_deposit')).text();
  assert.match(csv, /,Holiday 🏖️,-12.5,GBP,/);
  assert.equal((await itemsOf(world)).find(({ id }) => id === coffee)?.spender, 'Sam Okafor');
  assert.match(await (await world.api('/api/events')).text(), /"pot_name":"Holiday 🏖️","spender":null/);

  // Monzo forgets deleted pots one day; their moves keep the name.
  world.bank.closePot(pot);
  await scene.look();
  await world.restart();
  assert.deepEqual(await shown(`&pot=${pot}&kind=pot_deposit`), expected);
  assert.ok(typeof eventId === 'string');
});

test('a change of a settled row is found as far back as the bank shows rows, once a week', async () => {
  await using world = await createWorld();
  const { bank, clock } = world;
  const day = 86_400_000;
  const bought = (daysAgo: number) => {
    const at = clock.now() - daysAgo * day;
    return bank.purchase(alex.current, {
      amount: 4_000,
      merchant: 'Shop',
      createdMs: at,
      settledMs: at,
      quiet: true,
    });
  };
  const [first, second, recent] = [bought(80), bought(70), bought(10)];
  await world.connect('alex');
  await untilHistoryIsRead(world);
  const found = async () => {
    const { items } = (await (await world.api('/api/events')).json()) as { items: { event_id: string }[] };
    return items.map(({ event_id: eventId }) => eventId);
  };
  bank.changeAmount(first, 0);
  await look(world);
  assert.deepEqual(await found(), [`${first}:reversed`]);
  bank.changeAmount(second, 0);
  bank.changeAmount(recent, 0);
  await world.restart();
  await look(world);
  assert.deepEqual(await found(), [`${first}:reversed`, `${recent}:reversed`], 'the older part waits');
  clock.jump(7 * day);
  await look(world);
  assert.deepEqual(await found(), [`${first}:reversed`, `${recent}:reversed`, `${second}:reversed`]);
});

interface Typed {
  readonly pot_id?: unknown;
  readonly pot_name?: unknown;
  readonly description?: unknown;
  readonly spender?: unknown;
}

/** The bridge looks at the bank at once, as after a ring. */
async function look(world: World): Promise<void> {
  await world.clock.advance(1_000);
  const asked = await world.api('/api/commands/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(asked.status, 200);
}
