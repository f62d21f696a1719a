import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestBank } from './test-bank.ts';
import { alex, sam, signIn } from './household.ts';
import type { HookFault } from './faults.ts';
import { startWebhookSender } from './webhooks.ts';
import { minutes } from './wire-time.ts';
import type { Switches } from './switches.ts';

interface Posted {
  readonly type: string;
  readonly data: { readonly id: string; readonly settled: string; readonly metadata: Record<string, string> };
}

/** A testBank with one webhook on Alex's current account; `answer` says what each delivery is answered. */
async function open(answer: (delivery: number) => number = () => 200, switches: Partial<Switches> = {}) {
  const testBank = openTestBank({ switches });
  const { access } = await signIn(testBank.bank, testBank.fetch);
  const url = 'https://hooks.example/secret';
  const register = () => testBank.ask(access, 'POST /webhooks', { account_id: alex.current, url });
  const { body } = await register();
  const posted: Posted[] = [];
  const fetch = (_url: unknown, init?: RequestInit) => {
    posted.push(JSON.parse(init?.body as string) as Posted);
    const status = answer(posted.length);
    if (status > 0) return Promise.resolve(new Response(null, { status }));
    return new Promise<Response>((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
    });
  };
  const webhookSender = startWebhookSender({ ...testBank, fetch });
  const hookId = (body['webhook'] as { id: string }).id;
  return { testBank, access, posted, webhookSender, register, hookId };
}

test('a purchase is posted with its merchant, and again with more metadata when it settles', async () => {
  const { testBank, posted, webhookSender } = await open();
  const id = testBank.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  testBank.bank.settle(id);
  await webhookSender.idle();
  const [first, second] = posted;
  assert.ok(first && second);
  assert.equal(posted.length, 2);
  assert.deepEqual([first.type, second.type], ['transaction.created', 'transaction.created']);
  assert.deepEqual([first.data.id, second.data.id], [id, id]);
  assert.equal(first.data.settled, '');
  assert.notEqual(second.data.settled, '');
  assert.equal(first.data.metadata['hold_decision_id'], undefined);
  assert.ok(second.data.metadata['hold_decision_id']);
});

test('later deliveries follow their switches', async () => {
  for (const [switches, expected] of [
    [{ laterDeliveries: 'none' }, ['transaction.created']],
    [
      { laterDeliveries: 'every_change' },
      ['transaction.created', 'transaction.created', 'transaction.created'],
    ],
    [{ laterType: 'transaction.updated' }, ['transaction.created', 'transaction.updated']],
  ] as const) {
    const { testBank, posted, webhookSender } = await open(() => 200, switches);
    const id = testBank.bank.purchase(alex.current, { amount: 350 });
    testBank.bank.settle(id);
    testBank.bank.annotate(id, 'x');
    await webhookSender.idle();
    assert.deepEqual(
      posted.map((body) => body.type),
      expected,
    );
  }
});

test('five attempts with doubling pauses, then never again', async () => {
  const { testBank, webhookSender } = await open(() => 500);
  const start = testBank.clock.now();
  testBank.bank.purchase(alex.current, { amount: 350 });
  await testBank.clock.advance(10 * minutes);
  await webhookSender.idle();
  assert.deepEqual(
    webhookSender.attempts.map((attempt) => attempt.at - start),
    [0, 1_000, 3_000, 7_000, 15_000],
  );
});

test('no answer within ten seconds is a failure; a good answer ends the attempts', async () => {
  const { testBank, webhookSender } = await open((delivery) => (delivery === 1 ? 0 : 200));
  testBank.bank.purchase(alex.current, { amount: 350 });
  await testBank.clock.advance(minutes);
  await webhookSender.idle();
  assert.deepEqual(
    webhookSender.attempts.map(({ status }) => status),
    [0, 200],
  );
});

test('a switch decides whether 204 is success', async () => {
  for (const [webhookFailure, attempts] of [
    ['not_2xx', 1],
    ['not_200', 5],
  ] as const) {
    const { testBank, webhookSender } = await open(() => 204, { webhookFailure });
    testBank.bank.purchase(alex.current, { amount: 350 });
    await testBank.clock.advance(minutes);
    await webhookSender.idle();
    assert.equal(webhookSender.attempts.length, attempts);
  }
});

test('the same URL registered twice is called twice, and not for other accounts', async () => {
  const { testBank, posted, webhookSender, register } = await open();
  await register();
  testBank.bank.purchase(alex.current, { amount: 350 });
  testBank.bank.purchase(sam.current, { amount: 350 });
  await webhookSender.idle();
  assert.equal(posted.length, 2);
});

test('a webhook is listed only to its own client, and not called once deleted', async () => {
  const { testBank, access, posted, webhookSender, hookId } = await open();
  const hooks = async (token: string) =>
    (await testBank.ask(token, `GET /webhooks?account_id=${alex.current}`)).body['webhooks'];
  assert.equal(((await hooks(access)) as unknown[]).length, 1);
  const other = await signIn(testBank.bank, testBank.fetch, { person: sam });
  assert.equal((await testBank.ask(other.access, `DELETE /webhooks/${hookId}`)).status, 404);
  assert.deepEqual((await testBank.ask(access, `DELETE /webhooks/${hookId}`)).body, {});
  testBank.bank.purchase(alex.current, { amount: 350 });
  await webhookSender.idle();
  assert.equal(posted.length, 0);
});

test('eviction keeps or drops webhooks by its switch', async () => {
  for (const [webhooksAfterEviction, heard] of [
    ['kept', 1],
    ['dropped', 0],
  ] as const) {
    const { testBank, posted, webhookSender } = await open(() => 200, { webhooksAfterEviction });
    testBank.bank.evict(alex.clientId, alex.userId);
    testBank.bank.purchase(alex.current, { amount: 350 });
    await webhookSender.idle();
    assert.equal(posted.length, heard);
  }
});

test('switches decide which URLs and account types accept a webhook', async () => {
  const { testBank, access } = await open();
  const register = (accountId: string, url: string) =>
    testBank.ask(access, 'POST /webhooks', { account_id: accountId, url }).then((answer) => answer.status);
  assert.equal(await register(alex.flex, 'http://192.168.0.2:8098/hooks/x'), 200);
  testBank.bank.turn({ webhookUrl: 'https_443', webhooksOnFlex: 'refused' });
  assert.equal(await register(alex.current, 'http://192.168.0.2:8098/hooks/x'), 400);
  assert.equal(await register(alex.current, 'https://home.example/hooks/x'), 200);
  assert.equal(await register(alex.flex, 'https://home.example/hooks/x'), 400);
});

test('deliveries can be dropped, duplicated, late, out of order, or changed', async () => {
  const play = async (fault: HookFault) => {
    const { testBank, posted, webhookSender } = await open();
    testBank.faults.add(fault);
    const ids = [1, 2].map((amount) => testBank.bank.purchase(alex.current, { amount }));
    const start = testBank.clock.now();
    await testBank.clock.advance(minutes);
    await webhookSender.idle();
    const order = posted.map(({ data }) => ids.indexOf(data.id) + 1);
    const late = Math.max(...webhookSender.attempts.map(({ at }) => at - start));
    return { order, late, held: posted.map(({ data }) => 'hold_decision_id' in data.metadata) };
  };
  assert.deepEqual((await play({ kind: 'hook_dropped', times: 1 })).order, [2]);
  assert.deepEqual(
    (await play({ kind: 'hook_duplicated', times: 1 })).order.toSorted((one, other) => one - other),
    [1, 1, 2],
  );
  assert.deepEqual((await play({ kind: 'hook_reordered', times: 1 })).order, [2, 1]);
  const delayed = await play({ kind: 'hook_delayed', ms: 30_000, times: 1 });
  assert.deepEqual([delayed.order, delayed.late], [[2, 1], 30_000]);
  assert.deepEqual((await play({ kind: 'hook_changed_body', times: 1 })).held, [true, false]);
});

test('a switch decides in which form an address is shown; it is called as it was given', async () => {
  const given = 'https://bänk.example/Hooks/abc?a=1&b=2';
  for (const [webhookEcho, shown] of [
    ['as_given', given],
    ['lower_case', given.toLowerCase()],
    ['trailing_slash', 'https://xn--bnk-qla.example/Hooks/abc/?a=1&b=2'],
    ['percent_encoded', 'https://xn--bnk-qla.example/H%6foks/abc?a=1&b=2'],
    ['port_written', 'https://bänk.example:443/Hooks/abc?a=1&b=2'],
    ['query_reordered', 'https://xn--bnk-qla.example/Hooks/abc?b=2&a=1'],
    ['punycode', 'https://xn--bnk-qla.example/Hooks/abc?a=1&b=2'],
  ] as const) {
    const { testBank, access } = await open(() => 200, { webhookEcho });
    const form = { account_id: alex.current, url: given };
    const { body } = await testBank.ask(access, 'POST /webhooks', form);
    assert.equal((body['webhook'] as { url: string }).url, shown);
    assert.ok([...testBank.bank.model.webhooks.values()].some(({ url }) => url === given));
  }
});

test('switches decide when a webhook is listed, and how many there may be', async () => {
  const { testBank, access, register, hookId } = await open(() => 200, { webhookList: 'later' });
  const listed = async () => {
    const { body } = await testBank.ask(access, `GET /webhooks?account_id=${alex.current}`);
    return (body['webhooks'] as { id: string }[]).map(({ id }) => id);
  };
  assert.deepEqual(await listed(), []);
  await testBank.clock.advance(10 * minutes);
  assert.deepEqual(await listed(), [hookId]);
  await testBank.ask(access, `DELETE /webhooks/${hookId}`);
  assert.deepEqual(await listed(), [hookId]);
  await testBank.clock.advance(10 * minutes);
  assert.deepEqual(await listed(), []);
  const again = (await register()).body['webhook'] as { id: string };
  testBank.bank.turn({ webhookList: 'at_once', webhookCap: '2_then_refused' });
  assert.equal((await register()).status, 200);
  assert.equal((await register()).status, 400);
  testBank.bank.turn({ webhookCap: '2_then_oldest_dropped' });
  assert.equal((await register()).status, 200);
  assert.equal((await listed()).length, 2);
  assert.equal((await listed()).includes(again.id), false);
});

test('a webhook may be removed once a call has failed for good, and be called for cards alone', async () => {
  const { testBank, posted, webhookSender } = await open(() => 500, { webhookRows: 'cards_only' });
  testBank.bank.turn({ webhooksDropped: 'after_failures' });
  testBank.bank.incomingPayment(alex.current, { amount: 100, name: 'A Friend' });
  await webhookSender.idle();
  assert.equal(posted.length, 0);
  testBank.bank.purchase(alex.current, { amount: 350 });
  await testBank.clock.advance(minutes);
  await webhookSender.idle();
  assert.deepEqual([posted.length, testBank.bank.model.webhooks.size], [5, 0]);
});
