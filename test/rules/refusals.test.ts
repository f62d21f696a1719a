import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusals } from '../../src/commands/refusals.ts';
import { typeScriptBelow } from './files.ts';

/** Where commands, and the doors that only commands have, say why not. */
const rooms = ['src/commands', 'src/outputs/mqtt/requests.ts'];
/** How a code is given to an error: as its first argument, or in a table of them. */
const thrown = /\b(?:BridgeError|refused|refusal|details)\(\s*'([a-z0-9_]+)'|\bcode: '([a-z0-9_]+)'/g;

const sources = typeScriptBelow(['src', 'test']);
const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/');

describe('every reason why a command is refused', () => {
  const used = sources
    .filter(({ path }) => !isTest(path) && rooms.some((room) => path.startsWith(room)))
    .flatMap(({ text }) => [...text.matchAll(thrown)].map(([, first, second]) => first ?? second ?? ''));

  it('has its row in the table, so its status and its help', () => {
    assert.ok(used.length > 10, 'so few were found that the search is wrong');
    assert.deepEqual(
      [...new Set(used)].filter((code) => !refusals.has(code)),
      [],
    );
  });

  it('has a test that expects it', () => {
    const tests = sources.filter(({ path }) => isTest(path) && !path.startsWith('test/rules/'));
    const expected = (code: string) => tests.some(({ text }) => text.includes(`'${code}'`));
    assert.deepEqual(
      [...refusals.keys()].filter((code) => !expected(code)),
      [],
    );
  });
});
