import type { Login } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import { shownAccounts } from '../domain/view.ts';
import type { Metrics } from '../http/metrics.ts';
import { createDoorbellKeys, Doorbell, transactionNamedIn, type DoorbellKeys } from '../ingest/doorbell.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { PollerPool, removeLogin } from '../ingest/poller-pool.ts';
import { Subscriptions } from '../ingest/subscriptions.ts';
import { durations } from '../limits.ts';
import { LoginRegistry } from '../logins/registry.ts';
import { SignIn } from '../logins/sign-in.ts';
import { createTransport, type BankCall, type TransportHealth } from '../monzo/transport.ts';
import type { Ring } from '../outputs/home-assistant/webhooks.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant-output.ts';
import type { Opened } from './opened.ts';
import type { AppOptions } from './options.ts';
import { shapeReporter } from './shape-reporter.ts';

export interface BankParts extends Pick<Opened, 'store' | 'secretKey'> {
  readonly options: AppOptions;
  readonly ingest: Ingest;
  readonly metrics: Metrics;
  /** Monzo's webhooks may come through it; null where there is none. */
  readonly homeAssistant: () => HomeAssistantOutput | null;
  readonly onLoginChange: (login: Login, previous: Login | null) => void;
}

/** All that speaks with the bank: logins and their pollers, doorbells, webhooks. */
export class BankSide {
  readonly #parts: BankParts;
  readonly #keys: DoorbellKeys;
  /** Calls and rings are counted from then on. */
  readonly startedAt: Instant;
  readonly registry: LoginRegistry;
  readonly signIn: SignIn;
  readonly subscriptions: Subscriptions;
  readonly pool: PollerPool;
  readonly doorbell: Doorbell;

  constructor(parts: BankParts) {
    const { clock, log, secrets, config } = parts.options;
    this.#parts = parts;
    this.startedAt = clock.now();
    this.#keys = createDoorbellKeys(parts.secretKey);
    this.registry = new LoginRegistry({
      store: parts.store,
      clock,
      log: log.for('logins'),
      secrets,
      createTransport: () => this.#newTransport(),
      timeZone: config.TIME_ZONE,
      report: shapeReporter(parts.store.shapes, clock, log.for('bank')),
      onChange: parts.onLoginChange,
    });
    this.signIn = this.#newSignIn();
    this.subscriptions = this.#newSubscriptions();
    this.pool = this.#newPool();
    this.doorbell = new Doorbell({
      clock,
      keys: this.#keys,
      pool: this.pool,
      has: (transactionId) => parts.store.ledger.byId(transactionId) !== undefined,
      accounts: () => this.#accounts(),
    });
  }

  /** Whose doorbell a key belongs to, or null. */
  accountOfKey(key: string): string | null {
    return this.doorbell.accountOf(key);
  }

  /** Monzo, or whoever knows the account's key, posted this body to our own address. */
  rangHere(accountId: string, body: string): void {
    this.doorbell.ring(accountId, transactionNamedIn(body, accountId));
  }

  /** Home Assistant's webhook passes on whatever was posted: only accounts there are get looked at. */
  rangThere({ accountId, transactionId }: Ring): void {
    this.doorbell.ring(accountId, transactionId);
  }

  /** After a deafness: webhooks are brought in order, and every account is looked at. */
  lookEverywhere(): void {
    void this.pool.reconcileWebhooks().catch(() => {});
    this.doorbell.listEveryAccount();
  }

  /** Tries a login again with what is stored; resolves with the login as it then is. */
  async reload(loginId: string): Promise<Login> {
    await this.pool.pollNow(this.registry.get(loginId).id);
    return this.registry.get(loginId);
  }

  /** Removes a login with everything that only it could see. */
  async remove(loginId: string, keepHistory: boolean): Promise<void> {
    const { options, ingest } = this.#parts;
    const { clock, log } = options;
    const { registry, pool, subscriptions } = this;
    const parts = { registry, pool, subscriptions, ingest, clock, log: log.for('logins') };
    await removeLogin(parts, { loginId, keepHistory });
  }

  /** How each login's calls to the bank go. */
  callsOf(loginId: string): TransportHealth {
    return this.registry.transport(loginId).health();
  }

  async close(): Promise<void> {
    this.doorbell.close();
    await this.pool.close();
  }

  /** Who may be rung for; a ring need not wait for names and balances to be drawn. */
  #accounts(): readonly string[] {
    return shownAccounts(this.#parts.ingest.knowledge()).map(({ account }) => account.id);
  }

  #newTransport() {
    const { options, metrics } = this.#parts;
    const { fetch, clock, random, config } = options;
    const onCall = ({ method, path, status, fault }: BankCall) =>
      metrics.countCall({ method, path, outcome: fault ?? String(status) });
    return createTransport({ fetch, clock, random, apiUrl: config.MONZO_API_URL, onCall });
  }

  #newSignIn(): SignIn {
    const { clock, log, secrets, config, randomBytes } = this.#parts.options;
    return new SignIn({
      registry: this.registry,
      store: this.#parts.store,
      clock,
      log: log.for('logins'),
      secrets,
      authUrl: config.MONZO_AUTH_URL,
      randomId: (size) => Buffer.from(randomBytes(size)).toString('hex'),
      lookAgain: (loginId) => void this.pool.pollNow(loginId).catch(() => {}),
    });
  }

  #newSubscriptions(): Subscriptions {
    const { options, store, homeAssistant } = this.#parts;
    const { config, log } = options;
    const pathOf = (accountId: string) => `/hooks/${this.#keys.keyOf(accountId)}`;
    return new Subscriptions({
      settings: store.settings,
      log: log.for('webhooks'),
      addressOf: (accountId) =>
        config.PUBLIC_URL === null
          ? (homeAssistant()?.webhookUrl() ?? null)
          : `${config.PUBLIC_URL}${pathOf(accountId)}`,
      // The key alone proves it: nobody else can make one, and our public address may have been another one before.
      isOurs: (url, accountId) => url.endsWith(pathOf(accountId)) || url === homeAssistant()?.webhookUrl(),
      pollEvery: config.POLL_SECONDS === null ? null : config.POLL_SECONDS * durations.second,
      isReachable: () => config.PUBLIC_URL !== null || homeAssistant()?.isListening() === true,
    });
  }

  #newPool(): PollerPool {
    const { options, store, ingest } = this.#parts;
    const { clock, log, config } = options;
    return new PollerPool({
      ingest,
      store,
      logins: this.registry,
      clock,
      log: log.for('poller'),
      pollEvery: config.POLL_SECONDS === null ? null : config.POLL_SECONDS * durations.second,
      subscriptions: this.subscriptions,
    });
  }
}
