import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { TransferState } from '../domain/transfer.ts';
import { BridgeError } from '../errors.ts';
import { checked, mistakesText } from './mistakes.ts';
import { badRequest, reasonSentence, refusals, refuse, sentenceOf, withDetails } from './refuse.ts';
import { patternsOf, sentence, sentenceBy } from './sentence.ts';

const unmoved = { money_moved: 'no', transfer_id: null } as const;

describe('a refusal', () => {
  it('has the sentence of its facts, keeps them, and says who must act', () => {
    const error = refuse('name_in_use', { name: 'Alex' });
    assert.equal(error.message, 'Another login is called “Alex” already. Choose another name.');
    assert.deepEqual([error.code, error.facts, error.needsPerson], ['name_in_use', { name: 'Alex' }, true]);
    assert.equal(refuse('unreachable', {}).retryable, true);
    assert.equal(refuse('unreachable', {}, { retryable: false }).retryable, false);
    assert.equal(
      sentenceOf('decided', { moved: 'yes' }),
      'A person checked and recorded that the money moved.',
    );
  });

  it('says between what happened and what to do that no money was moved', () => {
    const moved = 'The same move was made just now. Nothing was moved. To make another one';
    assert.ok(refuse('cooldown', { seconds: 3 }, { details: unmoved }).message.startsWith(moved));
    assert.ok(withDetails(refuse('cooldown', { seconds: 3 }), unmoved).message.startsWith(moved));
    assert.doesNotMatch(refuse('cooldown', { seconds: 3 }).message, /Nothing was moved/);
  });

  it('says so once, and its own details count', () => {
    const twice = withDetails(withDetails(refuse('timeout', {}), unmoved), unmoved);
    assert.equal(twice.message.split('Nothing was moved.').length, 2);
    const open = refuse('timeout', {}, { details: { money_moved: 'unknown' } });
    assert.equal(withDetails(open, unmoved).details['money_moved'], 'unknown');
    assert.doesNotMatch(withDetails(open, unmoved).message, /Nothing was moved/);
    const other = withDetails(new BridgeError('disk_error', 'The disk is broken.'), unmoved);
    assert.equal(other.message, 'The disk is broken. Nothing was moved.');
  });

  it('shows in the documents each of its sentences with … for the facts', () => {
    const lock = refusals.get('pot_deleted') ?? assert.fail();
    assert.deepEqual(patternsOf(lock), [
      'That pot was deleted. There are: ….',
      'Monzo refused because the pot or the account no longer exists. Refresh, then choose another.',
    ]);
    const says = sentenceBy('by', {
      one: sentence<{ name: string }>`It is ${'name'}.`,
      two: 'It is nothing.',
    });
    assert.deepEqual(patternsOf({ status: 400, says, next: 'Go on.', help: '' }), [
      'It is …. Go on.',
      'It is nothing. Go on.',
    ]);
  });
});

describe('the reason of a transfer', () => {
  const of = (...[state, code, facts]: Parameters<typeof inState>) =>
    reasonSentence(inState(state, code, facts));
  const inState = (
    state: TransferState,
    code: string,
    facts: object | null,
  ): Parameters<typeof reasonSentence>[0] => ({ state, reason: { code, facts } });

  it('is a sentence made of its facts that says whether money moved', () => {
    assert.equal(reasonSentence({ state: 'moved', reason: null }), null);
    for (const [state, code, facts, says] of [
      ['not_moved', 'pot_locked', { by: 'monzo' }, /pot is locked\. Nothing was moved\. Unlock/],
      ['not_moved', 'not_at_bank', {}, /did not take place\. Check in the Monzo app/],
      ['not_moved', 'decided', { moved: 'no' }, /did not move\.$/],
      ['moved', 'decided', { moved: 'yes' }, /that the money moved\.$/],
      ['unresolved', 'undecidable', {}, /whether this move took place\. Check the Monzo app/],
    ] as const)
      assert.match(of(state, code, facts) ?? '', says);
  });

  it('of an earlier version is its sentence where no facts are in it, and a general one otherwise', () => {
    assert.equal(of('not_moved', 'not_at_bank', null), of('not_moved', 'not_at_bank', {}));
    assert.equal(of('not_moved', 'insufficient_funds', null), of('not_moved', 'insufficient_funds', {}));
    for (const [state, code, says] of [
      ['moved', 'decided', /^The money moved\. An earlier version/],
      ['not_moved', 'pot_locked', /^Nothing was moved\. An earlier version/],
      ['not_sent', 'never_heard_of', /^Nothing was moved\. An earlier version/],
      ['unresolved', 'never_heard_of', /^It is not known whether the money moved/],
    ] as const)
      assert.match(of(state, code, null) ?? '', says);
  });
});

describe('a bad request', () => {
  const shape = z.strictObject({
    name: z.string().min(1).max(3),
    count: z.int().min(2).max(9).optional(),
    way: z.enum(['in', 'out']).optional(),
    list: z.array(z.string()).min(1).optional(),
    limits: z.record(z.string().regex(/^[A-Z]+$/, 'must be a currency'), z.string()).optional(),
    flag: z.boolean().optional(),
  });
  const sentenceFor = (value: unknown, part?: string) => {
    const read = checked(shape, value, part);
    assert.ok('mistakes' in read);
    return mistakesText(read);
  };

  for (const [value, says] of [
    [{}, 'name is missing: it must be text.'],
    [{ name: 7 }, 'name must be text.'],
    [{ name: '' }, 'name must not be empty.'],
    [{ name: 'long' }, 'name must be text of at most 3 characters.'],
    [{ name: 'a', count: 1.5 }, 'count must be a whole number.'],
    [{ name: 'a', count: 1 }, 'count must be at least 2.'],
    [{ name: 'a', count: 10 }, 'count must be at most 9.'],
    [{ name: 'a', way: 'up' }, 'way must be one of: in, out.'],
    [{ name: 'a', list: [] }, 'list must be a list of at least 1 entry.'],
    [{ name: 'a', limits: { pounds: '1' } }, 'limits.pounds must be a currency.'],
    [{ name: 'a', flag: 'yes' }, 'flag must be true or false.'],
    [
      { name: 'a', other: 1 },
      'The request must not contain other: it takes only name, count, way, list, limits, flag.',
    ],
    [[], 'The request must be a JSON object.'],
  ] as const)
    it(`names the field and what would be right: ${JSON.stringify(value)}`, () => {
      assert.equal(sentenceFor(value), says);
    });

  it('says which part of a request it means, and what is right passes', () => {
    assert.equal(sentenceFor({ name: 7 }, 'query'), 'name in the query must be text.');
    assert.equal(sentenceFor([], 'body'), 'The body must be a JSON object.');
    assert.deepEqual(checked(shape, { name: 'a' }), { value: { name: 'a' } });
    assert.equal(badRequest([{ field: 'a', rule: 'must be b' }]).message, 'a must be b.');
  });
});
