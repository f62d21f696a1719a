import { createHmac } from 'node:crypto';
import type { LoginView } from '../domain/login.ts';
import { instantText, type Instant } from '../domain/values.ts';
import type { AccountView } from '../domain/view.ts';
import { diagnosticsSchema, type DiagnosticsItem } from '../contract/bridge-data.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { positionItems } from './bank-routes.ts';
import type { About, Bank, Services } from './services.ts';
import { transactionsIn } from './state-routes.ts';

/** Diagnostics that can be sent to others: states and counts, without names, ids, balances or secrets. */

export function addDiagnosticsRoute(app: Api, { services, clock }: RouteOptions): void {
  app.get(
    '/api/diagnostics',
    {
      schema: {
        operationId: 'showDiagnostics',
        tags: ['state'],
        summary: 'For sharing when you ask for help: no name, id, balance or secret',
        response: answers(200, diagnosticsSchema),
      },
    },
    () => diagnosticsOf(services, clock.now()),
  );
}

/** Settings whose values say nothing about a person, a place or a machine. */
const harmless: ReadonlySet<string> = new Set([
  'MQTT_COMMANDS',
  'MQTT_RETAIN_STATE',
  'MQTT_EVENT_DETAIL',
  'HOME_ASSISTANT_ACTIONS',
  'UI_PORT',
  'PUBLIC_PORT',
  'POLL_SECONDS',
  'STALE_HOURS',
  'LOG_LEVEL',
  'LOG_FORMAT',
]);

const day = 24 * 3_600_000;

/** Names for ids, made with a secret key, so that an id cannot be found by trying. */
export function createPseudonyms(secretKey: Uint8Array): (id: string) => string {
  return (id) => createHmac('sha256', secretKey).update(`pseudonym\n${id}`).digest('hex').slice(0, 10);
}

/** Times are those of the bridge, never of payments. */
async function diagnosticsOf(services: Services, now: Instant): Promise<DiagnosticsItem> {
  const { about, view, store, reader, outputs, health, metrics, bank } = services;
  const { version, settings, pseudonymOf } = about;
  // The ledger may be unreadable: that is when diagnostics are needed most.
  const transactions = await transactionsIn(reader).catch(() => null);
  const { logins, accounts, pots } = view();
  const known = [...logins, ...accounts, ...pots].map(({ id }) => id);
  const { node, sqlite = '', openssl } = process.versions;
  return {
    created: instantText(now),
    versions: { bridge: version, node, sqlite, openssl, platform: process.platform, arch: process.arch },
    settings: [...settings].map(([name, value]) => ({ name, value: shownValue(name, value) })),
    logins: logins.map((login) => loginOf(login, { services, now })),
    accounts: accounts.map((account) => accountOf(account, pseudonymOf)),
    counts: {
      accounts: accounts.length,
      pots: pots.length,
      transactions,
      last_event: store.events.last(),
    },
    // Without the parked events: their ids are the bank's.
    sinks: outputs.sinks().map(({ name, cursor, undelivered, unproven, parkedCount }) => ({
      name,
      cursor,
      undelivered,
      unproven,
      parked_count: parkedCount,
    })),
    // Without the sentences, which name people; the names of parts may hold ids.
    health: health().map(({ part, state }) => ({
      part: known.reduce((text, id) => text.replaceAll(id, pseudonymOf(id)), part),
      state,
    })),
    // Without the row in which it was found.
    shapes: store.shapes.all().map(({ where, path, expected, got, count, firstSeen, lastSeen }) => ({
      where,
      path,
      expected,
      got,
      count,
      first_seen: instantText(firstSeen),
      last_seen: instantText(lastSeen),
    })),
    bank: positionItems(bank.positions),
    calls: [...(await metrics.calls())],
    doorbells: doorbellsOf(bank),
  };
}

interface LoginContext {
  readonly services: Services;
  readonly now: Instant;
}

function loginOf({ id, state, needs, approvedAt, lastSuccess, history }: LoginView, context: LoginContext) {
  const { services, now } = context;
  const { calls, breaker } = services.bank.registry.transport(id).health();
  return {
    login: services.about.pseudonymOf(id),
    state,
    needs_person: needs !== null,
    approved_days_ago: approvedAt === null ? null : Math.floor((now - approvedAt) / day),
    last_success: lastSuccess === null ? null : instantText(lastSuccess),
    history: history.state,
    calls: { total: calls.total, last_hour: calls.lastHour, last_day: calls.lastDay },
    bank: breaker,
  };
}

function doorbellsOf({ doorbell }: Bank): DiagnosticsItem['doorbells'] {
  const { rings, awaited, unconfirmed } = doorbell.activity();
  return { rings, awaited, unconfirmed };
}

function accountOf(
  { id, type, available, loginIds }: AccountView,
  pseudonymOf: About['pseudonymOf'],
): DiagnosticsItem['accounts'][number] {
  return { account: pseudonymOf(id), type, available, logins: loginIds.map(pseudonymOf) };
}

function shownValue(name: string, value: unknown): string | number | boolean | null {
  if (!harmless.has(name)) return null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
