import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { moveAnswerSchema } from '../../src/contract/money-data.ts';
import {
  auditOf,
  holiday,
  isList,
  isMove,
  move,
  movesAt,
  onceSent,
  worldWithAlex,
} from '../support/money.ts';
import { answered, post } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

type Body = Readonly<Record<string, unknown>>;
interface List {
  readonly items: readonly Body[];
  readonly next: string | null;
}

const path = '/api/commands/pot_transfer';
const raw = (body: string, type = 'application/json'): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
});
const put = (body: unknown): RequestInit => ({ ...post(body), method: 'PUT' });

async function json<T = Body>(world: World, where: string, init?: RequestInit): Promise<T> {
  return (await (await world.api(where, init)).json()) as T;
}

describe('every refusal of a move says that no money moved', () => {
  const broken: readonly (readonly [what: string, init: RequestInit, status: number, code: string])[] = [
    ['no JSON', raw('{"pot":'), 400, 'bad_request'],
    ['another type of body', raw('pot=x', 'text/plain'), 415, 'unsupported_media_type'],
    ['a body too long', raw(`"${'x'.repeat(70_000)}"`), 413, 'too_large'],
    ['no body', { method: 'POST' }, 400, 'bad_request'],
    ['null', raw('null'), 400, 'bad_request'],
    ['a list', raw('[]'), 400, 'bad_request'],
    ['a number', raw('7'), 400, 'bad_request'],
    ['an unknown argument', raw('{"pto":"x"}'), 400, 'bad_request'],
    ['no amount', raw(`{"pot":"${holiday}","transfer_type":"deposit"}`), 400, 'bad_request'],
    [
      'an amount that is too fine',
      raw(`{"pot":"${holiday}","transfer_type":"deposit","amount":0.001}`),
      400,
      'bad_amount',
    ],
    [
      'an amount as an object',
      raw(`{"pot":"${holiday}","transfer_type":"deposit","amount":{}}`),
      400,
      'bad_amount',
    ],
    [
      'no amount but null',
      raw(`{"pot":"${holiday}","transfer_type":"deposit","amount":null}`),
      400,
      'bad_amount',
    ],
  ];
  test('over HTTP', async () => {
    await using world = await worldWithAlex();
    for (const [what, init, status, code] of broken) {
      const response = await world.api(path, init);
      assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/, what);
      const body = (await response.json()) as Body;
      assert.deepEqual(
        [response.status, body['status'], body['code'], body['money_moved'], body['transfer_id']],
        [status, status, code, 'no', null],
        what,
      );
      assert.match(String(body['detail']), /^\S.{10,}\.$/s, what);
    }
    const stranger = await fetch(`${world.app().uiUrl}${path}`, raw('{}'));
    assert.deepEqual([stranger.status, ((await stranger.json()) as Body)['money_moved']], [401, 'no']);
    assert.ok(!('money_moved' in (await json(world, '/api/commands/refresh', raw('{"x":1}')))));
    assert.deepEqual(movesAt(world), []);
  });
});

test('amounts given as text and as JSON numbers reach the bank to the penny', async () => {
  await using world = await worldWithAlex();
  await world.api('/api/rails', put({ per_move: { '*': '10000' }, per_day: { '*': '1000000' } }));
  for (const text of ['0.01', '0.29', '4.35', '1.005e1', '19.99', '100', '99.90', '0.57', '8.10']) {
    const isPlain = /^[\d.]+$/.test(text);
    const pence = Math.round(Number(text) * 100);
    for (const amount of isPlain ? [text, `"${text}"`] : [text]) {
      const before = world.bank.pot(holiday).balance;
      const body = `{"pot":"${holiday}","transfer_type":"deposit","amount":${amount},"request_id":${JSON.stringify(`r${amount}`)}}`;
      const answer = await answered(world, world.api(path, raw(body)));
      assert.equal(answer.status, 200, amount);
      assert.equal(world.bank.pot(holiday).balance - before, pence, amount);
    }
  }
});

test('moves, repeated moves and dry runs answer in the shape of the contract', async () => {
  await using world = await worldWithAlex();
  for (const body of [
    { amount: '1', request_id: 'one' },
    { amount: '1', request_id: 'one' },
    { amount: '1', dry_run: true },
  ]) {
    const { http, ...answer } = await move(world, body);
    assert.equal(http, 200);
    assert.deepEqual(moveAnswerSchema.strict().parse(answer), answer);
  }
});

test('limits are set for accounts and pots that there are, and stay when these are gone', async () => {
  await using world = await worldWithAlex();
  const ids = { accounts: { [alex.current]: { floor: { GBP: '200' } } }, pots: [holiday] };
  const named = { accounts: { 'current account': ids.accounts[alex.current] }, pots: ['Holiday'] };
  const { accounts, pots } = await json<typeof ids>(world, '/api/rails', put(named));
  assert.deepEqual({ accounts, pots }, ids);
  for (const [wrong, code, choice] of [
    [{ accounts: { ...ids.accounts, acc_nobody: {} } }, 'unknown_account', alex.current],
    [{ pots: [holiday, 'pot_nobody'] }, 'unknown_pot', holiday],
    [{ pots: ['Savings'] }, 'ambiguous_pot', alex.pots.secondSavings],
    [{ accounts: { ...ids.accounts, ...named.accounts } }, 'bad_request', 'each account once'],
  ] as const) {
    const answer = await json(world, '/api/rails', put(wrong));
    assert.equal(answer['code'], code);
    assert.ok(String(answer['detail']).includes(choice));
  }
  const [login] = world.app().view().logins;
  await world.api(`/api/logins/${login?.id}`, { method: 'DELETE' });
  assert.equal((await json(world, '/api/rails', put({ pots: [alex.pots.savings] })))['code'], 'unknown_pot');
  const kept = { ...ids, dry_run: true };
  const after = await json<typeof kept>(world, '/api/rails', put(kept));
  assert.deepEqual({ accounts: after.accounts, pots: after.pots, dry_run: after.dry_run }, kept);
});

test('the limits are shown as they are set, and setting some keeps the others', async () => {
  await using world = await worldWithAlex();
  const initial = {
    per_move: { '*': '100' },
    per_day: { '*': '300' },
    floor: { '*': '0' },
    accounts: {},
    pots: null,
    cooldown_seconds: 60,
    dry_run: false,
  };
  assert.deepEqual(await json(world, '/api/rails'), initial);
  const change = {
    per_move: { GBP: '50.50', '*': '10' },
    accounts: { [alex.current]: { floor: { GBP: '200' } } },
    pots: [holiday],
  };
  assert.deepEqual(await json(world, '/api/rails', put(change)), { ...initial, ...change });
  for (const wrong of [
    { per_move: { GBP: 50 } },
    { per_move: { GBP: '-1' } },
    { per_move: { gbp: '1' } },
    { per_move: { GBP: '1,50' } },
    { cooldown_seconds: -1 },
    { accounts: { a: { pots: null } } },
    { paused: true },
    { dry_run: 'yes' },
    [],
  ]) {
    const response = await world.api('/api/rails', put(wrong));
    assert.deepEqual(
      [response.status, ((await response.json()) as Body)['code']],
      [400, 'bad_request'],
      JSON.stringify(wrong),
    );
  }
  await world.restart();
  assert.deepEqual(await json(world, '/api/rails'), { ...initial, ...change });
  const { items } = await json<List>(world, '/api/audit');
  assert.deepEqual(
    [items[0]?.['action'], items[0]?.['door'], items[0]?.['asked']],
    ['set_rails', 'http', change],
  );
});

test('the pause is shown, with its reason where the bridge paused by itself', async () => {
  await using world = await createWorld();
  assert.deepEqual(await json(world, '/api/pause'), { paused: false, why: null });
  await world.api('/api/commands/pause', post({}));
  assert.deepEqual(await json(world, '/api/pause'), { paused: true, why: null });
});

test('transfers are listed page by page, shown with their evidence, and decided by a person', async () => {
  await using world = await worldWithAlex();
  for (const amount of ['1', '2', '3']) await move(world, { amount, request_id: amount });
  const first = await json<List>(world, '/api/transfers?limit=2');
  assert.deepEqual(
    first.items.map((item) => item['amount']),
    [3, 2],
  );
  const second = await json<List>(world, `/api/transfers?limit=2&cursor=${first.next}`);
  assert.deepEqual([second.items.map((item) => item['amount_minor']), second.next], [[100], null]);
  const id = String(first.items[0]?.['id']);
  const shown = await json<Body & { readonly evidence: readonly Body[] }>(world, `/api/transfers/${id}`);
  assert.deepEqual(
    [
      shown['state'],
      shown['money_moved'],
      shown['pot'],
      shown['transfer_type'],
      shown['request_id'],
      shown['sends'],
    ],
    ['moved', 'yes', holiday, 'deposit', '3', 1],
  );
  assert.ok(shown.evidence.some((row) => row['decision'] === 'moved'));
  assert.deepEqual((await json<List>(world, '/api/transfers?state=unresolved')).items, []);

  const decide = (transfer: string, body: unknown) =>
    world.api(`/api/transfers/${transfer}/decision`, post(body));
  const codes: unknown[] = [];
  for (const [transfer, body] of [
    ['transfer_0', { money_moved: 'yes' }],
    [id, { money_moved: 'no' }],
    [id, { money_moved: 'unknown' }],
    [id, {}],
  ] as const) {
    const response = await decide(transfer, body);
    codes.push([response.status, ((await response.json()) as Body)['code']]);
  }
  assert.deepEqual(codes, [
    [404, 'unknown_transfer'],
    [409, 'not_unresolved'],
    [400, 'bad_request'],
    [400, 'bad_request'],
  ]);
  assert.equal((await world.api('/api/transfers/transfer_0')).status, 404);
});

test('a person records an outcome that the bridge cannot find out', async () => {
  await using world = await worldWithAlex();
  const lost = { kind: 'timeout_before', match: isMove } as const;
  world.faults.add(lost);
  world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  const { transfer_id: id } = await move(world, { request_id: 'r' });
  const state = async () => (await json(world, `/api/transfers/${String(id)}`))['state'];
  await world.clock.advance(3_600_000);
  assert.equal(await state(), 'unresolved');
  const listed = await json<List>(world, '/api/transfers?state=unresolved');
  assert.deepEqual(
    listed.items.map((item) => [item['id'], item['money_moved']]),
    [[id, 'unknown']],
  );
  const decided = await json(world, `/api/transfers/${String(id)}/decision`, post({ money_moved: 'no' }));
  assert.deepEqual([decided['state'], decided['money_moved']], ['not_moved', 'no']);
  const row = auditOf(world).find(({ action }) => action === 'decide_transfer');
  assert.deepEqual([row?.door, row?.transferId], ['http', id]);
});

test('a request that was refused before its pot was known is in the audit as it was sent', async () => {
  await using world = await worldWithAlex();
  await move(world, { pot: 'Nowhere', amount: '1,50', request_id: 'first' });
  await move(world, { amount: { pounds: 'x'.repeat(5_000) } });
  const [amount, pot] = (await json<List>(world, '/api/audit')).items;
  assert.deepEqual([pot?.['decision'], pot?.['code'], pot?.['door']], ['refused', 'unknown_pot', 'http']);
  const asked = pot?.['asked'] as Body;
  assert.deepEqual([asked['pot'], asked['amount'], asked['request_id']], ['Nowhere', '"1,50"', 'first']);
  assert.deepEqual([amount?.['decision'], amount?.['code']], ['refused', 'bad_amount']);
  assert.ok(JSON.stringify(amount).length < 1_000);
});

test('the audit is listed page by page and exported whole, with formulas defused', async () => {
  await using world = await worldWithAlex();
  await move(world, { request_id: '=HYPERLINK("http://evil")' });
  for (let place = 0; place < 12; place += 1)
    await world.api(`/api/commands/${place % 2 === 0 ? 'pause' : 'resume'}`, post({}));
  const all = await json<List>(world, '/api/audit?limit=500');
  const seqs: unknown[] = [];
  for (let cursor = ''; ;) {
    const page = await json<List>(world, `/api/audit?limit=5${cursor}`);
    seqs.push(...page.items.map(({ seq }) => seq));
    if (page.next === null) break;
    cursor = `&cursor=${page.next}`;
  }
  assert.deepEqual(
    seqs,
    all.items.map(({ seq }) => seq),
  );
  const [transfer] = (await json<List>(world, '/api/transfers')).items;
  const own = await json<List>(world, `/api/audit?transfer=${String(transfer?.['id'])}`);
  assert.ok(own.items.length > 0 && own.items.length < all.items.length);

  const file = await world.api('/api/audit/export?format=json');
  assert.deepEqual(await file.json(), all.items);
  assert.match(
    file.headers.get('content-disposition') ?? '',
    /^attachment; filename="monzo-audit-2026-11-02\.json"$/,
  );
  const csv = await world.api('/api/audit/export?format=csv');
  assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
  const text = await csv.text();
  assert.match(
    text,
    /^\uFEFF?seq,at,door,user,action,decision,code,sentence,transfer_id,transaction_id,asked,count,last_at\r\n/,
  );
  assert.equal(text.trimEnd().split('\r\n').length, all.items.length + 1);
  assert.equal((await world.api('/api/audit/export?format=pdf')).status, 400);
  assert.equal((await world.api('/api/audit?cursor=x')).status, 400);
});

test('the audit says which door was used', async () => {
  await using world = await worldWithAlex();
  const link = new URL(world.app().signInLink());
  const page = { 'content-type': 'application/json', origin: link.origin, 'sec-fetch-site': 'same-origin' };
  const code = link.hash.slice('#code='.length);
  const signedIn = await fetch(`${link.origin}/api/session`, {
    method: 'POST',
    headers: page,
    body: JSON.stringify({ code }),
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  await fetch(`${link.origin}/api/commands/pause`, {
    method: 'POST',
    headers: { ...page, cookie },
    body: '{}',
  });
  await world.api('/api/commands/resume', post({}));
  await world.api('/api/commands/pause', post({}));
  await world.api('/api/commands/resume', post({}));
  const forged = post({});
  await world.api('/api/commands/pause', {
    ...forged,
    headers: { ...(forged.headers as Record<string, string>), 'x-monzo-bridge-door': 'cli' },
  });
  const doors = auditOf(world)
    .filter(({ action }) => action === 'pause')
    .map(({ door }) => door);
  assert.deepEqual(doors, ['cli', 'http', 'page']);
});
