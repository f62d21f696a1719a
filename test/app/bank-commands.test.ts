import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(world: World, name: string, body: unknown): Promise<Answer> {
  const asked = world.api(`/api/commands/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  let answered = false;
  void asked.finally(() => (answered = true)).catch(() => {});
  await world.until('the command is answered', () => answered);
  const response = await asked;
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function audited(world: World): Promise<readonly Answer['body'][]> {
  const answer = (await (await world.api('/api/audit')).json()) as {
    readonly items: readonly Answer['body'][];
  };
  return answer.items;
}

const codeOf = ({ status, body }: Answer) => [status, body['code']];

async function livingWithAlex(): Promise<World> {
  const world = await createWorld();
  await world.connect('alex');
  return world;
}

test('a feed item is shown once, with a picture even where none was given', async () => {
  await using world = await livingWithAlex();
  const given = {
    account: 'joint account',
    title: 'Washing machine is done',
    body: 'Take it out',
    image_url: 'https://example.org/drum.png',
    url: 'http://homeassistant.local:8123/#laundry',
  };
  assert.deepEqual(await ask(world, 'feed_item', given), {
    status: 200,
    body: { status: 'done', account: joint.account },
  });
  assert.equal((await ask(world, 'feed_item', { account: alex.current, title: ' Hello ' })).status, 200);
  assert.deepEqual(
    world.bank.feed.map(({ accountId, params }) => [accountId, params]),
    [
      [
        joint.account,
        {
          account_id: joint.account,
          type: 'basic',
          title: given.title,
          image_url: given.image_url,
          body: given.body,
          url: given.url,
        },
      ],
      [
        alex.current,
        {
          account_id: alex.current,
          type: 'basic',
          title: 'Hello',
          image_url: 'https://brands.home-assistant.io/monzo/icon.png',
        },
      ],
    ],
  );
});

for (const kind of ['timeout_before', 'timeout_after', 'reset_after', 'truncated'] as const)
  test(`a feed item whose answer is lost (${kind}) is told as unknown, and never sent again`, async () => {
    await using world = await livingWithAlex();
    world.faults.add({ kind, times: 1, match: ({ path }) => path === '/feed' });
    const { status, body } = await ask(world, 'feed_item', { account: alex.current, title: 'Hello' });
    assert.deepEqual([status, body['status']], [202, 'unknown']);
    assert.match(String(body['sentence']), /may or may not be there.*does not send it again/);
    await world.clock.advance(3_600_000);
    await world.restart();
    await world.clock.advance(3_600_000);
    assert.equal(world.bank.feed.length, kind === 'timeout_before' ? 0 : 1);
    const [last, first] = await audited(world);
    assert.deepEqual([first?.['decision'], last?.['decision']], ['sent', 'unresolved']);
    assert.equal(last?.['sentence'], body['sentence']);
  });

test('a feed item that Monzo refuses, or that never left, is not unknown', async () => {
  await using world = await livingWithAlex();
  const item = { account: alex.current, title: 'Hello' };
  const feed = ({ path }: { readonly path: string }) => path === '/feed';
  world.faults.add({ kind: 'status', status: 403, times: 1, match: feed });
  assert.deepEqual(codeOf(await ask(world, 'feed_item', item)), [403, 'no_permission']);
  assert.deepEqual(
    (await audited(world)).map(({ action, decision, code, door }) => [action, decision, code, door]),
    [
      ['feed_item', 'refused', 'no_permission', 'http'],
      ['feed_item', 'sent', null, 'http'],
    ],
  );
  world.faults.add({ kind: 'status', status: 404, code: 'not_found', times: 1, match: feed });
  assert.deepEqual(codeOf(await ask(world, 'feed_item', item)), [404, 'not_found']);
  assert.equal(world.bank.feed.length, 0);
});

test('addresses are shown, not fetched, and only those of the web are taken', async () => {
  await using world = await livingWithAlex();
  for (const wrong of ['javascript:alert(1)', 'file:///etc/passwd', 'not an address', 'ftp://example.org'])
    for (const field of ['url', 'image_url']) {
      const answer = await ask(world, 'feed_item', { account: alex.current, title: 'x', [field]: wrong });
      assert.deepEqual(codeOf(answer), [400, 'bad_request']);
      assert.match(String(answer.body['detail']), /starts with http:\/\/ or https:\/\//);
    }
  for (const wrong of [{ title: 'x' }, { account: alex.current }, { account: alex.current, title: ' ' }])
    assert.deepEqual(codeOf(await ask(world, 'feed_item', wrong)), [400, 'bad_request']);
  assert.equal(world.bank.feed.length, 0);
});

test('notes are set at the bank, known at once and an event, with the shop still beside them', async () => {
  await using world = await livingWithAlex();
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await ask(world, 'refresh', {});
  const answer = await ask(world, 'annotate', { transaction_id: id, notes: 'Milk' });
  assert.deepEqual(answer, {
    status: 200,
    body: { status: 'done', transaction_id: id, account: alex.current, notes: 'Milk' },
  });
  const row = (await (await world.api(`/api/transactions/${id}`)).json()) as Answer['body'];
  assert.deepEqual([row['notes'], row['merchant']], ['Milk', 'Corner Shop']);
  const log = (await (await world.api('/api/events?after=0')).json()) as {
    readonly items: readonly {
      readonly type: string;
      readonly transaction_id: string;
      readonly data: unknown;
    }[];
  };
  const amended = log.items.filter(
    ({ type, transaction_id }) => type.endsWith('amended') && transaction_id === id,
  );
  assert.equal(amended.length, 1);
  assert.match(JSON.stringify(amended[0]?.data), /"name":"Corner Shop"/);
});

test('notes that were set but cannot be read back are done all the same', async () => {
  await using world = await livingWithAlex();
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await ask(world, 'refresh', {});
  const reading = ({ method, path }: { readonly method: string; readonly path: string }) =>
    method === 'GET' && path === `/transactions/${id}`;
  world.faults.add({ kind: 'status', status: 500, times: 1, match: reading });
  assert.equal((await ask(world, 'annotate', { transaction_id: id, notes: 'Milk' })).status, 200);
});

test('notes of a transaction that nobody knows are refused before the bank, whatever the id looks like', async () => {
  await using world = await livingWithAlex();
  const before = world.bank.calls.length;
  for (const id of ['tx_0000', '../accounts', 'tx_1?x=1'])
    assert.deepEqual(codeOf(await ask(world, 'annotate', { transaction_id: id, notes: '' })), [
      404,
      'unknown_transaction',
    ]);
  assert.equal(world.bank.calls.length, before);
});

test('what is done at the bank needs a login that is approved', async () => {
  await using world = await livingWithAlex();
  world.bank.lapseApproval(alex.userId);
  await world.until('it is noticed', () => world.app().view().logins[0]?.state === 'needs_approval');
  const answer = await ask(world, 'feed_item', { account: alex.current, title: 'Hello' });
  assert.deepEqual(codeOf(answer), [409, 'no_login']);
  assert.match(String(answer.body['detail']), /nothing was sent to Monzo\. Alex: open the Monzo app/);
});

test('every command is answered within twenty seconds by a bank that takes longer, and nothing is claimed', async () => {
  await using world = await createWorld({
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
  });
  await world.connect('alex');
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await ask(world, 'refresh', {});
  const inTime = async (name: string, body: unknown) => {
    const began = world.clock.now();
    const answer = await ask(world, name, body);
    assert.ok(world.clock.now() - began <= 20_000, name);
    return answer;
  };
  const quicken = world.faults.add({ kind: 'slow', ms: 19_000 });
  assert.deepEqual(codeOf(await inTime('annotate', { transaction_id: id, notes: 'Milk' })), [503, 'timeout']);
  const shown = await inTime('feed_item', { account: alex.current, title: 'Hello' });
  assert.deepEqual([shown.status, shown.body['status']], [202, 'unknown']);
  const { status, body } = await inTime('unregister_webhook', { account: alex.current });
  assert.equal(status, 200);
  assert.deepEqual(body['webhooks'], [
    { account: alex.current, registered: true, trouble: 'Monzo is slow: this goes on by itself.' },
  ]);
  await world.clock.advance(5 * 60_000);
  quicken();
  const isHeard = () => [...world.bank.model.webhooks.values()].some((one) => one.accountId === alex.current);
  assert.equal(isHeard(), false, 'it went on');
});

test('notes that were set, and are read back slowly, are answered in time', async () => {
  await using world = await livingWithAlex();
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await ask(world, 'refresh', {});
  world.faults.add({ kind: 'slow', ms: 12_000 });
  const began = world.clock.now();
  assert.equal((await ask(world, 'annotate', { transaction_id: id, notes: 'Milk' })).status, 200);
  assert.ok(world.clock.now() - began <= 20_000);
});
