import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusals } from '../../src/refusals/refuse.ts';
import { typeScriptBelow } from './files.ts';

const sources = typeScriptBelow(['src', 'test']);
const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/');

describe('every reason why something is refused', () => {
  it('has its sentence in the catalogue, and nowhere else', () => {
    const thrown = sources
      .filter(({ path }) => !isTest(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/new BridgeError\(\s*'([a-z0-9_]+)'/g)].map(([, code = '']) => ({ path, code })),
      );
    const isCommand = (path: string) => /^src\/(commands|cli)\//.test(path);
    assert.deepEqual(
      thrown.filter(({ path, code }) => isCommand(path) || refusals.has(code)),
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
