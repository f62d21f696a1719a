import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BridgeError } from '../errors.ts';
import { BankError } from '../monzo/bank-error.ts';
import { tryEach } from './account-troubles.ts';

async function attempt(failures: Readonly<Record<string, Error>>) {
  const done: string[] = [];
  const work = async (item: string) => {
    const failure = failures[item];
    if (failure) throw failure;
    done.push(item);
  };
  const thrown: unknown = await tryEach(['a', 'b', 'c'], work).catch((reason: unknown) => reason);
  return { done, thrown };
}

test('an answer about one thing does not stop the others, and is told at the end', async () => {
  const odd = new BridgeError('unknown_shape', 'What is this?');
  assert.deepEqual(await attempt({ a: odd, b: new BridgeError('not_found', 'Gone.') }), {
    done: ['c'],
    thrown: odd,
  });
  assert.deepEqual(await attempt({}), { done: ['a', 'b', 'c'], thrown: undefined });
});

test('the bank’s trouble with one call does not stop the others; with renewing the tokens it does', async () => {
  const down = new BankError('bank_down', { status: 500, effect: 'unknown' });
  assert.deepEqual(await attempt({ b: down }), { done: ['a', 'c'], thrown: down });
  const renewal = new BankError('bank_down', { status: 500, effect: 'unknown', purpose: 'refresh' });
  assert.deepEqual(await attempt({ b: renewal }), { done: ['a'], thrown: renewal });
  const rest = new BankError('breaker_open', { effect: 'none' });
  assert.deepEqual(await attempt({ b: rest }), { done: ['a'], thrown: rest });
  assert.deepEqual(await attempt({ a: down, b: rest }), { done: [], thrown: down });
});

test('trouble that everything would meet ends the work at once', async () => {
  const dead = new BridgeError('refresh_dead', 'No longer accepted.');
  assert.deepEqual(await attempt({ b: dead }), { done: ['a'], thrown: dead });
  const defect = new TypeError('a defect');
  assert.deepEqual(await attempt({ a: defect }), { done: [], thrown: defect });
});
