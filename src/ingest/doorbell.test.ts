import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { noon } from '../../test/support/samples.ts';
import { createDoorbellKeys, Doorbell, transactionNamedIn, type DoorbellOptions } from './doorbell.ts';

const secretKey = new Uint8Array(32).fill(9);

function doorbellFor(
  options: Pick<DoorbellOptions, 'clock' | 'pool' | 'held'> & Partial<Pick<DoorbellOptions, 'onRing'>>,
): Doorbell {
  const keys = createDoorbellKeys(secretKey);
  return new Doorbell({
    onRing: () => false,
    ...options,
    keys,
    isProbe: () => false,
    ownMoves: { underWay: () => null, isOwn: () => false },
    accounts: () => ['acc_1'],
  });
}

function room() {
  const clock = createFakeClock(noon);
  const known = new Set<string>();
  /** Known transactions that a list of one page does not reach. */
  const old = new Set<string>();
  /** Known transactions that a list has shown before their ring. */
  const echoes = new Set<string>();
  const wishes: string[] = [];
  const lists: number[] = [];
  const looks: string[] = [];
  const bank = { showsInLists: new Set<string>(), knows: new Set<string>(), isDown: false };
  const doorbell = doorbellFor({
    clock,
    onRing: (_accountId, named) => named !== null && echoes.delete(named),
    held: (_accountId, id) => (known.has(id) ? { created: noon, isInReach: !old.has(id) } : null),
    pool: {
      listNew: async (_accountId, { from, since, rung = new Set() }) => {
        lists.push(clock.now() - noon);
        wishes.push([from, ...(since === undefined ? [] : [since - noon]), ...rung].join(' '));
        if (bank.isDown) throw new Error('the bank is down');
        const isNews = [...bank.showsInLists].some((id) => !known.has(id));
        for (const id of bank.showsInLists) known.add(id);
        return isNews;
      },
      readTransaction: async (_accountId, id) => {
        looks.push(id);
        if (!bank.knows.has(id)) throw new Error('not found');
        const isNews = !known.has(id);
        known.add(id);
        return isNews;
      },
    },
  });
  return { clock, bank, doorbell, lists, wishes, looks, known, old, echoes };
}

const ringFor = (id: string, accountId = 'acc_1') =>
  JSON.stringify({ type: 'transaction.created', data: { id, account_id: accountId, amount: -350 } });

const ring = (doorbell: Doorbell, body: string) => doorbell.ring('acc_1', transactionNamedIn(body, 'acc_1'));

test('a ring causes one list from the newest row, and a transaction found by it is not asked for again', async () => {
  const { clock, bank, doorbell, lists, wishes, looks } = room();
  bank.showsInLists.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(120_000);
  assert.deepEqual([lists, wishes, looks], [[0], ['newest tx_1'], []]);
  assert.equal(doorbell.activity().unconfirmed, 0);
});

test('a ring ahead of the bank’s lists is listed for again after 2, 10 and 60 seconds, then read by its id', async () => {
  const { clock, bank, doorbell, lists, wishes, looks, known } = room();
  bank.knows.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(300_000);
  assert.deepEqual(lists, [0, 2_000, 12_000, 72_000]);
  assert.deepEqual(wishes, ['newest tx_1', 'page', 'page', 'page']);
  assert.deepEqual(looks, ['tx_1']);
  assert.ok(known.has('tx_1'));
  assert.equal(doorbell.activity().unconfirmed, 0);
});

test('it is found at once when a list shows it in between', async () => {
  const { clock, bank, doorbell, lists } = room();
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(5_000);
  bank.showsInLists.add('tx_1');
  await clock.advance(300_000);
  assert.deepEqual(lists, [0, 2_000, 12_000]);
});

test('a ring about a known row causes a list that goes back to it: it has changed', async () => {
  const { clock, doorbell, lists, wishes, looks, known } = room();
  known.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(300_000);
  assert.deepEqual([lists, wishes, looks], [[0], ['newest 0 tx_1'], []]);
  assert.equal(doorbell.activity().unconfirmed, 0);
});

test('rings for what a list has shown moments before share one list two seconds later, and count for nothing', async () => {
  const { clock, bank, doorbell, lists, wishes, known, echoes } = room();
  for (let each = 0; each < 100; each += 1) {
    known.add(`tx_${each}`);
    echoes.add(`tx_${each}`);
    ring(doorbell, ringFor(`tx_${each}`));
    await clock.advance(10);
  }
  await clock.advance(1_000);
  assert.deepEqual([lists, wishes], [[2_000], ['newest']]);
  bank.showsInLists.add('tx_new');
  ring(doorbell, ringFor('tx_new'));
  await clock.advance(1);
  assert.deepEqual([lists, wishes[1]], [[2_000, 2_000], 'newest tx_new']);
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(1);
  assert.deepEqual(lists, [2_000, 2_000, 2_001], 'the second ring for one of them is a change');
});

test('the balance is asked for beside a list only where nothing was in vain for a minute', async () => {
  const { clock, bank, doorbell, lists, wishes } = room();
  ring(doorbell, 'no JSON');
  await clock.advance(1_000);
  bank.showsInLists.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(59_500);
  bank.showsInLists.add('tx_2');
  ring(doorbell, ringFor('tx_2'));
  await clock.advance(1);
  assert.deepEqual(lists, [0, 1_000, 60_500]);
  assert.deepEqual(wishes, ['page', 'newest', 'newest tx_2']);
});

test('lists that bring nothing new are 250 ms apart, then a second, two and four', async () => {
  const { clock, doorbell, lists } = room();
  for (let each = 0; each < 150; each += 1) {
    ring(doorbell, 'no JSON');
    await clock.advance(100);
  }
  assert.deepEqual(lists, [0, 250, 1_250, 3_250, 7_250, 11_250]);
});

test('where such a row is too old for a list, it is read by its id as well', async () => {
  const { clock, bank, doorbell, lists, wishes, looks, known, old } = room();
  for (const all of [known, old, bank.knows]) all.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(300_000);
  assert.deepEqual([lists, wishes, looks], [[0], ['newest'], ['tx_1']]);
});

test('a bank that is down at the ring is listed again when it is back', async () => {
  const { clock, bank, doorbell, known } = room();
  bank.isDown = true;
  bank.showsInLists.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(5_000);
  bank.isDown = false;
  await clock.advance(10_000);
  assert.ok(known.has('tx_1'));
});

test('fifty forged rings at once cost few lists, five readings by id, and no memory', async () => {
  const { clock, doorbell, lists, looks } = room();
  for (let number = 0; number < 50; number += 1) ring(doorbell, ringFor(`tx_forged${number}`));
  await clock.advance(300_000);
  assert.ok(lists.length <= 8, `${lists.length} lists`);
  assert.equal(looks.length, 5);
  assert.equal(doorbell.activity().unconfirmed, 50);
});

test('a real ring is not kept waiting by a forged one that is listed for again much later', async () => {
  const { clock, bank, doorbell, lists } = room();
  ring(doorbell, ringFor('tx_forged'));
  await clock.advance(20_000);
  bank.showsInLists.add('tx_1');
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(1_000);
  assert.deepEqual(lists, [0, 2_000, 12_000, 20_000]);
});

test('nor by a reading by its id that the bank does not answer', async () => {
  const clock = createFakeClock(noon);
  const lists: number[] = [];
  const doorbell = doorbellFor({
    clock,
    held: (_accountId, id) => (id === 'tx_old' ? { created: noon - 1, isInReach: false } : null),
    pool: {
      listNew: async () => lists.push(clock.now() - noon) > 1,
      readTransaction: () => new Promise(() => {}),
    },
  });
  ring(doorbell, ringFor('tx_old'));
  await clock.advance(5_000);
  ring(doorbell, 'no JSON');
  await clock.advance(1);
  assert.deepEqual(lists, [0, 5_000]);
});

test('bodies of any shape cause a list and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.json(), fc.constant(ringFor('tx_1', 'acc_other'))),
      async (body) => {
        const { clock, doorbell, lists, looks } = room();
        ring(doorbell, body);
        await clock.advance(100_000);
        assert.equal(lists.length, 1);
        assert.equal(looks.length, 0);
      },
    ),
    { numRuns: 50 },
  );
});

test('rings that come while the bank is slow share the list that follows', async () => {
  const slow = Promise.withResolvers<void>();
  let lists = 0;
  const doorbell = doorbellFor({
    clock: createFakeClock(noon),
    held: () => null,
    pool: {
      listNew: async () => {
        lists += 1;
        await slow.promise;
        return true;
      },
      readTransaction: async () => false,
    },
  });
  for (let rings = 0; rings < 1_000; rings += 1) ring(doorbell, 'no JSON');
  assert.equal(lists, 1);
  slow.resolve();
  await settled();
  assert.equal(lists, 2);
});

test('nothing is listed once it is closed', async () => {
  const { clock, doorbell, lists } = room();
  ring(doorbell, ringFor('tx_1'));
  await clock.advance(1_000);
  doorbell.close();
  await clock.advance(300_000);
  assert.deepEqual(lists, [0]);
});

const accounts = ['acc_1', 'acc_2'];

test('a key is the account’s id under the secret key, so a rebuilt database knows its own webhooks', () => {
  const expected = createHmac('sha256', secretKey).update('acc_1').digest('hex');
  const keys = createDoorbellKeys(secretKey);
  assert.equal(keys.keyOf('acc_1'), expected);
  assert.equal(keys.keyOf('acc_1'), expected, 'also when asked again');
  assert.match(expected, /^[0-9a-f]{64}$/);
});

test('a key leads to its account and to no other', () => {
  const keys = createDoorbellKeys(secretKey);
  assert.equal(keys.accountOf(keys.keyOf('acc_1'), accounts), 'acc_1');
  assert.equal(keys.accountOf(keys.keyOf('acc_2'), accounts), 'acc_2');
  assert.equal(keys.accountOf(keys.keyOf('acc_3'), accounts), null);
});

test('text that is not a key belongs to no account', () => {
  const keys = createDoorbellKeys(secretKey);
  const key = keys.keyOf('acc_1');
  for (const wrong of [
    '',
    key.slice(1),
    `${key}0`,
    key.toUpperCase(),
    key.replace(/^./, 'g'),
    '../../etc',
    `é${key.slice(1)}`,
  ])
    assert.equal(keys.accountOf(wrong, accounts), null, wrong);
});

test('a ring for an account that does not exist causes nothing', async () => {
  const { clock, doorbell, lists } = room();
  doorbell.ring('acc_unknown', null);
  await clock.advance(100_000);
  assert.deepEqual([lists, doorbell.activity().rings], [[], 0]);
});
