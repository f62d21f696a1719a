import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { judge } from '../../src/monzo/exchange.ts';
import type { BankFault } from '../../src/monzo/bank-error.ts';
import { isJsonObject, parseBankJson } from '../../src/monzo/shape.ts';
import { createWire } from '../../src/monzo/wire.ts';
import { answersIn, checkByWire, checkRefusal, isGood } from './recorded-answers.ts';

const root = join(import.meta.dirname, '..', '..');
const recordings = process.env['MONZO_BRIDGE_RECORDINGS'] ?? join(root, '..', 'shared', 'recordings');
const isThere = existsSync(recordings);
const isRequired = process.env['MONZO_BRIDGE_REQUIRE_RECORDINGS'] === '1';
if (!isThere && !isRequired) console.log('No recordings of the real bank here; our own fixtures stand in.');
const files = isThere
  ? globSync('**/*.{json,yaml}', { cwd: recordings }).map((name) => join(recordings, name))
  : globSync('wire-*.json', { cwd: join(root, 'test', 'fixtures', 'monzo') }).map((name) =>
      join(root, 'test', 'fixtures', 'monzo', name),
    );

/** The bodies in one file, whatever its wrapping. */
function bodiesIn(file: string): readonly unknown[] {
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.yaml'))
    return answersIn(text)
      .filter(isGood)
      .map(({ content }) => parseBankJson(content));
  const parsed = parseBankJson(text);
  return [isJsonObject(parsed) && 'status_code' in parsed ? parsed['data'] : parsed];
}

test('there are recordings to read', () => {
  assert.ok(!isRequired || isThere, 'MONZO_BRIDGE_REQUIRE_RECORDINGS is set and the recordings are missing');
  assert.ok(files.length > 0);
});

for (const file of files.filter((name) => !name.includes('error-bodies')))
  test(`every row of ${basename(file)} is understood`, () => {
    for (const body of bodiesIn(file)) checkByWire(body);
  });

for (const file of files.filter((name) => name.endsWith('.yaml')))
  test(`every refusal in ${basename(file)} is understood`, () => {
    for (const answer of answersIn(readFileSync(file, 'utf8')).filter((one) => !isGood(one)))
      checkRefusal(answer);
  });

const faultsByCode: Readonly<Record<string, BankFault>> = {
  'unauthorized.bad_access_token': 'token_dead',
  not_found: 'not_found',
  'not_found.no_handler': 'not_found',
  'bad_request.missing_param.current_account_id': 'bad_request',
  'unauthorized.bad_refresh_token': 'refresh_dead',
  'bad_request.invalid_token': 'token_dead',
  'bad_request.insufficient_funds': 'insufficient_funds',
  'bad_request.invalid_time_range': 'bad_request',
  'bad_request.bad_time_range': 'bad_request',
  'forbidden.verification_required': 'verification_required',
};

for (const file of files.filter((name) => name.includes('error-bodies')))
  test('every error body seen in the wild becomes its fault', () => {
    const observed = JSON.parse(readFileSync(file, 'utf8')) as readonly {
      readonly status: number;
      readonly body: { readonly code: string };
    }[];
    assert.ok(observed.length > 0);
    for (const { status, body } of observed) {
      const answer = { status, headers: {}, text: `${JSON.stringify(body)}\n` };
      const { refusal } = judge(answer, { purpose: 'data', at: 0 });
      assert.equal(refusal?.fault, faultsByCode[body.code], body.code);
      assert.equal(refusal?.effect, 'none');
      assert.equal(refusal.bankCode, body.code);
      if ('retryable' in body) assert.equal(refusal.retryable, false);
    }
  });

test('the recorded values arrive as they are', () => {
  const file = files.find((name) => /pot_withdrawal|wire-webhook/.test(name));
  assert.ok(file);
  const [body] = bodiesIn(file);
  assert.ok(isJsonObject(body));
  const [row] = createWire(() => assert.fail()).readTransactions({ transactions: [body['data']] });
  assert.ok(row);
  assert.equal(row.amount, 100);
  assert.match(row.potId ?? '', /^pot_/);
  assert.match(row.externalId ?? '', /^user_.*:/);
  assert.equal(row.merchantId, null);
  assert.equal(row.counterparty, null);
  assert.equal(row.settles, row.created);
  assert.deepEqual(JSON.parse(row.raw), body['data']);
});
