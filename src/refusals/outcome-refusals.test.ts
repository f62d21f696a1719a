import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceSentence } from './outcome-refusals.ts';
import { reasonSentence, refusals } from './refuse.ts';
import { patternsOf } from './sentence.ts';

const at = Date.parse('2026-11-02T09:01:12Z');
const facts = {
  by: 'person',
  amount: 500,
  currency: 'GBP',
  direction: 'deposit',
  times: [],
  declinedAt: null,
} as const;

test('what could be a move is told as one, several or none, with amount, pot and time', () => {
  assert.equal(
    evidenceSentence(facts),
    'No transaction of 5.00 GBP into the pot was found that could be it.',
  );
  assert.equal(
    evidenceSentence({ ...facts, times: [at], direction: 'withdraw' }),
    'One transaction could be it: 5.00 GBP out of the pot, at 2026-11-02 09:01:12 UTC.',
  );
  assert.equal(
    evidenceSentence({ ...facts, times: [at, at + 1_000] }),
    '2 transactions could be it: 5.00 GBP into the pot, at 2026-11-02 09:01:12 UTC, 2026-11-02 09:01:13 UTC.',
  );
  assert.match(
    evidenceSentence({ ...facts, times: [0, at, at + 1_000, at + 2_000] }),
    /^4 transactions could be it: .*, the last ones at 2026-11-02 09:01:12 UTC, .*14 UTC\.$/,
  );
  assert.match(evidenceSentence({ ...facts, declinedAt: at }), / declined transaction of it, at 2026-11-02/);
});

test('no refusal advises to ask again with another request id', () => {
  for (const [code, refusal] of refusals)
    for (const said of [...patternsOf(refusal), refusal.help])
      assert.doesNotMatch(said, /(another|new|different) `?request.id|use a new one/i, code);
});

test('while the outcome is unknown, no sentence speaks of another request id', () => {
  for (const [state, code, given] of [
    ['open', 'accepted_not_seen', { by: 'bridge' }],
    ['unresolved', 'accepted_not_seen', facts],
    ['unresolved', 'not_shown', facts],
    ['unresolved', 'undecidable', {}],
    ['not_moved', 'not_at_bank', {}],
  ] as const) {
    const said = reasonSentence({ state, reason: { code, facts: given } }) ?? '';
    assert.doesNotMatch(said, /request_id|again with/);
    assert.match(said, /Monzo app|notifies you/);
  }
});
