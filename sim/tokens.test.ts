import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestBank, type TestBank } from './test-bank.ts';
import { alex, joint, sam, signIn } from './household.ts';
import { days, hours, minutes, wireTime } from './wire-time.ts';

const refresh = (testBank: TestBank, token: string, access: string | null = null) =>
  testBank.ask(access, 'POST /oauth2/token', {
    grant_type: 'refresh_token',
    client_id: alex.clientId,
    client_secret: alex.clientSecret,
    refresh_token: token,
  });

const accounts = (testBank: TestBank, access: string) => testBank.ask(access, 'GET /accounts');

test('a token works only after approval in the app, and then the same token does', async () => {
  const testBank = openTestBank();
  const { access, expiresIn } = await signIn(testBank.bank, testBank.fetch, { approve: false });
  assert.equal(expiresIn, 107_999);
  const before = await accounts(testBank, access);
  assert.equal(before.status, 403);
  assert.equal(before.body['code'], 'forbidden.insufficient_permissions');
  testBank.bank.approve(alex.userId);
  assert.equal((await accounts(testBank, access)).status, 200);
});

test('whoami before approval follows its switch', async () => {
  for (const position of ['403', '200'] as const) {
    const testBank = openTestBank({ switches: { whoamiBeforeApproval: position } });
    const { access } = await signIn(testBank.bank, testBank.fetch, { approve: false });
    assert.equal((await testBank.ask(access, 'GET /ping/whoami')).status, Number(position));
  }
});

test('a code works once, with its own redirect URL, for ten minutes', async () => {
  const testBank = openTestBank();
  const redirectUri = testBank.bank.client(alex.clientId).redirectUrls[0] ?? '';
  const code = () =>
    new URL(
      testBank.bank.authorize({ clientId: alex.clientId, redirectUri, state: 'x', userId: alex.userId }),
    ).searchParams.get('code') ?? '';
  const exchange = (text: string, redirect = redirectUri, secret: string = alex.clientSecret) =>
    testBank.ask(null, 'POST /oauth2/token', {
      grant_type: 'authorization_code',
      client_id: alex.clientId,
      client_secret: secret,
      redirect_uri: redirect,
      code: text,
    });
  const first = code();
  assert.equal(
    (await exchange(first, 'https://elsewhere.example')).body['code'],
    'bad_request.bad_param.redirect_uri',
  );
  assert.equal(
    (await exchange(first, redirectUri, 'wrong')).body['code'],
    'bad_request.could_not_authenticate',
  );
  const good = await exchange(first);
  assert.equal(good.body['user_id'], alex.userId);
  assert.equal(good.body['scope'], 'third_party_developer_app.pre_verification');
  assert.equal((await exchange(first)).body['code'], 'bad_request.authorization_code.invalid');
  const stale = code();
  await testBank.clock.advance(10 * minutes);
  assert.equal((await exchange(stale)).status, 400);
});

test('form fields in the query of the token endpoint are ignored', async () => {
  const testBank = openTestBank();
  const query = new URLSearchParams({ grant_type: 'refresh_token', client_id: alex.clientId });
  const answer = await testBank.ask(null, `POST /oauth2/token?${query.toString()}`);
  assert.equal(answer.body['code'], 'bad_request.missing_param.grant_type');
});

test('refreshing gives a new pair and ends the old one, and a refresh token works once', async () => {
  const testBank = openTestBank();
  const old = await signIn(testBank.bank, testBank.fetch);
  const answer = await refresh(testBank, old.refresh);
  assert.equal(answer.status, 200);
  assert.notEqual(answer.body['refresh_token'], old.refresh);
  assert.equal((await accounts(testBank, old.access)).status, 401);
  assert.equal((await accounts(testBank, String(answer.body['access_token']))).status, 200);
  const again = await refresh(testBank, old.refresh);
  assert.deepEqual([again.status, again.body['code']], [401, 'unauthorized.bad_refresh_token']);
});

test('using a replaced refresh token ends the current pair only if the switch says so', async () => {
  for (const [refreshReuse, status] of [
    ['fails_request', 200],
    ['kills_family', 401],
  ] as const) {
    const testBank = openTestBank({ switches: { refreshReuse } });
    const old = await signIn(testBank.bank, testBank.fetch);
    const fresh = await refresh(testBank, old.refresh);
    await refresh(testBank, old.refresh);
    assert.equal((await accounts(testBank, String(fresh.body['access_token']))).status, status);
  }
});

test('an expired bearer token fails a valid refresh', async () => {
  const testBank = openTestBank();
  const pair = await signIn(testBank.bank, testBank.fetch);
  await testBank.clock.advance(31 * hours);
  const bearer = await refresh(testBank, pair.refresh, pair.access);
  assert.equal(bearer.body['code'], 'unauthorized.bad_access_token.expired');
  assert.equal((await refresh(testBank, pair.refresh)).status, 200);
});

test('a newer login through the same client evicts the older one; another client does not', async () => {
  const testBank = openTestBank();
  const older = await signIn(testBank.bank, testBank.fetch);
  await signIn(testBank.bank, testBank.fetch, { person: sam });
  assert.equal((await accounts(testBank, older.access)).status, 200);
  await signIn(testBank.bank, testBank.fetch);
  const dead = await accounts(testBank, older.access);
  assert.deepEqual([dead.status, dead.body['code']], [401, 'unauthorized.bad_access_token.evicted']);
  assert.equal(
    (await refresh(testBank, older.refresh)).body['code'],
    'unauthorized.bad_refresh_token.evicted',
  );
});

test('an expired token is answered with 401 or 400', async () => {
  for (const [deadToken, expected] of [
    ['unauthorized_401', [401, 'unauthorized.bad_access_token.expired']],
    ['bad_request_400', [400, 'bad_request.invalid_token']],
  ] as const) {
    const testBank = openTestBank({ switches: { deadToken, tokenLifetime: 21_600 } });
    const { access } = await signIn(testBank.bank, testBank.fetch);
    await testBank.clock.advance(6 * hours - 1);
    assert.equal((await accounts(testBank, access)).status, 200);
    await testBank.clock.advance(1);
    const dead = await accounts(testBank, access);
    assert.deepEqual([dead.status, dead.body['code']], expected);
  }
});

test('logging out ends both tokens', async () => {
  const testBank = openTestBank();
  const pair = await signIn(testBank.bank, testBank.fetch);
  assert.equal((await testBank.ask(pair.access, 'POST /oauth2/logout')).status, 200);
  assert.equal((await accounts(testBank, pair.access)).status, 401);
  assert.equal((await refresh(testBank, pair.refresh)).status, 401);
});

test('a client that is not confidential gets no refresh token', async () => {
  const testBank = openTestBank();
  testBank.bank.addClient({ ...testBank.bank.client(alex.clientId), confidential: false });
  const pair = await signIn(testBank.bank, testBank.fetch);
  assert.equal(pair.refresh, undefined);
});

test('approval lapses after 90 days, and can be given again without a login', async () => {
  const testBank = openTestBank();
  let { access, refresh: token } = await signIn(testBank.bank, testBank.fetch);
  const rotate = async () => {
    const { body } = await refresh(testBank, token);
    [access, token] = [String(body['access_token']), String(body['refresh_token'])];
  };
  await testBank.clock.advance(90 * days - 1);
  await rotate();
  assert.equal((await accounts(testBank, access)).status, 200);
  await testBank.clock.advance(1);
  assert.equal((await accounts(testBank, access)).status, 403);
  await rotate();
  assert.equal((await accounts(testBank, access)).status, 403);
  testBank.bank.approve(alex.userId);
  assert.equal((await accounts(testBank, access)).status, 200);
});

test('full history is open for five minutes after approval; 89 days always, 90 never after', async () => {
  const testBank = openTestBank();
  const { access } = await signIn(testBank.bank, testBank.fetch);
  const since = (back: number) => {
    const instant = encodeURIComponent(wireTime(testBank.clock.now() - back));
    return testBank.ask(access, `GET /transactions?account_id=${joint.account}&since=${instant}`);
  };
  assert.equal((await since(300 * days)).status, 200);
  await testBank.clock.advance(5 * minutes);
  const refused = await since(90 * days);
  assert.deepEqual([refused.status, refused.body['code']], [403, 'forbidden.verification_required']);
  assert.equal((await since(89 * days)).status, 200);
  testBank.bank.lapseApproval(alex.userId);
  testBank.bank.approve(alex.userId);
  assert.equal((await since(90 * days)).status, 403);
});

test('every secret and token that ever existed is listed', async () => {
  const testBank = openTestBank();
  const first = await signIn(testBank.bank, testBank.fetch);
  const { body } = await refresh(testBank, first.refresh);
  const secrets = new Set(testBank.bank.secrets());
  for (const text of [
    alex.clientSecret,
    sam.clientSecret,
    first.access,
    first.refresh,
    String(body['access_token']),
    String(body['refresh_token']),
  ]) {
    assert.ok(secrets.has(text));
  }
});
