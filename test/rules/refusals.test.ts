import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusals } from '../../src/refusals/refuse.ts';
import { typeScriptBelow } from './files.ts';

const sources = typeScriptBelow(['src', 'test']);
const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/');

describe('every reason why something is refused', () => {
  it('is in the catalogue and not written at the place that throws it', () => {
    const rooms = ['src/commands', 'src/cli', 'src/outputs/mqtt/requests.ts'];
    const written = sources
      .filter(({ path }) => !isTest(path) && rooms.some((room) => path.startsWith(room)))
      .filter(({ text }) => /new BridgeError\(\s*'/.test(text));
    assert.deepEqual(
      written.map(({ path }) => path),
      [],
    );
  });

  it('has a test that expects it', () => {
    const tests = sources.filter(({ path }) => isTest(path) && !path.startsWith('test/rules/'));
    const expected = (code: string) =>
      tests.some(({ text }) => text.includes(`'${code}'`) || text.includes(`async ${code}(`));
    assert.deepEqual(
      [...refusals.keys()].filter((code) => !expected(code)),
      [],
    );
  });
});
