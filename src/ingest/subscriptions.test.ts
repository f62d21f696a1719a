import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingLearnt } from '../domain/learnt.ts';
import { silentLog } from '../log.ts';
import { Subscriptions, type ReconcileRequest } from './subscriptions.ts';

interface Hook {
  readonly id: string;
  readonly accountId: string;
  readonly url: string;
}

/** One client's webhooks at a bank that, like the real one, never notices a second registration. */
function bankWith(...hooks: readonly Hook[]) {
  const books = { hooks: [...hooks], refuses: new Set<string>(), next: 1 };
  const check = (accountId: string) => {
    if (books.refuses.has(accountId)) throw new Error('Monzo refuses webhooks for this account.');
  };
  const client: ReconcileRequest['client'] = {
    webhooks: async (accountId) => {
      check(accountId);
      return { at: 0, value: books.hooks.filter((hook) => hook.accountId === accountId) };
    },
    createWebhook: async ({ accountId, url }) => {
      const hook = { id: `webhook_${(books.next += 1)}`, accountId, url };
      books.hooks.push(hook);
      return { at: 0, value: hook };
    },
    deleteWebhook: async (id) => {
      books.hooks = books.hooks.filter((hook) => hook.id !== id);
    },
  };
  return { books, client };
}

interface Address {
  base: string | null;
  /** One address for all accounts, in which nothing shows that it is ours. */
  cloudhook?: string;
}

function subscriptionsAt(address: Address) {
  const stored = new Map<string, unknown>();
  return new Subscriptions({
    settings: {
      get: (key) => stored.get(key),
      set: (key, value) => void stored.set(key, value),
      delete: (key) => void stored.delete(key),
    },
    learnt: { of: () => nothingLearnt, save: () => {} },
    log: silentLog,
    clock: { now: () => 0, monotonic: () => 0 },
    addressOf: (accountId) =>
      address.cloudhook ?? (address.base === null ? null : `${address.base}/hooks/key-of-${accountId}`),
    isOurs: (url, accountId) => url.endsWith(`/hooks/key-of-${accountId}`),
    isReachable: () => true,
    pollEvery: null,
  });
}

const urlsOf = (hooks: readonly Hook[]) => hooks.map(({ url }) => url).toSorted();
const alex = { loginId: 'login_1', reads: ['acc_1', 'acc_2'], sees: ['acc_1', 'acc_2'] };

test('every account that is read gets one webhook, and doing it again changes nothing', async () => {
  const { books, client } = bankWith();
  const subscriptions = subscriptionsAt({ base: 'https://home.example' });
  for (let round = 0; round < 3; round += 1) await subscriptions.reconcile({ ...alex, client });
  assert.deepEqual(urlsOf(books.hooks), [
    'https://home.example/hooks/key-of-acc_1',
    'https://home.example/hooks/key-of-acc_2',
  ]);
  assert.equal(subscriptions.workFor('login_1'), true);
  assert.match(subscriptions.health().sentence ?? '', /work for every account.* up to 15 minutes late/);
});

test('duplicates of ours and those at an old address go; other programs’ stay', async () => {
  const foreign = { id: 'webhook_f', accountId: 'acc_1', url: 'https://other.example/hooks/key-of-acc_2' };
  const { books, client } = bankWith(
    foreign,
    { id: 'webhook_a', accountId: 'acc_1', url: 'https://home.example/hooks/key-of-acc_1' },
    { id: 'webhook_b', accountId: 'acc_1', url: 'https://home.example/hooks/key-of-acc_1' },
    { id: 'webhook_c', accountId: 'acc_1', url: 'http://old.example:8098/hooks/key-of-acc_1' },
  );
  const subscriptions = subscriptionsAt({ base: 'https://home.example' });
  await subscriptions.reconcile({ ...alex, reads: ['acc_1'], sees: ['acc_1'], client });
  assert.deepEqual(
    books.hooks.map(({ id }) => id),
    ['webhook_f', 'webhook_a'],
  );
});

test('what was registered stays ours when the address changes to one that shows nothing of us', async () => {
  const address: Address = { base: null, cloudhook: 'https://hooks.example/first' };
  const { books, client } = bankWith({
    id: 'webhook_f',
    accountId: 'acc_1',
    url: 'https://hooks.example/else',
  });
  const subscriptions = subscriptionsAt(address);
  await subscriptions.reconcile({ ...alex, client });
  address.cloudhook = 'https://hooks.example/second';
  await subscriptions.reconcile({ ...alex, client });
  assert.deepEqual(urlsOf(books.hooks), [
    'https://hooks.example/else',
    'https://hooks.example/second',
    'https://hooks.example/second',
  ]);
  assert.equal(subscriptions.isOurs({ accountId: 'acc_1', url: 'https://hooks.example/first' }), true);
});

test('without an address ours are removed, and transactions are found by polling', async () => {
  const address: Address = { base: 'https://home.example' };
  const { books, client } = bankWith();
  const subscriptions = subscriptionsAt(address);
  await subscriptions.reconcile({ ...alex, client });
  address.base = null;
  await subscriptions.reconcile({ ...alex, client });
  assert.deepEqual(books.hooks, []);
  assert.equal(subscriptions.workFor('login_1'), false);
  assert.match(subscriptions.health().sentence ?? '', /polls: transactions arrive up to 2 minutes late/);
});

test('an account that is refused does not stop the others, and is reported', async () => {
  const { books, client } = bankWith();
  books.refuses.add('acc_1');
  const subscriptions = subscriptionsAt({ base: 'https://home.example' });
  await subscriptions.reconcile({ ...alex, client });
  assert.deepEqual(urlsOf(books.hooks), ['https://home.example/hooks/key-of-acc_2']);
  assert.equal(subscriptions.workFor('login_1'), false);
  assert.equal(subscriptions.health().state, 'degraded');
  assert.match(subscriptions.health().sentence ?? '', /1 of 2 accounts.*refuses/);
});

test('an account unregistered by hand stays so until it is registered again', async () => {
  const { books, client } = bankWith();
  const subscriptions = subscriptionsAt({ base: 'https://home.example' });
  subscriptions.disable(['acc_1']);
  await subscriptions.reconcile({ ...alex, client });
  assert.deepEqual(urlsOf(books.hooks), ['https://home.example/hooks/key-of-acc_2']);
  subscriptions.enable(['acc_1']);
  await subscriptions.reconcile({ ...alex, client });
  assert.equal(books.hooks.length, 2);
});

test('a joint account that another login reads by now loses this login’s webhook', async () => {
  const { books, client } = bankWith();
  const subscriptions = subscriptionsAt({ base: 'https://home.example' });
  await subscriptions.reconcile({ ...alex, client });
  await subscriptions.reconcile({ ...alex, reads: ['acc_1'], client });
  assert.deepEqual(urlsOf(books.hooks), ['https://home.example/hooks/key-of-acc_1']);
});
