import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const good = "test('good', async () => {});";

/** What a test file may do, and whether the run must fail. */
const files: readonly (readonly [what: string, body: string, verdict: 0 | 1])[] = [
  ['passes', good, 0],
  ['fails', `${good} test('bad', () => assert.fail()); ${good}`, 1],
  ['holds no test', '', 1],
  ['throws while it loads', `${good} throw new Error('not loaded');`, 1],
  ['ends its process', `test('ends', () => process.exit(0)); ${good}`, 1],
  ['throws after its test', "test('late', () => void setTimeout(() => assert.fail(), 5));", 1],
  ['rejects after its test', "test('late', () => void setTimeout(() => Promise.reject(new Error()), 5));", 1],
];

describe('the verdict of scripts/test.ts', { concurrency: 2 }, () => {
  for (const [what, body, verdict] of files)
    test(`${verdict === 0 ? 'takes' : 'refuses'} a file that ${what}`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-verdict-'));
      t.after(() => rmSync(directory, { recursive: true, force: true }));
      const path = join(directory, 'x.test.mjs');
      const imports = "import assert from 'node:assert/strict'; import { test } from 'node:test';";
      writeFileSync(path, `${imports}\n${body}\n`);
      // The runner would take itself for a test file of this run.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const runner = spawn(process.execPath, [join(import.meta.dirname, '../../scripts/test.ts'), path], {
        env,
        stdio: 'ignore',
      });
      assert.deepEqual(await once(runner, 'exit'), [verdict, null]);
    });
});
