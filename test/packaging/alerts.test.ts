import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMetrics } from '../../src/http/metrics.ts';

const root = join(import.meta.dirname, '..', '..');

/** Prometheus' own checks of what the documents hold for it. */
describe('what is given to Prometheus', () => {
  const directory = mkdtempSync(join(tmpdir(), 'promtool-'));
  let promtool = 'promtool';
  before(() => {
    if (spawnSync(promtool, ['--version']).error === undefined) return;
    // Unpacked, not installed: a server would start with it.
    execFileSync('apt-get', ['download', '--quiet', 'prometheus'], { cwd: directory, stdio: 'pipe' });
    execFileSync('sh', ['-c', 'dpkg-deb -x prometheus_*.deb unpacked'], { cwd: directory });
    promtool = join(directory, 'unpacked', 'usr', 'bin', 'promtool');
  });
  after(() => rmSync(directory, { recursive: true }));

  it('the rules warn when they should, and not before', () => {
    for (const given of [
      ['check', 'rules', 'docs/alerts.yml'],
      ['test', 'rules', 'test/packaging/alerts.cases.yml'],
    ])
      execFileSync(promtool, given, { cwd: root, stdio: 'pipe' });
  });

  it('the metrics keep the conventions', async () => {
    const metrics = createMetrics({ showsBalances: true });
    metrics.countCall({ method: 'GET', path: '/accounts', outcome: '200' });
    metrics.countEvents([{ type: 'transaction.created', kind: 'card_payment' }]);
    metrics.noteDelivery('mqtt', 120);
    const input = await metrics.text({
      version: '1.0.0',
      undelivered: 0,
      health: [{ part: 'mqtt', state: 'ok', sentence: null }],
      sinks: [{ name: 'mqtt', parkedCount: 0 }],
      transactions: 3,
      transfers: new Map(),
      isPaused: false,
      logins: [{ id: 'login_1', state: 'active', approvedAt: 0, lastSuccess: 0 }],
      rings: { rings: 1, unconfirmed: 0 },
      balances: [{ kind: 'account', id: 'acc_1', currency: 'GBP', balance: 1_250 }],
    });
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });
});
