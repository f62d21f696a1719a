import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serviceUnit } from '../../src/cli/service-verb.ts';

/** The unit under systemd's own tools, which are installed where they are missing: that needs root, and Debian. */

const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-systemd-'));
const unit = join(directory, 'monzo-bridge.service');

/** In tenths, where 100 is open to everything. */
const mostExposed = 20;

function analyze(...words: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', words, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', SYSTEMD_COLORS: '0', SYSTEMD_EMOJI: '0', SYSTEMD_PAGER: '' },
  });
  return { status, said: stdout + stderr, isMissing: error !== undefined };
}

describe('the unit of systemd', { timeout: 300_000 }, () => {
  before(() => {
    if (analyze('--version').isMissing) execFileSync('apt-get', ['install', '--yes', '--quiet', 'systemd']);
    // Any program that is there: `verify` looks for the first file alone.
    const program = { node: '/bin/sh', launcher: '/usr/lib/node_modules/monzo-bridge/bin/monzo-bridge.js' };
    writeFileSync(unit, `${serviceUnit(program)}\n`);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('is understood, every line of it', () => {
    const { status, said } = analyze('verify', unit);
    assert.deepEqual({ status, said: linesAbout(said) }, { status: 0, said: [] });
    // Were it silent about everything, the line above would say nothing.
    writeFileSync(
      join(directory, 'wrong.service'),
      readFileSync(unit, 'utf8').replace('ProtectHome', 'ProtectHoem'),
    );
    assert.match(analyze('verify', join(directory, 'wrong.service')).said, /ProtectHoem/);
  });

  it('is as closed as the documents say', () => {
    const { status, said } = analyze('security', '--offline=true', `--threshold=${mostExposed}`, unit);
    assert.equal(status, 0, said);
    const verdict = /Overall exposure level for monzo-bridge\.service: [\d.]+ \w+/.exec(said)?.[0] ?? said;
    const version = /^systemd (\d+)/.exec(analyze('--version').said)?.[1] ?? '';
    const page = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');
    const [, ofVersion = '', quoted = ''] =
      /systemd-analyze security` of systemd (\d+) says:\n\n```\n(Overall exposure level.*)\n```/.exec(page) ??
      [];
    assert.match(quoted, /^Overall exposure level for monzo-bridge\.service: \d/);
    // Each version asks for more than the one before.
    if (version === ofVersion) assert.equal(verdict, quoted);
  });
});

/** What `verify` says of other units of this machine is not about ours. */
function linesAbout(said: string): readonly string[] {
  return said.split('\n').filter((line) => line.includes('monzo-bridge'));
}
