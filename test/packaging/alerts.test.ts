import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMetrics } from '../../src/http/metrics.ts';

const root = join(import.meta.dirname, '..', '..');

const dashboard = 'docs/grafana-dashboard.json';

const alertsSchema = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string() })) })),
});
const casesSchema = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});
const dashboardSchema = z.object({
  panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })),
});

function read<Schema extends z.ZodType>(schema: Schema, path: string): z.output<Schema> {
  return schema.parse(parse(readFileSync(join(root, path), 'utf8')));
}

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

  it('each rule has a case in which it warns, and one in which it does not', () => {
    const { groups } = read(alertsSchema, 'docs/alerts.yml');
    const { tests } = read(casesSchema, 'test/packaging/alerts.cases.yml');
    const cases = tests.flatMap(({ alert_rule_test: all }) => all);
    const of = (isLoud: boolean) =>
      cases.flatMap((one) => (one.exp_alerts.length > 0 === isLoud ? [one.alertname] : []));
    const rules = groups.flatMap(({ rules: all }) => all.map(({ alert }) => alert)).toSorted();
    assert.deepEqual([of(true).toSorted(), of(false).toSorted()], [rules, rules]);
  });

  it('the queries of the dashboard are of Prometheus', () => {
    const { panels } = dashboardSchema.parse(JSON.parse(readFileSync(join(root, dashboard), 'utf8')));
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const rules = queries.map((expr, index) => ({
      record: `query_${index}`,
      // What Grafana puts in its place.
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    const file = join(directory, 'queries.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }));
    execFileSync(promtool, ['check', 'rules', file], { stdio: 'pipe' });
  });

  it('the metrics keep the conventions', async () => {
    const metrics = createMetrics({ showsBalances: true });
    metrics.noteCall({ method: 'GET', path: '/accounts', outcome: '200' }, 90);
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
