import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BridgeError } from '../errors.ts';
import { isBusy, storeFailure } from './failure.ts';
import { temporaryDirectory } from '../../test/support/store-samples.ts';

function thrownBySqlite(errcode: number): Error {
  return Object.assign(new Error('sqlite'), { code: 'ERR_SQLITE_ERROR', errcode });
}

test('each failure of the disk has its code, its remedy and its cause', (t) => {
  const path = `${temporaryDirectory(t)}/a.sqlite`;
  const expected = [
    [13, 'disk_full', true, false],
    [10 | (3 << 8), 'disk_error', false, true],
    [8, 'disk_error', false, true],
    [11 | (1 << 8), 'database_unreadable', false, true],
    [26, 'database_unreadable', false, true],
    [5, 'database_busy', true, false],
  ] as const;
  for (const [errcode, code, retryable, needsPerson] of expected) {
    const cause = thrownBySqlite(errcode);
    const failure = storeFailure(cause, path);
    assert.ok(failure instanceof BridgeError);
    assert.deepEqual([failure.code, failure.retryable, failure.needsPerson], [code, retryable, needsPerson]);
    assert.equal(failure.cause, cause);
    assert.match(failure.message, /\. .*\.$|: .*\.$/);
  }
});

test('what is not about the disk is passed on', () => {
  const constraint = thrownBySqlite(19);
  const odd = Object.assign(new Error('odd'), { errcode: 'x' });
  assert.equal(storeFailure(constraint, '/nowhere/a'), constraint);
  assert.equal(storeFailure(odd, '/nowhere/a'), odd);
  assert.equal(storeFailure('text', '/nowhere/a'), 'text');
  assert.equal(isBusy(thrownBySqlite(5 | (2 << 8))), true);
  assert.equal(isBusy(constraint), false);
});

test('where the disk cannot even be asked how full it is, the refusal counts', () => {
  const failure = storeFailure(thrownBySqlite(14), '/nowhere/at/all/a.sqlite');
  assert.ok(failure instanceof BridgeError && failure.code === 'disk_error');
});
