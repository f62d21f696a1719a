import { z } from 'zod';
import { createBackoff, type Backoff } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import { absenceProven } from '../domain/absence.ts';
import type { PartHealth } from '../domain/view.ts';
import { BridgeError, messageOf } from '../errors.ts';
import { webhookFailurePause, webhookLoss } from '../limits.ts';
import type { Log } from '../log.ts';
import { BankError } from '../monzo/bank-error.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import type { Settings } from '../store/bridge-records.ts';
import type { LearntFacts } from '../store/login-rows.ts';
import {
  createRegistrations,
  fingerprintOf,
  keyOf,
  type Registrations,
  type Place,
  type Registration,
} from './registrations.ts';
import { RingWatch, type ExpectedRings } from './ring-watch.ts';
import { webhookHealth, type Subscription } from './webhook-health.ts';

export interface SubscriptionsOptions {
  readonly settings: Settings;
  readonly learnt: LearntFacts;
  readonly log: Log;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** The address under which Monzo reaches an account's doorbell; null while there is none. */
  readonly addressOf: (accountId: string) => string | null;
  /** Whether an address leads to this account's doorbell here, also one that was used earlier. */
  readonly isOurs: (url: string, accountId: string) => boolean;
  /** Whether webhook calls reach the bridge now; others are lost. */
  readonly isReachable: () => boolean;
  /** The polling interval that was set, in milliseconds; null where none was. */
  readonly pollEvery: number | null;
}

/** Whose webhooks to reconcile: the login's client, the accounts it reads, and all that it sees. */
export interface ReconcileRequest {
  readonly loginId: string;
  readonly client: Pick<MonzoClient, 'webhooks' | 'createWebhook' | 'deleteWebhook'>;
  readonly reads: readonly string[];
  readonly sees: readonly string[];
}

const disabledKey = 'unregistered_accounts';

/** One login's webhook for one account; null where none is wanted. */
interface WantedWebhook extends Place, Pick<ReconcileRequest, 'client'> {
  readonly wanted: string | null;
}

/** A webhook that is wanted, and that the list of `askedAt` has left out. */
interface AbsentWebhook extends WantedWebhook {
  readonly wanted: string;
  readonly askedAt: Monotonic;
}

const sentences = {
  missing:
    'Monzo’s last list left out a webhook that was there. The bridge lists them again in five minutes, and only then registers a new one.',
  removedAgain:
    'Monzo removed a webhook again after the bridge had registered it; it may keep only so many. The bridge tries again after a day, then once a week, and at once with: monzo-bridge webhook register',
  refused:
    'Monzo refused to register a webhook: it may allow only so many, none for this type of account, or only an address with https on port 443.',
} as const;

const texts = z.array(z.string()).catch([]);

/**
 * Keeps the webhooks at Monzo as they are wanted: one for every account that is read, at the current address. Monzo
 * accepts a second registration of one address, so the bridge lists and compares its own. It never touches those of
 * other programs.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #registrations: Registrations;
  /** Whether the rings arrive that the webhooks promise. */
  readonly rings: RingWatch;
  readonly #states = new Map<string, Omit<Subscription, 'silence'>>();
  /** When the first of the lists was asked for that leave out a webhook, by login and account. */
  readonly #missingSince = new Map<string, Monotonic>();
  readonly #askAt = new Map<string, Monotonic>();
  /** The pauses after failures that may pass, by login and account. */
  readonly #failures = new Map<string, Backoff>();
  /** When webhooks were deleted, by the bank's ids: lists may still show them. */
  readonly #deletedAt = new Map<string, Monotonic>();
  /** The accounts that were silent when their webhooks were last listed. */
  #silentAtLast: ReadonlySet<string> = new Set();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#registrations = createRegistrations(options.settings);
    this.rings = new RingWatch({ ...options, expected: (accountId) => this.#expected(accountId) });
  }

  all(): readonly Subscription[] {
    return [...this.#states.values()].map((state) => ({
      ...state,
      silence: state.actual ? this.rings.silenceOf(state.accountId) : null,
    }));
  }

  /** The address at which Monzo reaches an account's doorbell; null while there is none. */
  addressOf(accountId: string): string | null {
    return this.#options.addressOf(accountId);
  }

  /** Whether webhook calls reach the bridge now, as far as it has a part in that. */
  isReachable(): boolean {
    return this.#options.isReachable();
  }

  /** Whether the webhooks of every account that a login reads work. */
  workFor(loginId: string): boolean {
    const mine = this.#of(loginId);
    return (
      this.#options.isReachable() &&
      mine.length > 0 &&
      mine.every(({ wanted, actual, silence }) => wanted !== null && actual && silence === null)
    );
  }

  /** Whether something is not as wanted, so that trying again makes sense. */
  isTroubled(loginId: string): boolean {
    return this.all().some(
      ({ loginId: id, trouble, silence }) => id === loginId && (trouble !== null || silence !== null),
    );
  }

  /** When to list a login's webhooks sooner than usual: one was left out, just registered or went silent; else null. */
  nextAsk(loginId: string): Monotonic | null {
    const mine = this.#of(loginId);
    const wentSilent = mine.some((one) => one.silence !== null && !this.#silentAtLast.has(one.accountId));
    const asks = mine.flatMap((place) => this.#askAt.get(keyOf(place)) ?? []);
    if (wentSilent) return this.#options.clock.monotonic();
    return asks.length === 0 ? null : Math.min(...asks);
  }

  /** Reconciles one login's webhooks, account by account; one that is refused does not stop the others. */
  async reconcile({ loginId, client, reads, sees }: ReconcileRequest): Promise<void> {
    for (const accountId of reads) {
      const wanted = this.#isDisabled(accountId) ? null : this.#options.addressOf(accountId);
      const trouble = await this.#reconcileAccount({ loginId, client, accountId, wanted });
      const actual = wanted !== null && trouble === null;
      this.#states.set(accountId, { accountId, loginId, wanted, actual, trouble });
    }
    const silent = this.all().filter(({ silence }) => silence !== null);
    this.#silentAtLast = new Set(silent.map(({ accountId }) => accountId));
    for (const place of this.#of(loginId).filter(({ accountId }) => !reads.includes(accountId))) {
      this.#states.delete(place.accountId);
      this.#asListed(place);
    }
    // An account that another login reads by now needs no second webhook.
    for (const accountId of sees.filter((id) => !reads.includes(id)))
      await this.#reconcileAccount({ loginId, client, accountId, wanted: null });
  }

  /** Removes the webhooks of these accounts at the next reconciliation, and registers none until they are enabled. */
  disable(accountIds: readonly string[]): void {
    this.#saveDisabled(this.#disabled().union(new Set(accountIds)));
  }

  /** Registers webhooks for these accounts again, at the next reconciliation. */
  enable(accountIds: readonly string[]): void {
    this.#saveDisabled(this.#disabled().difference(new Set(accountIds)));
    this.#registrations.forgive(accountIds);
  }

  /** Forgets a removed login's webhooks; another login that sees an account registers its own. */
  forget(loginId: string): void {
    for (const place of this.#of(loginId)) {
      this.#states.delete(place.accountId);
      this.rings.begin(place.accountId);
      this.#registrations.forget(place);
      this.#asListed(place);
    }
  }

  /** Whether this bridge registered a webhook at the bank, whatever its address. */
  isOurs({ accountId, url }: { readonly accountId: string; readonly url: string }): boolean {
    return this.#options.isOurs(url, accountId) || this.#registrations.remembers(url);
  }

  /** The bank's ids of a login's webhooks, also of those that no list shows yet. */
  idsOf(loginId: string): readonly string[] {
    return this.#registrations.idsOf(loginId);
  }

  /** How many webhooks are wanted for a login, and how many of them are at the bank. */
  countFor(loginId: string): { readonly wanted: number; readonly actual: number } {
    const wanted = this.#of(loginId).filter((subscription) => subscription.wanted !== null);
    return { wanted: wanted.length, actual: wanted.filter(({ actual }) => actual).length };
  }

  /** Also says how transactions are found, and how late they may be. */
  health(): PartHealth {
    return webhookHealth(this.all(), this.#options.pollEvery);
  }

  #expected(accountId: string): ExpectedRings | null {
    const state = this.#states.get(accountId);
    if (state?.actual !== true || !this.#options.isReachable()) return null;
    const registration = this.#registrations.of(state);
    return registration === null ? null : { loginId: state.loginId, since: registration.at };
  }

  #of(loginId: string): readonly Subscription[] {
    return this.all().filter((subscription) => subscription.loginId === loginId);
  }

  /** Returns why the webhook is not as wanted, as a sentence; null where it is. */
  async #reconcileAccount(webhook: WantedWebhook): Promise<string | null> {
    const { clock, log } = this.#options;
    const askedAt = clock.monotonic();
    try {
      const trouble = await this.#compare(webhook, askedAt);
      this.#failures.get(keyOf(webhook))?.reset();
      return trouble;
    } catch (thrown) {
      if (mayPass(thrown)) this.#askAgain(webhook, askedAt + this.#failuresOf(webhook).next());
      else this.#askAt.delete(keyOf(webhook));
      const reason = messageOf(thrown);
      log.info('A webhook could not be reconciled.', { account: webhook.accountId, reason });
      return reason;
    }
  }

  async #compare(webhook: WantedWebhook, askedAt: Monotonic): Promise<string | null> {
    const { client, accountId, wanted } = webhook;
    const { value: listed } = await client.webhooks(accountId);
    const address = wanted === null ? null : fingerprintOf(wanted);
    const known = this.#registrations.of(webhook);
    const isKnown = known !== null && known.address === address;
    const ours = listed.filter(
      (hook) => (hook.id === known?.id || this.isOurs(hook)) && !this.#wasJustDeleted(hook.id),
    );
    const asKnown = ours.find(({ id }) => isKnown && id === known.id);
    const kept = asKnown ?? ours.find(({ url }) => fingerprintOf(url) === address);
    const leftOver = ours.flatMap(({ id }) => (id === kept?.id ? [] : id));
    const unlisted = known === null || isKnown || leftOver.includes(known.id) ? [] : [known.id];
    for (const id of [...leftOver, ...unlisted]) await this.#delete(client, id);
    if (known !== null && !isKnown) this.#registrations.forget(webhook);
    if (wanted !== null && !kept) return this.#whileAbsent({ ...webhook, wanted, askedAt });
    this.#asListed(webhook);
    if (kept && address !== null) this.#found(webhook, { id: kept.id, address });
    return null;
  }

  /** A list shows the webhook: one that stays for a day is not a loss that repeats. */
  #found(webhook: WantedWebhook, { id, address }: Pick<Registration, 'id' | 'address'>): void {
    const now = this.#options.clock.now();
    const { at = now, losses = 0 } = this.#registrations.of(webhook) ?? {};
    const hasStayed = Math.abs(now - at) >= webhookLoss.within;
    const registration = { id, address, at, isListed: true, losses: hasStayed ? 0 : losses, isGone: false };
    this.#registrations.save(webhook, registration);
  }

  /** No list proves at once that a webhook is gone: lists lag behind, and leave out what is there. */
  async #whileAbsent(webhook: AbsentWebhook): Promise<string | null> {
    const { askedAt } = webhook;
    const known = this.#registrations.of(webhook);
    if (known === null) return this.#register(webhook, 0);
    const age = this.#ageOf(known);
    if (!known.isListed && !known.isGone && age < webhookLoss.listedWithin) {
      this.#askAgain(webhook, askedAt + webhookLoss.listedWithin - age);
      return null;
    }
    const since = this.#missingSince.get(keyOf(webhook)) ?? askedAt;
    this.#missingSince.set(keyOf(webhook), since);
    this.#askAgain(webhook, since + absenceProven.many);
    if (askedAt - since < absenceProven.many) return sentences.missing;
    return this.#replace(webhook, lost(known, age));
  }

  /** What is removed again and again is not registered as often. */
  async #replace(webhook: AbsentWebhook, gone: Registration): Promise<string | null> {
    const { client, askedAt } = webhook;
    this.#registrations.save(webhook, gone);
    const rest = webhookLoss.rests[Math.min(gone.losses, webhookLoss.rests.length - 1)] ?? 0;
    const left = rest - this.#ageOf(gone);
    if (left > 0) {
      this.#askAgain(webhook, askedAt + left);
      return sentences.removedAgain;
    }
    // It may still be there, and only be left out of the lists.
    await this.#delete(client, gone.id);
    return this.#register(webhook, gone.losses);
  }

  async #register(webhook: AbsentWebhook, losses: number): Promise<null> {
    const { client, accountId, wanted: url, askedAt } = webhook;
    this.#registrations.remember(url);
    const { value } = await client.createWebhook({ accountId, url }).catch(sayWhyRefused);
    const at = this.#options.clock.now();
    const address = fingerprintOf(url);
    this.#registrations.save(webhook, { id: value.id, address, at, isListed: false, losses, isGone: false });
    this.rings.begin(accountId);
    this.#asListed(webhook);
    this.#askAgain(webhook, askedAt + webhookLoss.listedWithin);
    return null;
  }

  async #delete(client: ReconcileRequest['client'], id: string): Promise<void> {
    await client.deleteWebhook(id);
    this.#deletedAt.set(id, this.#options.clock.monotonic());
  }

  #wasJustDeleted(id: string): boolean {
    const at = this.#deletedAt.get(id) ?? Number.NEGATIVE_INFINITY;
    return this.#options.clock.monotonic() - at < webhookLoss.listedWithin;
  }

  /** In milliseconds; without end where the clock was wrong when it was registered. */
  #ageOf({ at }: Registration): number {
    const age = this.#options.clock.now() - at;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }

  #failuresOf(place: Place): Backoff {
    const failures = this.#failures.get(keyOf(place)) ?? createBackoff(webhookFailurePause);
    this.#failures.set(keyOf(place), failures);
    return failures;
  }

  #askAgain(place: Place, at: Monotonic): void {
    this.#askAt.set(keyOf(place), at);
  }

  #asListed(place: Place): void {
    this.#missingSince.delete(keyOf(place));
    this.#askAt.delete(keyOf(place));
  }

  #isDisabled(accountId: string): boolean {
    return this.#disabled().has(accountId);
  }

  #disabled(): ReadonlySet<string> {
    return new Set(texts.parse(this.#options.settings.get(disabledKey)));
  }

  #saveDisabled(accountIds: ReadonlySet<string>): void {
    this.#options.settings.set(disabledKey, [...accountIds]);
  }
}

/** A webhook that was gone within a day, or that no list ever showed, counts as one more loss. */
function lost(known: Registration, age: number): Registration {
  if (known.isGone) return known;
  const isOneMore = age < webhookLoss.within || !known.isListed;
  return { ...known, isGone: true, losses: isOneMore ? known.losses + 1 : 1 };
}

function mayPass(thrown: unknown): boolean {
  return thrown instanceof BridgeError && thrown.retryable;
}

const refusals: ReadonlySet<string> = new Set(['bad_request', 'no_permission']);

function sayWhyRefused(thrown: unknown): never {
  if (thrown instanceof BankError && refusals.has(thrown.fault))
    throw new Error(sentences.refused, { cause: thrown });
  throw thrown;
}
