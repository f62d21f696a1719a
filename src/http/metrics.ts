import { Counter, Gauge, Registry } from 'prom-client';
import type { PartHealth } from '../domain/view.ts';

/** Figures of the moment, beside those that are counted. */
export interface Gauges {
  readonly undelivered: number;
  readonly health: readonly PartHealth[];
  /** In the ledger; null where they could not be counted. */
  readonly transactions: number | null;
}

export interface BankCall {
  readonly method: string;
  /** With ids left out, so that the number of series stays small. */
  readonly path: string;
  /** The HTTP status, or the fault where there was no answer. */
  readonly outcome: string;
}

export interface CountedCall extends BankCall {
  readonly count: number;
}

export interface Metrics {
  countCall(call: BankCall): void;
  countEvents(events: readonly { readonly type: string; readonly kind?: string }[]): void;
  /** The calls counted so far. */
  calls(): Promise<readonly CountedCall[]>;
  /** All metrics in Prometheus' text format. */
  text(gauges: Gauges): Promise<string>;
}

/** The metrics for Prometheus; none of them names a person, an account or an amount. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({
    name: 'monzo_bridge_bank_calls_total',
    help: 'Calls to Monzo by method, path and outcome.',
    labelNames: ['method', 'path', 'outcome'],
    registers,
  });
  const events = new Counter({
    name: 'monzo_bridge_events_total',
    help: 'Events recorded by type and kind.',
    labelNames: ['type', 'kind'],
    registers,
  });
  const parts = new Gauge({
    name: 'monzo_bridge_part_ok',
    help: '1 while a part of the program is ok, else 0.',
    labelNames: ['part'],
    registers,
  });
  const undelivered = new Gauge({
    name: 'monzo_bridge_undelivered_events',
    help: 'Events that some sink has not acknowledged yet.',
    registers,
  });
  const transactions = new Gauge({
    name: 'monzo_bridge_transactions',
    help: 'Transactions in the ledger.',
    registers,
  });
  return {
    countCall: (call) => calls.inc({ ...call }),
    countEvents: (recorded) => {
      for (const { type, kind = 'transfer' } of recorded) events.inc({ type, kind });
    },
    calls: async () => {
      const { values } = await calls.get();
      return values.map(({ labels: { method = '', path = '', outcome = '' }, value }) => ({
        method: String(method),
        path: String(path),
        outcome: String(outcome),
        count: value,
      }));
    },
    text: async (gauges) => {
      undelivered.set(gauges.undelivered);
      if (gauges.transactions !== null) transactions.set(gauges.transactions);
      parts.reset();
      for (const { part, state } of gauges.health) parts.set({ part }, state === 'ok' ? 1 : 0);
      return registry.metrics();
    },
  };
}
