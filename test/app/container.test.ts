import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { versionOfPackage } from '../../src/environment.ts';

const root = join(import.meta.dirname, '..', '..');
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-container-'));
/** Who runs the tests may be root, and the image's first file would give that up: what follows is for other users. */
const asUser = join(directory, 'user.cjs');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
}

const run = (verb: string, settings: Readonly<Record<string, string>> = {}) =>
  new Promise<Outcome>((resolve) => {
    const args = ['--require', asUser, join(root, 'src', 'container.ts'), verb];
    const env = { ...process.env, MONZO_BRIDGE_DATA_DIR: directory, ...settings };
    const child = execFile(process.execPath, args, { cwd: directory, env }, (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });

/** Something that listens where the bridge would. */
async function listening(status: number) {
  const server = createServer((_request, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const port = String((server.address() as AddressInfo).port);
  return {
    settings: { MONZO_BRIDGE_UI_PORT: port },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  };
}

describe('the first file of the image, where it is not root', () => {
  before(() => writeFileSync(asUser, 'process.getuid = () => 1000;'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('goes on as everywhere else', async () => {
    assert.deepEqual(await run('--version'), { code: 0, stdout: `${versionOfPackage()}\n` });
  });

  it('calls a bridge healthy that says so, and no other', async () => {
    await using well = await listening(200);
    await using ill = await listening(503);
    assert.equal((await run('healthy', well.settings)).code, 0);
    assert.equal((await run('healthy', ill.settings)).code, 1);
  });

  it('calls a bridge healthy that is starting, and not one that is gone', async () => {
    const { settings, [Symbol.asyncDispose]: close } = await listening(200);
    await close();
    assert.equal((await run('healthy', settings)).code, 1);
    writeFileSync(join(directory, 'lock.json'), JSON.stringify({ pid: process.pid }));
    assert.equal((await run('healthy', settings)).code, 0);
  });
});
