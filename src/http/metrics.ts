import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { loginStates, type LoginView } from '../domain/login.ts';
import { transferStates, type TransferState } from '../domain/transfer.ts';
import { toMajorNumber, type Currency, type Minor } from '../domain/values.ts';
import type { PartHealth } from '../domain/view.ts';

/** The figures for Prometheus. No label names a person or a payment, and each has few values. */

interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric by its name. Units are seconds and numbers; amounts, where they are shown, are in major units. */
export const metricTable = {
  monzo_bridge_info: {
    type: 'gauge',
    help: 'Always 1; the label says which version runs.',
    labels: ['version'],
  },
  monzo_bridge_part_ok: {
    type: 'gauge',
    help: '1 while a part of the program is ok, else 0.',
    labels: ['part'],
  },
  monzo_bridge_bank_calls_total: {
    type: 'counter',
    help: 'Calls to Monzo by method, path without ids, and outcome: the HTTP status, or what went wrong, such as `timeout`; `given_up` where the bridge no longer needed the answer.',
    labels: ['method', 'path', 'outcome'],
  },
  monzo_bridge_bank_call_seconds: {
    type: 'histogram',
    help: 'Time from the sending of a call to Monzo to its outcome, in seconds, by the same labels.',
    labels: ['method', 'path', 'outcome'],
  },
  monzo_bridge_events_total: {
    type: 'counter',
    help: 'Events recorded by type and kind.',
    labels: ['type', 'kind'],
  },
  monzo_bridge_rings_total: {
    type: 'counter',
    help: 'Webhook calls that named an account of ours.',
    labels: [],
  },
  monzo_bridge_unconfirmed_rings_total: {
    type: 'counter',
    help: 'Webhook calls that named a transaction Monzo does not know.',
    labels: [],
  },
  monzo_bridge_delivery_seconds: {
    type: 'histogram',
    help: 'Time from the recording of an event to its arrival at a receiver, in seconds.',
    labels: ['sink'],
  },
  monzo_bridge_undelivered_events: {
    type: 'gauge',
    help: 'Events that some receiver has not acknowledged yet.',
    labels: [],
  },
  monzo_bridge_parked_events: {
    type: 'gauge',
    help: 'Events that a receiver refused and that are put aside.',
    labels: ['sink'],
  },
  monzo_bridge_transactions: { type: 'gauge', help: 'Transactions in the ledger.', labels: [] },
  monzo_bridge_transfers: {
    type: 'gauge',
    help: 'Money moves that were asked for, by the state they are in now.',
    labels: ['state'],
  },
  monzo_bridge_money_paused: { type: 'gauge', help: '1 while money moves are paused, else 0.', labels: [] },
  monzo_bridge_login_state: {
    type: 'gauge',
    help: '1 for the state that a login is in, 0 for the others.',
    labels: ['login', 'state'],
  },
  monzo_bridge_login_approved_timestamp_seconds: {
    type: 'gauge',
    help: 'When the access of a login was last approved, in Unix seconds. It lapses about 90 days later.',
    labels: ['login'],
  },
  monzo_bridge_login_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When Monzo last answered a login well, in Unix seconds.',
    labels: ['login'],
  },
  monzo_bridge_balance: {
    type: 'gauge',
    help: 'The balance of an account or a pot in major units; only with MONZO_BRIDGE_METRICS_BALANCES.',
    labels: ['kind', 'id', 'currency'],
  },
} as const satisfies Readonly<Record<string, Definition>>;

type Name = keyof typeof metricTable;

/** In seconds. */
const buckets = {
  /** At once, while a receiver is slow, and while it is away. */
  delivery: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400],
  /** Every call ends within twenty seconds. */
  bankCall: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30],
} as const;

export interface ShownBalance {
  readonly kind: 'account' | 'pot';
  readonly id: string;
  readonly currency: Currency;
  readonly balance: Minor | null;
}

/** Figures of the moment, beside those that are counted. */
export interface Gauges {
  readonly version: string;
  readonly undelivered: number;
  readonly health: readonly PartHealth[];
  readonly sinks: readonly { readonly name: string; readonly parkedCount: number }[];
  /** In the ledger; null where they could not be counted. */
  readonly transactions: number | null;
  readonly transfers: ReadonlyMap<TransferState, number>;
  readonly isPaused: boolean;
  readonly logins: readonly Pick<LoginView, 'id' | 'state' | 'approvedAt' | 'lastSuccess'>[];
  /** Since the start. */
  readonly rings: { readonly rings: number; readonly unconfirmed: number };
  readonly balances: readonly ShownBalance[];
}

export interface BankCall {
  readonly method: string;
  /** With ids left out, so that the number of series stays small. */
  readonly path: string;
  /** The HTTP status, or what went wrong. */
  readonly outcome: string;
}

export interface CountedCall extends BankCall {
  readonly count: number;
}

export interface Metrics {
  /** A call came to its outcome so many milliseconds after it was sent. */
  noteCall(call: BankCall, took: number): void;
  countEvents(events: readonly { readonly type: string; readonly kind?: string }[]): void;
  /** An event arrived so many milliseconds after it was recorded. */
  noteDelivery(sink: string, took: number): void;
  /** The calls counted so far. */
  calls(): Promise<readonly CountedCall[]>;
  /** All metrics in Prometheus' text format. */
  text(gauges: Gauges): Promise<string>;
}

/** Balances are shown only to those who ask for them: whoever reads the metrics sees them. */
export function createMetrics({ showsBalances }: { readonly showsBalances: boolean }): Metrics {
  const registry = new Registry();
  const calls = counter(registry, 'monzo_bridge_bank_calls_total');
  const events = counter(registry, 'monzo_bridge_events_total');
  const callTimes = histogram(registry, 'monzo_bridge_bank_call_seconds', buckets.bankCall);
  const deliveries = histogram(registry, 'monzo_bridge_delivery_seconds', buckets.delivery);
  const show = createGauges(registry, showsBalances);
  return {
    noteCall: (call, took) => {
      calls.inc({ ...call });
      callTimes.observe({ ...call }, took / 1_000);
    },
    countEvents: (recorded) => {
      for (const { type, kind = 'transfer' } of recorded) events.inc({ type, kind });
    },
    noteDelivery: (sink, took) => deliveries.observe({ sink }, Math.max(0, took) / 1_000),
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
      show(gauges);
      return registry.metrics();
    },
  };
}

/** Sets the figures of the moment; what is gone since is shown no more. */
function createGauges(registry: Registry, showsBalances: boolean): (gauges: Gauges) => void {
  const info = gauge(registry, 'monzo_bridge_info');
  const parts = gauge(registry, 'monzo_bridge_part_ok');
  const parked = gauge(registry, 'monzo_bridge_parked_events');
  const transfers = gauge(registry, 'monzo_bridge_transfers');
  const undelivered = gauge(registry, 'monzo_bridge_undelivered_events');
  const transactions = gauge(registry, 'monzo_bridge_transactions');
  const paused = gauge(registry, 'monzo_bridge_money_paused');
  const balances = showsBalances ? gauge(registry, 'monzo_bridge_balance') : null;
  const rings = counter(registry, 'monzo_bridge_rings_total');
  const unconfirmed = counter(registry, 'monzo_bridge_unconfirmed_rings_total');
  const showLogins = createLoginGauges(registry);
  return (now) => {
    for (const one of [parts, parked, transfers, rings, unconfirmed, balances]) one?.reset();
    info.set({ version: now.version }, 1);
    undelivered.set(now.undelivered);
    paused.set(now.isPaused ? 1 : 0);
    if (now.transactions !== null) transactions.set(now.transactions);
    rings.inc(now.rings.rings);
    unconfirmed.inc(now.rings.unconfirmed);
    for (const { part, state } of now.health) parts.set({ part }, state === 'ok' ? 1 : 0);
    for (const { name, parkedCount } of now.sinks) parked.set({ sink: name }, parkedCount);
    for (const state of transferStates) transfers.set({ state }, now.transfers.get(state) ?? 0);
    showLogins(now.logins);
    for (const { kind, id, currency, balance } of now.balances)
      if (balance !== null) balances?.set({ kind, id, currency }, toMajorNumber(balance, currency));
  };
}

function createLoginGauges(registry: Registry): (logins: Gauges['logins']) => void {
  const states = gauge(registry, 'monzo_bridge_login_state');
  const approved = gauge(registry, 'monzo_bridge_login_approved_timestamp_seconds');
  const lastSuccess = gauge(registry, 'monzo_bridge_login_last_success_timestamp_seconds');
  return (logins) => {
    for (const one of [states, approved, lastSuccess]) one.reset();
    for (const login of logins) {
      for (const state of loginStates) states.set({ login: login.id, state }, login.state === state ? 1 : 0);
      if (login.approvedAt !== null) approved.set({ login: login.id }, login.approvedAt / 1_000);
      if (login.lastSuccess !== null) lastSuccess.set({ login: login.id }, login.lastSuccess / 1_000);
    }
  };
}

function definitionOf(name: Name) {
  const { help, labels } = metricTable[name];
  return { name, help, labelNames: [...labels] };
}

function gauge(registry: Registry, name: Name): Gauge {
  return new Gauge({ ...definitionOf(name), registers: [registry] });
}

function counter(registry: Registry, name: Name): Counter {
  return new Counter({ ...definitionOf(name), registers: [registry] });
}

function histogram(registry: Registry, name: Name, limits: readonly number[]): Histogram {
  return new Histogram({ ...definitionOf(name), buckets: [...limits], registers: [registry] });
}
