import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instantText } from '../domain/values.ts';
import { createMonzoClient } from './monzo-client.ts';
import type { BankAnswer, BankRequest } from './transport.ts';
import { newPageFacts } from '../../test/support/samples.ts';

const at = Date.parse('2026-07-01T12:00:00Z');

type Sent = Omit<BankRequest, 'token'>;
type Answer = (request: Sent, call: number) => unknown;

const clientOf = (answer: Answer) => {
  const sent: Sent[] = [];
  const reported: string[] = [];
  const client = createMonzoClient({
    pageFacts: newPageFacts(),
    report: ({ where, path }) => reported.push(`${where} ${path}`),
    send: async (request): Promise<BankAnswer> => {
      sent.push(request);
      return { status: 200, body: answer(request, sent.length), at };
    },
  });
  return { client, sent, reported };
};

interface Row {
  readonly id: string;
  readonly account_id: string;
  readonly amount: number | string;
  readonly created: string;
}
const rowsAt = (times: readonly number[]): readonly Row[] =>
  times.map((time, index) => ({
    id: `tx_${String(index).padStart(4, '0')}`,
    account_id: 'acc_1',
    amount: -1,
    created: instantText(time),
  }));

/** A bank that pages as Monzo does: oldest first, `since` an instant or an id, nothing said about more. */
const listing =
  (rows: readonly Row[], isInclusive: boolean): Answer =>
  ({ query }) => {
    const since = String(query?.['since']);
    const index = rows.findIndex(({ id }) => id === since);
    const isAfter = (row: Row, place: number) => {
      if (index >= 0) return isInclusive ? place >= index : place > index;
      return isInclusive ? row.created >= since : row.created > since;
    };
    return { transactions: rows.filter(isAfter).slice(0, Number(query?.['limit'])) };
  };

const walk = async (rows: readonly Row[], isInclusive: boolean) => {
  const { client, sent } = clientOf(listing(rows, isInclusive));
  const seen: string[] = [];
  const read = await client.allTransactions({
    accountId: 'acc_1',
    since: at - 1_000_000,
    onPage: ({ value }) => void seen.push(...value.map(({ id }) => id)),
  });
  assert.equal(read, seen.length);
  return { seen, calls: sent.length };
};

for (const isInclusive of [true, false]) {
  const name = isInclusive ? 'inclusive' : 'exclusive';
  const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);

  test(`every row comes once and in order, with an ${name} since`, async () => {
    for (const count of [0, 1, 99, 100, 101, 250, 400]) {
      const rows = rowsAt(Array.from({ length: count }, (_, index) => at - 500_000 + index * 1_000));
      assert.deepEqual((await walk(rows, isInclusive)).seen, idsOf(rows), String(count));
    }
  });

  test(`rows of one instant are read by id, with an ${name} since`, async () => {
    for (const alike of [100, 101, 200, 333]) {
      const before = Array.from({ length: 50 }, (_, index) => at - 900 + index);
      const after = Array.from({ length: 150 }, (_, index) => at + 1 + index);
      const rows = rowsAt([...before, ...Array.from({ length: alike }, () => at), ...after]);
      const { seen, calls } = await walk(rows, isInclusive);
      assert.deepEqual(seen, idsOf(rows), String(alike));
      assert.ok(calls < 12, `${calls} calls`);
    }
  });

  test(`a page that cannot be read does not end the reading, with an ${name} since`, async () => {
    const rows = rowsAt(Array.from({ length: 350 }, (_, index) => at - 500_000 + index));
    const odd = rows.map((row, index) => (index >= 95 && index < 305 ? { ...row, amount: 'x' } : row));
    const { seen } = await walk(odd, isInclusive);
    assert.deepEqual(
      seen,
      idsOf(rows).filter((_, index) => index < 95 || index >= 305),
    );
  });
}

test('a list that repeats itself for ever is given up', async () => {
  const rows = rowsAt(Array.from({ length: 100 }, (_, index) => at + index));
  const { client, sent } = clientOf(() => ({ transactions: rows }));
  assert.equal(await client.allTransactions({ accountId: 'acc_1', since: at, onPage: () => undefined }), 100);
  assert.equal(sent.length, 3);
});

test('the next page is read only after this one was handled, and an error in that ends the reading', async () => {
  const rows = rowsAt(Array.from({ length: 150 }, (_, index) => at + index));
  const { client, sent } = clientOf(listing(rows, true));
  const full = { accountId: 'acc_1', since: at, onPage: async () => Promise.reject(new Error('disk full')) };
  await assert.rejects(client.allTransactions(full), /disk full/);
  assert.equal(sent.length, 1);
});

test('reads send the right query and say when they were answered', async () => {
  const { client, sent } = clientOf(({ path }) => ({
    accounts: [],
    pots: [{ id: 'pot_1', balance: 5, current_account_id: 'acc_other' }],
    transactions: [],
    webhooks: [],
    transaction: { id: 'tx_1', account_id: 'acc_1', amount: 1, created: '2026-01-01T00:00:00Z' },
    authenticated: true,
    balance: 50,
    currency: 'GBP',
    spend_today: -7,
    path,
  }));
  const signal = AbortSignal.abort();
  assert.deepEqual(await client.accounts(), { at, value: [], unreadable: { ids: [], unnamed: 0 } });
  const { value: balance } = await client.balance('acc_1', { priority: 'money', signal });
  assert.deepEqual(balance, {
    balance: 50,
    totalBalance: null,
    spendToday: -7,
    spendSince: Date.parse('2026-07-01T03:00:00Z'),
    currency: 'GBP',
  });
  assert.equal((await client.pots('acc_1')).value[0]?.accountId, 'acc_1');
  await client.transactions({ accountId: 'acc_1', since: 'tx_9', before: at, priority: 'doorbell' });
  await client.transactions({ accountId: 'acc_1', since: at, limit: 5 });
  assert.equal((await client.transaction('tx_1')).value.id, 'tx_1');
  await client.webhooks('acc_1');
  assert.equal((await client.whoami()).value.authenticated, true);
  const expand = { 'expand[]': ['merchant'] };
  const now = '2026-07-01T12:00:00.000Z';
  assert.deepEqual(
    sent.map(({ method, path, query, priority }) => [method, path, query, priority]),
    [
      ['GET', '/accounts', {}, 'poll'],
      ['GET', '/balance', { account_id: 'acc_1' }, 'money'],
      ['GET', '/pots', { current_account_id: 'acc_1' }, 'poll'],
      [
        'GET',
        '/transactions',
        { ...expand, account_id: 'acc_1', since: 'tx_9', before: now, limit: '100' },
        'doorbell',
      ],
      ['GET', '/transactions', { ...expand, account_id: 'acc_1', since: now, limit: '5' }, 'poll'],
      ['GET', '/transactions/tx_1', expand, 'poll'],
      ['GET', '/webhooks', { account_id: 'acc_1' }, 'poll'],
      ['GET', '/ping/whoami', {}, 'poll'],
    ],
  );
});

const move = { potId: 'pot_1', accountId: 'acc_1', amount: 250, dedupeId: 'mb-1' };

test('transfers are sent as forms, with the priority of money', async () => {
  const { client, sent } = clientOf(() => ({ id: 'pot_1', balance: 1_250, currency: 'GBP' }));
  const deposited = await client.depositIntoPot(move);
  assert.deepEqual(
    [deposited.at, deposited.value?.balance, deposited.value?.accountId],
    [at, 1_250, 'acc_1'],
  );
  await client.withdrawFromPot(move);
  assert.deepEqual(sent, [
    {
      method: 'PUT',
      path: '/pots/pot_1/deposit',
      form: { source_account_id: 'acc_1', amount: '250', dedupe_id: 'mb-1' },
      priority: 'money',
    },
    {
      method: 'PUT',
      path: '/pots/pot_1/withdraw',
      form: { destination_account_id: 'acc_1', amount: '250', dedupe_id: 'mb-1' },
      priority: 'money',
    },
  ]);
});

test('a confirmed transfer stays confirmed where its pot cannot be read', async () => {
  const { client, reported } = clientOf(() => ({ id: 'pot_1', balance: 'much' }));
  assert.deepEqual(await client.depositIntoPot(move), { at, value: null });
  assert.deepEqual(reported, ['pot balance']);
});

test('an answer about another pot leaves a transfer unknown', async () => {
  for (const body of [{}, [], { id: 'pot_2', balance: 1 }, { code: 'x' }])
    await assert.rejects(clientOf(() => body).client.depositIntoPot(move), {
      fault: 'not_json',
      effect: 'unknown',
    });
});

test('invalid amounts and ids are never sent', async () => {
  const { client, sent } = clientOf(() => ({}));
  const never = { fault: 'bad_request', effect: 'none' };
  for (const amount of [0, -1, 0.5, Number.NaN, 2 ** 53])
    await assert.rejects(client.depositIntoPot({ ...move, amount }), never);
  for (const id of ['..', 'a/b', '', 'a?b']) {
    await assert.rejects(client.withdrawFromPot({ ...move, potId: id }), never);
    await assert.rejects(client.transaction(id), never);
    await assert.rejects(client.deleteWebhook(id), never);
  }
  assert.equal(sent.length, 0);
});

test('all other writes are sent as forms too', async () => {
  const webhook = { id: 'webhook_1', account_id: 'acc_1', url: 'https://x/hooks/1' };
  const transaction = {
    id: 'tx_1',
    account_id: 'acc_1',
    amount: 1,
    created: '2026-01-01T00:00:00Z',
    notes: 'hi',
  };
  const { client, sent } = clientOf(() => ({ webhook, transaction }));
  const created = await client.createWebhook({ accountId: 'acc_1', url: webhook.url });
  assert.deepEqual(created.value, { id: 'webhook_1', accountId: 'acc_1', url: webhook.url });
  assert.equal((await client.annotate('tx_1', 'hi')).value.notes, 'hi');
  await client.deleteWebhook('webhook_1');
  await client.feedItem({
    accountId: 'acc_1',
    title: 'T',
    imageUrl: 'https://i',
    body: 'B',
    url: 'https://u',
  });
  await client.feedItem({ accountId: 'acc_1', title: 'T', imageUrl: 'https://i' });
  const item = { account_id: 'acc_1', type: 'basic', 'params[title]': 'T', 'params[image_url]': 'https://i' };
  assert.deepEqual(
    sent.map(({ method, path, form }) => [method, path, form]),
    [
      ['POST', '/webhooks', { account_id: 'acc_1', url: webhook.url }],
      ['PATCH', '/transactions/tx_1', { 'metadata[notes]': 'hi' }],
      ['DELETE', '/webhooks/webhook_1', undefined],
      ['POST', '/feed', { ...item, 'params[body]': 'B', url: 'https://u' }],
      ['POST', '/feed', item],
    ],
  );
});
