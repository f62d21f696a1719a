import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import type { Call } from '../../sim/call.ts';
import { alex } from '../../sim/household.ts';
import { metricTable } from '../../src/http/metrics.ts';
import { isBalance, isMove, move, worldWithAlex } from '../support/money.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');

async function metricsOf(world: World): Promise<string> {
  return (await world.api('/metrics')).text();
}

/** The values by name and labels, such as `monzo_bridge_transfers{state="moved"}`. */
function valuesIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.replace(/ [^ ]*$/, ''), Number(line.replace(/^.* /, ''))] as const),
  );
}

function post(world: World, name: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return world.api(`/api/commands/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('the metrics', () => {
  it('show logins, moves, rings and deliveries as they are', async () => {
    await using world = await createWorld();
    const login = await world.connect('alex');
    world.bank.purchase(alex.current, { amount: 350, merchant: 'Secret Shop' });
    await post(world, 'refresh', {});
    const move = { pot: alex.pots.holiday, transfer_type: 'deposit', amount: '1.00', request_id: 'one' };
    assert.equal((await post(world, 'pot_transfer', move)).status, 200);
    await post(world, 'pause', {});
    const bought = world.bank.model.transactions.values().find((row) => row.amount === -350);
    await world.api(`/api/transactions/${bought?.id}/receipt`);
    const text = await metricsOf(world);
    const values = valuesIn(text);
    const value = (name: string) => values.get(`monzo_bridge_${name}`);
    assert.equal(value(`login_state{login="${login}",state="active"}`), 1);
    assert.equal(value(`login_state{login="${login}",state="needs_approval"}`), 0);
    assert.equal(value('transfers{state="moved"}'), 1);
    assert.equal(value('transfers{state="unresolved"}'), 0);
    assert.equal(value('money_paused'), 1);
    assert.equal(value('events_total{type="transaction.created",kind="card_payment"}'), 1);
    assert.ok((value(`login_approved_timestamp_seconds{login="${login}"}`) ?? 0) > 1_600_000_000);
    assert.ok([...values.keys()].some((name) => name.startsWith('monzo_bridge_bank_calls_total{')));
    assert.match(text, /path="\/transaction-receipts"/);
    assert.doesNotMatch(text, /path="\/:id/, 'every kind of call has its name');
    assert.doesNotMatch(text, /Secret Shop|Alex|acc_|pot_0|tx_0|monzo_bridge_balance/);
  });

  it('show how long calls to Monzo took, by outcome', async () => {
    await using world = await worldWithAlex();
    const counts = async (labels: string) => {
      const values = valuesIn(await metricsOf(world));
      const of = (name: string, more = '') =>
        values.get(`monzo_bridge_bank_call_seconds_${name}{${more}${labels}}`);
      return [of('bucket', 'le="1",'), of('bucket', 'le="2.5",'), of('bucket', 'le="5",'), of('count')];
    };
    const outcome = (of: string) => `method="PUT",path="/pots/:id/deposit",outcome="${of}"`;
    world.faults.add({ kind: 'slow', ms: 3_000, match: isMove, times: 1 });
    const moved = move(world, { request_id: 'slow' });
    await world.until('it is answered', () => world.bank.calls.some(isMove));
    await moved;
    assert.deepEqual(await counts(outcome('200')), [0, 0, 1, 1]);
    world.faults.add({ kind: 'status', status: 500, match: isMove, times: 1 });
    await move(world, { request_id: 'refused' });
    assert.deepEqual(await counts(outcome('bank_down')), [1, 1, 1, 1]);
    world.faults.add({ kind: 'slow', ms: 60_000, match: isMove });
    await move(world, { request_id: 'late' });
    assert.deepEqual((await counts(outcome('timeout'))).slice(0, 3), [0, 0, 0]);
    const late = /_seconds_count\{.*outcome="timeout"\} (.*)/.exec(await metricsOf(world))?.[1];
    assert.ok(Number(late) > 0);
  });

  it('count a call that the bridge no longer waits for', async () => {
    await using world = await createWorld();
    const login = await world.connect('alex');
    let isHeld = false;
    const match = (call: Call) => isBalance(call) && (isHeld = true);
    world.faults.add({ kind: 'held', until: new Promise(() => {}), match });
    const refreshed = post(world, 'refresh', {});
    await world.until('a balance is asked for', () => isHeld);
    assert.equal(
      (await answered(world, world.api(`/api/logins/${login}`, { method: 'DELETE' }))).status,
      204,
    );
    await refreshed;
    const found = (await metricsOf(world)).matchAll(/_calls_total\{.*outcome="(.*?)"/g);
    const outcomes = new Set([...found].map(([, one]) => one));
    assert.deepEqual([outcomes.has('given_up'), outcomes.has('null')], [true, false]);
  });

  it('show balances to those who ask for them, in major units', async () => {
    await using world = await createWorld({ settings: { MONZO_BRIDGE_METRICS_BALANCES: 'true' } });
    await world.connect('alex');
    const values = valuesIn(await metricsOf(world));
    const { items } = (await (await world.api('/api/accounts')).json()) as {
      readonly items: readonly { readonly id: string; readonly balance: number; readonly currency: string }[];
    };
    assert.ok(items.length > 0);
    for (const { id, balance, currency } of items)
      assert.equal(
        values.get(`monzo_bridge_balance{kind="account",id="${id}",currency="${currency}"}`),
        balance,
      );
    assert.ok([...values.keys()].some((name) => name.startsWith('monzo_bridge_balance{kind="pot"')));
  });

  it('are named by the conventions of Prometheus', () => {
    for (const [name, { type, help, labels }] of Object.entries(metricTable)) {
      assert.match(name, /^monzo_bridge_[a-z]+(_[a-z]+)*$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      if (type === 'histogram' || name.includes('timestamp')) assert.match(name, /_seconds$/);
      if (name.endsWith('_seconds')) assert.match(help, / in (Unix )?seconds\b/, name);
      assert.match(help, /\.$/, name);
      for (const label of labels) assert.match(label, /^[a-z_]+$/);
      assert.ok(!(labels as readonly string[]).includes('le'));
    }
  });

  it('are all that the dashboard and the alerts ask for', () => {
    const asked = readFileSync(join(docs, 'alerts.yml'), 'utf8');
    const dashboard = readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8');
    const names = new Set(`${asked}${dashboard}`.match(/monzo_bridge_[a-z_]+/g));
    const known = new Set(
      Object.entries(metricTable).flatMap(([name, { type }]) =>
        type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
    assert.deepEqual([...names.difference(known)], []);
    const shown = new Set(dashboard.match(/monzo_bridge_[a-z_]+/g));
    const unshown = Object.keys(metricTable).filter(
      (name) => !shown.has(name) && !shown.has(`${name}_bucket`),
    );
    assert.deepEqual(unshown, []);
    const { groups } = parse(asked) as {
      readonly groups: readonly { readonly rules: readonly { readonly annotations: object }[] }[];
    };
    for (const { annotations } of groups.flatMap(({ rules }) => rules))
      assert.deepEqual(Object.keys(annotations), ['summary', 'description']);
  });
});
