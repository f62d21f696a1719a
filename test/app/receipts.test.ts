import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal, settingsBeside } from './cli-run.ts';

async function shopped() {
  const world = await createWorld();
  await world.connect('alex');
  const id = world.bank.purchase(alex.current, { amount: 665, merchant: 'Corner Shop' });
  await world.api('/api/commands/refresh', { method: 'POST' });
  await world.clock.advance(2_000);
  return { world, id, path: `/api/transactions/${id}/receipt` };
}

async function ask(world: World, path: string, [method = 'GET', body]: readonly [string?, object?] = []) {
  const init = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await answered(world, world.api(path, { method, ...init }));
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
}

const items = [
  { description: 'Tea', quantity: 2, amount_minor: 500, tax_minor: 83 },
  { description: 'Cheese', quantity: 0.25, unit: 'kg', amount_minor: 265 },
  { description: 'Voucher', amount_minor: -100 },
];
const taxes = [{ description: 'VAT', amount_minor: 83, tax_number: '123' }];
const atBank = (world: World) => [...world.bank.model.receipts.values()];

test('a receipt is added, shown, replaced and removed, and Monzo has one of it', async () => {
  const { world, id, path } = await shopped();
  await using _world = world;
  assert.deepEqual(await ask(world, path), { status: 200, body: { transaction_id: id, receipt: null } });
  const added = await ask(world, path, ['PUT', { items, taxes }]);
  const receipt = {
    total: 6.65,
    total_minor: 665,
    currency: 'GBP',
    items: [
      { description: 'Tea', quantity: 2, unit: null, amount: 5, amount_minor: 500, tax: 0.83, tax_minor: 83 },
      {
        description: 'Cheese',
        quantity: 0.25,
        unit: 'kg',
        amount: 2.65,
        amount_minor: 265,
        tax: 0,
        tax_minor: 0,
      },
      {
        description: 'Voucher',
        quantity: 1,
        unit: null,
        amount: -1,
        amount_minor: -100,
        tax: 0,
        tax_minor: 0,
      },
    ],
    taxes: [{ description: 'VAT', amount: 0.83, amount_minor: 83, tax_number: '123' }],
  };
  assert.deepEqual(added, { status: 200, body: { transaction_id: id, receipt } });
  assert.deepEqual(await ask(world, path), added);
  await ask(world, path, ['PUT', { items, taxes }]);
  assert.deepEqual(
    atBank(world).map(({ external_id: key, transaction_id: of, total }) => [key, of, total]),
    [[`monzo-bridge:${id}`, id, 665]],
  );
  for (const _again of [1, 2])
    assert.deepEqual(await ask(world, path, ['DELETE']), {
      status: 200,
      body: { transaction_id: id, receipt: null },
    });
  assert.deepEqual(atBank(world), []);
  const { items: audit } = (await ask(world, '/api/audit')).body as {
    readonly items: readonly { readonly action: string }[];
  };
  assert.deepEqual(
    audit.map(({ action }) => action),
    ['remove_receipt', 'remove_receipt', 'add_receipt', 'add_receipt'],
  );
});

test('lines that do not add up are refused with the difference, and Monzo is not asked', async () => {
  const { world, path } = await shopped();
  await using _world = world;
  const { status, body } = await ask(world, path, ['PUT', { items: items.slice(0, 1) }]);
  assert.deepEqual([status, body['code'], body['difference_minor']], [422, 'receipt_sum_wrong', -165]);
  assert.equal(
    body['detail'],
    'The lines of the receipt add up to 5.00 GBP, and 6.65 GBP was paid: that differs by 1.65 GBP. Nothing was sent to Monzo.',
  );
  for (const wrong of [{ items: [] }, { items: [{ description: 'Tea', amount_minor: 6.65 }] }, {}])
    assert.equal((await ask(world, path, ['PUT', wrong])).body['code'], 'bad_request');
  const nothing = { items: [{ description: 'Tea', quantity: 0, amount_minor: 665 }] };
  assert.equal(
    (await ask(world, path, ['PUT', nothing])).body['detail'],
    'quantity in entry 1 of items in the body must be more than 0.',
  );
  const none = await ask(world, '/api/transactions/tx_none/receipt', ['PUT', { items }]);
  assert.deepEqual([none.status, none.body['code']], [404, 'unknown_transaction']);
  assert.deepEqual(atBank(world), []);
});

test('a tax that is more than it is part of is refused, and Monzo is not asked', async () => {
  const { world, path } = await shopped();
  await using _world = world;
  const all = { description: 'Tea', amount_minor: 665 };
  const discounted = [
    { description: 'Tea', amount_minor: 765 },
    { description: 'Voucher', amount_minor: -100, tax_minor: 1 },
  ];
  for (const [wrong, detail] of [
    [
      { items: [{ ...all, tax_minor: 666 }] },
      'The tax of line 1 is 6.66 GBP, more than the 6.65 GBP that it is part of.',
    ],
    [{ items: discounted }, 'The tax of line 2 is 0.01 GBP, more than the -1.00 GBP that it is part of.'],
    [
      {
        items: [all],
        taxes: [
          { description: 'VAT', amount_minor: 600 },
          { description: 'Levy', amount_minor: 66 },
        ],
      },
      'The tax of the receipt is 6.66 GBP, more than the 6.65 GBP that it is part of.',
    ],
  ] as const) {
    const { status, body } = await ask(world, path, ['PUT', wrong]);
    assert.deepEqual([status, body['code']], [422, 'receipt_tax_wrong']);
    assert.equal(body['detail'], `${detail} Nothing was sent to Monzo.`);
  }
  assert.deepEqual(atBank(world), []);
  const whole = { items: [{ ...all, tax_minor: 665 }], taxes: [{ description: 'VAT', amount_minor: 665 }] };
  assert.equal((await ask(world, path, ['PUT', whole])).status, 200);
});

test('a receipt whose answer is lost is sent again, and is there once', async () => {
  const { world, id, path } = await shopped();
  await using _world = world;
  const isReceipt = ({ path }: { readonly path: string }) => path === '/transaction-receipts';
  world.faults.add({ kind: 'reset_after', times: 1, match: isReceipt });
  assert.equal((await ask(world, path, ['PUT', { items }])).status, 200);
  assert.equal(atBank(world).length, 1);
  assert.equal(atBank(world)[0]?.['transaction_id'], id);
});

test('on the command line a receipt is written in pounds', async () => {
  const { world, id } = await shopped();
  await using _world = world;
  const run = (...argv: readonly string[]) =>
    answered(
      world,
      runOnTerminal(['receipt', ...argv], {
        cwd: world.directory,
        env: settingsBeside(world),
      }),
    );
  const added = await run('add', id, '--item', 'Tea=5.00', 'Cheese=2.65', 'Voucher=-1', '--tax', 'VAT=0.83');
  assert.deepEqual([added.code, added.err], [0, '']);
  assert.match(
    added.out,
    /^WHAT +HOW MANY +AMOUNT\nTea +5\.00 GBP\nCheese +2\.65 GBP\nVoucher +-1\.00 GBP\ntotal +6\.65 GBP\nof which VAT +0\.83 GBP\n$/,
  );
  assert.equal((await run('show', id)).out, added.out);
  const wrong = await run('add', id, '--item', 'Tea=5.00');
  assert.deepEqual([wrong.code, wrong.out], [1, '']);
  assert.match(wrong.err, /differs by 1\.65 GBP/);
  assert.match((await run('add', id, '--item', 'Tea')).err, /Write a line as/);
  assert.match((await run('add', id, '--item', 'Tea=5,00')).err, /5\.00|point/);
  assert.match((await run('remove', id)).out, /no receipt/);
  assert.match((await run('show', id)).out, /has added no receipt/);
});

test('of a joint account one of both people has the receipt, whoever of them is asked', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.connect('sam');
  const id = world.bank.purchase(joint.account, { amount: 665, merchant: 'Corner Shop' });
  await answered(world, world.api('/api/commands/refresh', { method: 'POST' }));
  await world.clock.advance(2_000);
  const path = `/api/transactions/${id}/receipt`;
  assert.equal((await ask(world, path, ['PUT', { items }])).status, 200);
  // As if the other one of them had added it.
  const receipts = world.bank.model.receipts;
  const [[key = '', receipt] = []] = receipts;
  const [, ...rest] = key.split(' ');
  receipts.clear();
  for (const clientId of ['oauth2client_0000Sam', 'oauth2client_0000Alex']) {
    receipts.set([clientId, ...rest].join(' '), { ...receipt });
    assert.notEqual((await ask(world, path)).body['receipt'], null);
    assert.equal((await ask(world, path, ['PUT', { items, taxes }])).status, 200);
    assert.deepEqual([...receipts.keys()], [[clientId, ...rest].join(' ')]);
    await ask(world, path, ['DELETE']);
    assert.equal(receipts.size, 0);
  }
});
