import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestBank, type TestBank } from './test-bank.ts';
import type { CallFault } from './faults.ts';
import { alex, signIn } from './household.ts';
import { serveBank } from './server.ts';

const balancePath = `GET /balance?account_id=${alex.current}`;

async function open() {
  const testBank = openTestBank();
  const { access } = await signIn(testBank.bank, testBank.fetch);
  return { testBank, access };
}

function deposit(testBank: TestBank, access: string, signal?: AbortSignal) {
  return testBank.fetch(`https://api.monzo.com/pots/${alex.pots.holiday}/deposit`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${access}` },
    body: new URLSearchParams({ source_account_id: alex.current, amount: '100', dedupe_id: 'k' }),
    ...(signal ? { signal } : {}),
  });
}

test('answers have the bank’s clock and a trace id, and every call is logged', async () => {
  const { testBank, access } = await open();
  const answer = await testBank.ask(access, balancePath);
  assert.equal(answer.headers.get('date'), 'Mon, 23 Nov 2026 09:00:00 GMT');
  assert.match(answer.headers.get('trace-id') ?? '', /^[0-9a-f-]{36}$/);
  const call = testBank.bank.calls.at(-1);
  assert.deepEqual(
    [call?.method, call?.path, call?.status, call?.clientId, call?.userId],
    ['GET', '/balance', 200, alex.clientId, alex.userId],
  );
  testBank.faults.add({ kind: 'clock_skew', ms: 90_000 });
  const skewed = await testBank.ask(access, balancePath);
  assert.equal(skewed.headers.get('date'), 'Mon, 23 Nov 2026 09:01:30 GMT');
});

test('timeouts and resets happen before or after the money moves', async () => {
  for (const [kind, moved] of [
    ['timeout_before', 0],
    ['timeout_after', 100],
    ['reset_before', 0],
    ['reset_after', 100],
  ] as const) {
    const { testBank, access } = await open();
    const pot = testBank.bank.pot(alex.pots.holiday);
    const before = pot.balance;
    testBank.faults.add({ kind, times: 1 });
    const patience = new AbortController();
    const answer = deposit(testBank, access, patience.signal);
    setImmediate(() => setImmediate(() => patience.abort(new Error('out of patience'))));
    await assert.rejects(answer, kind.startsWith('reset') ? /ECONNRESET/ : /out of patience/);
    assert.equal(pot.balance, before + moved, kind);
    assert.deepEqual([testBank.bank.calls.at(-1)?.status, testBank.bank.calls.at(-1)?.fault], [0, kind]);
    assert.equal((await deposit(testBank, access)).status, 200);
    assert.equal(pot.balance, before + 100);
  }
});

test('errors, HTML pages, truncated JSON and rows of another shape', async () => {
  const { testBank, access } = await open();
  const once = async (fault: CallFault) => {
    const remove = testBank.faults.add(fault);
    const response = await testBank.fetch('https://api.monzo.com/accounts', {
      headers: { authorization: `Bearer ${access}` },
    });
    remove();
    return { response, text: await response.text() };
  };
  const limited = await once({ kind: 'status', status: 429, retryAfter: 30 });
  assert.deepEqual([limited.response.status, limited.response.headers.get('retry-after')], [429, '30']);
  assert.match(limited.text, /"code":"rate_limited"/);
  assert.match(limited.text, /"retryable":\{"value":true\}/);
  assert.match((await once({ kind: 'status', status: 403 })).text, /"retryable":\{\}/);
  const page = await once({ kind: 'html', status: 200 });
  assert.deepEqual([page.response.status, page.response.headers.get('content-type')], [200, 'text/html']);
  const half = await once({ kind: 'truncated' });
  assert.throws(() => JSON.parse(half.text), SyntaxError);
  const odd = JSON.parse((await once({ kind: 'wrong_shape' })).text) as {
    accounts: Record<string, unknown>[];
  };
  assert.deepEqual([odd.accounts[0]?.['type'], odd.accounts[1]?.['type']], [42, 'uk_retail']);
});

test('faults stack, apply only to matching calls, and are used up', async () => {
  const { testBank, access } = await open();
  const start = testBank.clock.now();
  testBank.faults.add({ kind: 'slow', ms: 5_000, times: 1 });
  testBank.faults.add({ kind: 'status', status: 503, match: (call) => call.path === '/balance' });
  const slow = testBank.ask(access, balancePath);
  await testBank.clock.advance(5_000);
  assert.equal((await slow).status, 503);
  assert.equal(testBank.clock.now(), start + 5_000);
  assert.equal(testBank.bank.calls.at(-1)?.fault, 'slow+status');
  assert.equal((await testBank.ask(access, balancePath)).status, 503);
  assert.equal((await testBank.ask(access, 'GET /accounts')).status, 200);
  assert.deepEqual(testBank.faults.kinds(), ['status']);
  testBank.faults.clear();
  assert.equal((await testBank.ask(access, balancePath)).status, 200);
});

test('an aborted request is rejected with its own reason', async () => {
  const { testBank } = await open();
  const reason = new Error('never mind');
  await assert.rejects(
    testBank.fetch('https://api.monzo.com/accounts', { signal: AbortSignal.abort(reason) }),
    reason,
  );
});

test('over a real socket: log-in by button, approval by phone, a purchase by the control API', async () => {
  const { testBank } = await open();
  const served = await serveBank(testBank);
  const redirectUri = 'http://127.0.0.1:8098/oauth/callback';
  const login = (uri: string) => {
    const query = new URLSearchParams({
      client_id: alex.clientId,
      redirect_uri: uri,
      response_type: 'code',
      state: 'a&b',
    });
    return `${served.authUrl}/?${query.toString()}`;
  };
  const press = (button: Record<string, string>) =>
    fetch(login(redirectUri), { method: 'POST', body: new URLSearchParams(button), redirect: 'manual' });
  const landing = (response: Response) => new URL(response.headers.get('location') ?? '').searchParams;
  const control = async (verb: string, body: object) => {
    const response = await fetch(`${served.controlUrl}/${verb}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  try {
    assert.match(await (await fetch(login('https://elsewhere.example'))).text(), /magic link/);
    assert.match(await (await fetch(login(redirectUri))).text(), /Log in as Alex Green/);
    assert.equal(landing(await press({ deny: '1' })).get('error'), 'access_denied');
    const landed = landing(await press({ user: alex.userId }));
    assert.equal(landed.get('state'), 'a&b');
    const tokens = await fetch(`${served.apiUrl}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: alex.clientId,
        client_secret: alex.clientSecret,
        redirect_uri: redirectUri,
        code: landed.get('code') ?? '',
      }),
    });
    const { access_token: access } = (await tokens.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access}` };
    const list = () => fetch(`${served.apiUrl}/transactions?account_id=${alex.current}`, { headers });
    assert.equal((await list()).status, 403);
    await fetch(served.phoneUrl, { method: 'POST', body: new URLSearchParams({ user: alex.userId }) });
    const { body } = await control('purchase', {
      account: alex.current,
      amount: 350,
      merchant: 'Corner Shop',
    });
    const listed = (await (await list()).json()) as { transactions: { id: string }[] };
    assert.deepEqual(
      listed.transactions.map(({ id }) => id),
      [body['id']],
    );
    await control('outage', { on: true });
    assert.equal((await list()).status, 503);
    await control('outage', { on: false });
    assert.equal((await list()).status, 200);
    await control('fault', { kind: 'reset_after', times: 1 });
    await assert.rejects(list(), /fetch failed/);
    assert.equal((await control('settle', { id: 'tx_unknown' })).status, 400);
    assert.equal((await control('nonsense', {})).status, 404);
  } finally {
    await served.close();
  }
});

test('closing the server ends calls that a fault keeps waiting', async () => {
  const { testBank, access } = await open();
  const served = await serveBank(testBank);
  testBank.faults.add({ kind: 'timeout_before' });
  const waiting = fetch(`${served.apiUrl}/accounts`, { headers: { authorization: `Bearer ${access}` } });
  const rejected = assert.rejects(waiting, /fetch failed/);
  while (testBank.bank.calls.at(-1)?.fault !== 'timeout_before')
    await new Promise((resolve) => setImmediate(resolve));
  await served.close();
  await rejected;
});

test('the control API has everything that a demo needs', async () => {
  const { testBank, access } = await open();
  const drive = async (what: string, body?: object) => {
    const [method = '', path = ''] = what.split(' ');
    const response = await testBank.fetch(`http://bank.example/sim${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    assert.equal(response.status, 200, what);
    return (await response.json()) as Record<string, unknown>;
  };
  const onAccount = { account: alex.current, amount: 100, name: 'Jo' };
  const foreign = { ...onAccount, localAmount: 120, localCurrency: 'EUR' };
  const verbs =
    'decline cash-withdrawal refund salary incoming-payment outgoing-payment direct-debit card-check';
  for (const verb of verbs.split(' '))
    assert.match(String((await drive(`POST /${verb}`, onAccount))['id']), /^tx_/);
  const abroad = (await drive('POST /foreign-purchase', foreign))['id'];
  await drive('POST /annotate', { id: abroad, notes: 'Pizza' });
  await drive('POST /recategorise', { id: abroad, category: 'holidays' });
  await drive('POST /reverse', { id: abroad });
  const pot = (await drive('POST /open-pot', { account: alex.current, name: 'New' }))['id'];
  await drive('POST /rename-pot', { pot, name: 'Newer' });
  await drive('POST /pot-move', { pot, direction: 'deposit', amount: 500 });
  await drive('POST /close-pot', { pot });
  const account = (await drive('POST /open-account', { type: 'uk_youth', owners: [alex.userId] }))['id'];
  await drive('POST /close-account', { account });
  await drive('POST /history', { account: alex.current, days: 2, perDay: 3 });
  await drive('POST /redirect', { clientId: alex.clientId, url: 'https://new.example/' });
  const login = {
    clientId: alex.clientId,
    redirectUri: 'https://new.example/',
    state: 's',
    userId: alex.userId,
  };
  assert.match(
    String((await drive('POST /authorize', login))['url']),
    /^https:\/\/new\.example\/\?code=.*&state=s$/,
  );
  await drive('POST /fault', { kind: 'status', status: 500, path: '/balance' });
  assert.equal((await testBank.ask(access, balancePath)).status, 500);
  assert.equal((await testBank.ask(access, 'GET /accounts')).status, 200);
  await drive('POST /faults-clear');
  await drive('POST /lapse', { user: alex.userId });
  assert.equal((await testBank.ask(access, balancePath)).status, 403);
  await drive('POST /approve', { user: alex.userId });
  assert.equal((await testBank.ask(access, balancePath)).status, 200);
  await drive('POST /switch', { deadToken: 'bad_request_400' });
  await drive('POST /evict', { clientId: alex.clientId, user: alex.userId });
  assert.equal((await testBank.ask(access, balancePath)).status, 400);
  const row = (await drive('GET /state'))['pots'] as { id: string; name: string; deleted: boolean }[];
  assert.deepEqual(
    row.filter(({ id }) => id === pot).map(({ name, deleted }) => [name, deleted]),
    [['Newer', true]],
  );
  assert.ok(((await drive('GET /secrets'))['secrets'] as string[]).includes(access));
  assert.ok(((await drive('GET /calls'))['calls'] as unknown[]).length > 0);
});
