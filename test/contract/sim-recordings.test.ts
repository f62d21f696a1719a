import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { shapeDifferences } from './shape.ts';
import { answersIn, departuresOf, isGood, sampleOf, type Sample } from './recorded-answers.ts';
import { answerKinds, simulatorTrouble, type AnswerKind } from './sim-answers.ts';

const fixtures = fileURLToPath(new URL('../fixtures/monzo', import.meta.url));
const recordings =
  process.env['MONZO_BRIDGE_RECORDINGS'] ??
  fileURLToPath(new URL('../../../shared/recordings', import.meta.url));

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** Which kind of answer each recorded file holds. */
const recordedKinds: Readonly<Record<string, AnswerKind>> = {
  'petermcd-2022/Accounts.json': 'accounts',
  'petermcd-2022/Accounts_Flex_Type.json': 'accounts',
  'petermcd-2022/Accounts_Flex_Loan_Type.json': 'accounts',
  'petermcd-2022/Accounts_Loan_Type.json': 'loanAccounts',
  'petermcd-2022/Annotate.json': 'annotated',
  'petermcd-2022/Balance.json': 'balance',
  'petermcd-2022/FeedItem.json': 'feedItem',
  'petermcd-2022/Logout.json': 'logout',
  'petermcd-2022/Receipt.json': 'receipt',
  'petermcd-2022/Transaction.json': 'transactions',
  'petermcd-2022/WebhooksCreated.json': 'webhookCreated',
  'petermcd-2022/WebhooksNone.json': 'webhooks',
  'petermcd-2022/WebhooksOne.json': 'webhooks',
  'monzo-lib-2026/accounts.json': 'accounts',
  'monzo-lib-2026/pot.json': 'pot',
  'monzo-lib-2026/list.json': 'expandedTransactions',
  'monzo-lib-2026/expanded_transaction.json': 'expandedTransaction',
  'monzo-lib-2026/declined_transaction.json': 'declinedTransaction',
  'monzo-lib-2026/topup_transaction.json': 'incomingTransaction',
  'webhooks/card_pending_2019-02.json': 'cardDelivery',
  'webhooks/pot_withdrawal_2022-04.json': 'potDelivery',
};

function fromCassette(name: string): readonly Sample[] {
  const answers = answersIn(readFileSync(join(recordings, name), 'utf8')).filter(isGood);
  return answers.map((answer) => {
    const sample = sampleOf(answer);
    return { ...sample, name: `${name} ${sample.name}` };
  });
}

function fromJson(name: string): Sample {
  const kind = recordedKinds[name];
  assert.ok(kind, `${name}: nobody said what it is`);
  const body = readJson(join(recordings, name)) as { readonly data?: unknown; readonly status_code?: number };
  return { name, kind, body: body.status_code === undefined ? body : body.data };
}

function recordedSamples(): readonly Sample[] {
  const names = readdirSync(recordings, { recursive: true, encoding: 'utf8' });
  return [
    ...names.filter((name) => name.endsWith('.yaml')).flatMap(fromCassette),
    ...names.filter((name) => /\/.*\.json$/.test(name)).map(fromJson),
  ];
}

async function checkSample(sample: Sample): Promise<void> {
  assert.deepEqual(await departuresOf(sample), [], sample.name);
}

interface Observed {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string };
}

async function checkTrouble(observed: Observed): Promise<void> {
  const ours = await simulatorTrouble(observed.body.code);
  assert.equal(ours.status, observed.status);
  assert.equal(ours.body['code'], observed.body.code);
  assert.equal(ours.body['message'], observed.body.message);
  assert.deepEqual(shapeDifferences(observed.body, ours.body), []);
  // An error of few words stays one: keys of other services would teach a parser to expect them.
  assert.deepEqual(Object.keys(ours.body).sort(), Object.keys(observed.body).sort());
}

const present = existsSync(recordings);

if (present) {
  for (const sample of recordedSamples()) {
    test(`the simulator answers as recorded: ${sample.name}`, () => checkSample(sample));
  }
  const observedErrors = join(recordings, 'error-bodies-observed.json');
  for (const observed of existsSync(observedErrors)
    ? (readJson(observedErrors) as readonly Observed[])
    : []) {
    test(`the simulator refuses as observed: ${observed.body.code}`, () => checkTrouble(observed));
  }
} else {
  console.log('No recordings of the real bank here: the simulator is checked against invented ones only.');
}

test('recordings are there where they are required', () => {
  if (process.env['MONZO_BRIDGE_REQUIRE_RECORDINGS'] === '1')
    assert.ok(present, `No recordings at ${recordings}`);
});

for (const name of readdirSync(fixtures).filter((file) => file.endsWith('.json'))) {
  const kind = name.replace(/\.json$/, '') as AnswerKind;
  if (!answerKinds.includes(kind)) continue;
  test(`the simulator answers like the invented ${name}`, () =>
    checkSample({ name, kind, body: readJson(join(fixtures, name)) }));
}

test('the simulator refuses like the invented errors', async () => {
  for (const observed of readJson(join(fixtures, 'errors.json')) as readonly Observed[]) {
    await checkTrouble(observed);
  }
});

test('a missing key and a wrong type are noticed; documented alternatives are not', () => {
  const recorded = { id: 'a', merchant: { name: 'x' }, rows: [{ n: 1 }], metadata: { a: 'b' }, settled: '' };
  assert.deepEqual(shapeDifferences(recorded, { ...recorded, merchant: null, metadata: {} }), []);
  assert.deepEqual(shapeDifferences(recorded, { ...recorded, rows: [{ n: '1' }] }), [
    '$.rows[].n: string instead of number',
  ]);
  assert.deepEqual(shapeDifferences(recorded, { ...recorded, settled: null }), [
    '$.settled: null instead of string',
  ]);
  assert.deepEqual(shapeDifferences(recorded, { ...recorded, metadata: { a: true } }), [
    '$.metadata.a: boolean instead of string',
  ]);
  assert.equal(shapeDifferences(recorded, {}).length, 5);
});
