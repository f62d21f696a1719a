import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock } from '../../sim/fake-clock.ts';
import {
  bankQuestions,
  plainWords,
  questionNames,
  shownPosition,
  type BankPosition,
} from '../../src/domain/bank-questions.ts';
import { exchange, type BankRequest } from '../../src/monzo/exchange.ts';
import { createBankWatch } from '../../src/monzo/watch/bank-watch.ts';
import { createBankPositions } from '../../src/store/bridge-records.ts';
import { noon } from '../support/samples.ts';

/** What a household would not send to strangers; no part of it is a word of banking. */
const personal = [
  'Alexandra Grünfeld',
  'alexandra_grunfeld',
  'acc_0000AlexCurrent',
  'user_00009XYZabc',
  '12345678',
  '-987654',
  '04-00-04',
  'GB33MONZ04000412345678',
  'Corner Shop on Blackfriars',
  'alexandra@example.org',
  '2026-11-02T09:00:00.123Z',
  'https://bank.example.org/hooks/0123456789abcdef',
  'uk_retail_alexandra',
  'bad_request.alexandra_12345678',
  '🏖️ Holiday',
  '\u202Eevil\u0000',
];
const hostile = fc.oneof(fc.constantFrom(...personal), fc.string({ unit: 'grapheme', maxLength: 40 }));
const member = fc.oneof(
  fc.constantFrom(
    ...'id type name scheme code error created updated settled amount balance spend_today description'.split(
      ' ',
    ),
    ...'merchant metadata external_id decline_reason category notes url scope expires_in account_id'.split(
      ' ',
    ),
  ),
  hostile,
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    hostile,
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.constant('2026-11-02T09:00:00Z'),
    fc.dictionary(member, tie('any'), { maxKeys: 8 }),
    fc.array(tie('any'), { maxLength: 4 }),
  ),
})).any;
const lists = ['accounts', 'pots', 'transactions', 'webhooks', 'webhook', 'transaction'] as const;
const body = fc.oneof(
  fc.dictionary(member, value, { maxKeys: 8 }),
  fc
    .tuple(
      fc.constantFrom(...lists),
      fc.oneof(value, fc.array(fc.dictionary(member, value), { maxLength: 4 })),
    )
    .map(([key, rows]) => ({ [key]: rows })),
  value,
);

const requests: readonly Omit<BankRequest, 'priority'>[] = [
  { method: 'GET', path: '/accounts' },
  { method: 'GET', path: '/balance', query: { account_id: 'acc_1' } },
  { method: 'GET', path: '/pots', query: { current_account_id: 'acc_1' } },
  { method: 'GET', path: '/transactions', query: { account_id: 'acc_1', since: 'tx_1' } },
  { method: 'GET', path: '/transactions/tx_1' },
  {
    method: 'PUT',
    path: '/pots/pot_1/deposit',
    form: { amount: '1', dedupe_id: 'd', source_account_id: 'acc_1' },
  },
  {
    method: 'POST',
    path: '/webhooks',
    form: { account_id: 'acc_1', url: 'https://bank.example.org/hooks/1' },
  },
  { method: 'GET', path: '/webhooks', query: { account_id: 'acc_1' } },
  {
    method: 'POST',
    path: '/oauth2/token',
    form: { grant_type: 'authorization_code', redirect_uri: personal[11] ?? '' },
  },
];
const answer = fc.record({
  request: fc.constantFrom(...requests),
  status: fc.constantFrom(200, 200, 200, 400, 401, 403, 404, 429, 500),
  headers: fc.dictionary(fc.constantFrom('date', 'retry-after', 'trace-id', 'x-alexandra'), hostile),
  body,
});

/** Every word that may be shown, in whatever is noted. */
const said = new Set<string>();
const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
/** Parts of what is personal that no vocabulary holds. */
const revealing = new Set(
  personal.flatMap(wordsOf).filter((word) => plainWords(word) === '?' && word.length > 2),
);

function assertHarmless({ question, position }: BankPosition): void {
  const { positions } = bankQuestions[question];
  assert.equal(shownPosition(question, position), position);
  if (positions !== 'words') return assert.ok((positions as readonly string[]).includes(position));
  assert.match(position, /^[a-z0-9._ ?]+$/);
  for (const word of wordsOf(position)) {
    said.add(word);
    assert.ok(!revealing.has(word), word);
    assert.equal(plainWords(word), word);
  }
}

test('whatever the bank answers, what is noted of it is made of closed lists and words of banking', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { maxLength: 12 }),
      fc.array(value, { maxLength: 3 }),
      async (answers, rings) => {
        const clock = createFakeClock(noon);
        const kept = new Map<string, unknown>();
        const settings = {
          get: (key: string) => kept.get(key),
          set: (key: string, what: unknown) => void kept.set(key, JSON.parse(JSON.stringify(what))),
          delete: () => {},
        };
        const positions = createBankPositions({ settings, clock });
        const failures: string[] = [];
        const watch = createBankWatch({
          note: positions.note,
          clock,
          lastUse: null,
          onFailure: (message) => failures.push(message),
        });
        for (const { request, status, headers, body: said } of answers)
          await exchange(
            {
              clock,
              apiUrl: 'http://bank.invalid',
              callBank: async () => ({ status, headers, body: [Buffer.from(JSON.stringify(said) ?? '')] }),
              onJudged: (heard) => watch.heard(heard, 'login_1'),
            },
            { ...request, priority: 'poll' },
          ).catch(() => {});
        for (const ring of rings)
          watch.rang(JSON.stringify({ type: ring, data: { id: 'tx_1', scheme: ring } }));
        assert.deepEqual(failures, []);
        positions.all().forEach(assertHarmless);
        positions.close();
        // Also where another program has written into the database.
        kept.set('bank_positions', [
          ...((kept.get('bank_positions') as unknown[]) ?? []),
          ['schemes', 'alexandra', 1],
          ['charge', 'alexandra', 1],
        ]);
        createBankPositions({ settings, clock }).all().forEach(assertHarmless);
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(said.size > 10, 'something was noted at all');
});

test('of what the bank says only words of banking remain', () => {
  const shown = {
    uk_retail_joint: 'uk_retail_joint',
    uk_youth_16: 'uk_youth_16',
    alexandra_savings: '?_savings',
    'bad_request.pot_locked': 'bad_request.pot_locked',
    acc_0000AlexCurrent: '',
    'Alexandra Grünfeld': '?',
    PIN_INVALID: 'pin_invalid',
  };
  assert.equal(plainWords('acc_0000AlexCurrent'), '?');
  for (const [text, position] of Object.entries(shown))
    if (position !== '') assert.equal(plainWords(text), position);
});

test('of one question only so much is kept, and questions that nobody asks are dropped', () => {
  const clock = createFakeClock(noon);
  const settings = { get: () => [['alexandra', 'green', 1], 7], set: () => {}, delete: () => {} };
  const positions = createBankPositions({ settings, clock });
  const some = 'uk eu gb retail joint business personal monzo flex loan'.split(' ');
  for (const one of some) for (const two of some) positions.note('schemes', `${one}_${two}`);
  assert.ok(positions.all().length <= 60);
  assert.ok(positions.all().length > 50);
  assert.ok(questionNames.length > 40);
});
