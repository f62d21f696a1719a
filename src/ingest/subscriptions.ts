import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock, Monotonic } from '../clock.ts';
import { absenceProven, type Absence } from '../domain/absence.ts';
import type { PartHealth } from '../domain/view.ts';
import { listingInterval } from '../domain/schedule.ts';
import { spanText } from '../domain/time.ts';
import { messageOf } from '../errors.ts';
import { listEvery } from '../limits.ts';
import type { Log } from '../log.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import type { Settings } from '../store/bridge-records.ts';

/** A webhook as the bank lists it. */
interface Webhook {
  readonly id: string;
  readonly url: string;
}

/** The status of one account's webhook: wanted by the bridge, and registered at the bank. */
export interface Subscription {
  readonly accountId: string;
  readonly loginId: string;
  readonly wanted: string | null;
  readonly actual: boolean;
  /** Why it is not as wanted, as a sentence; null where it is. */
  readonly trouble: string | null;
}

export interface SubscriptionsOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Pick<Clock, 'monotonic'>;
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
const rememberedKey = 'registered_addresses';
/** More addresses than Monzo's list can still hold. */
const mostRemembered = 200;

interface Present {
  readonly url: string;
  readonly missing: Absence | null;
}

/** One login's webhook for one account; null where none is wanted. */
interface WantedWebhook extends Pick<ReconcileRequest, 'loginId' | 'client'> {
  readonly accountId: string;
  readonly wanted: string | null;
}

const missingWebhook =
  'Monzo’s last list left out a webhook that was there. The bridge lists them again in five minutes, and only then registers a new one.';

const texts = z.array(z.string()).catch([]);

/**
 * Keeps the webhooks at Monzo as they are wanted: one for every account that is read, at the current address. Monzo
 * accepts a second registration of one address, so the bridge lists and compares its own. It never touches those of
 * other programs.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #states = new Map<string, Subscription>();
  /** The webhooks that lists have shown or that were registered, by login and account. */
  readonly #present = new Map<string, Present>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  all(): readonly Subscription[] {
    return [...this.#states.values()];
  }

  /** Whether the webhooks of every account that a login reads work. */
  workFor(loginId: string): boolean {
    const mine = this.#of(loginId);
    return (
      this.#options.isReachable() &&
      mine.length > 0 &&
      mine.every(({ wanted, actual }) => wanted !== null && actual)
    );
  }

  /** Whether something is not as wanted, so that trying again makes sense. */
  isTroubled(loginId: string): boolean {
    return this.all().some(
      (subscription) => subscription.loginId === loginId && subscription.trouble !== null,
    );
  }

  /** When to list a login's webhooks again, because a list left one out; null where none did. */
  nextAsk(loginId: string): Monotonic | null {
    const own = this.#of(loginId).map(({ accountId }) => this.#present.get(`${loginId} ${accountId}`));
    const asks = own.flatMap((present) => present?.missing?.askAgainAt ?? []);
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
    for (const accountId of this.#of(loginId).map((subscription) => subscription.accountId))
      if (!reads.includes(accountId)) this.#present.delete(`${loginId} ${accountId}`);
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
  }

  /** Forgets a removed login's webhooks; another login that sees an account registers its own. */
  forget(loginId: string): void {
    for (const { accountId } of this.#of(loginId)) {
      this.#states.delete(accountId);
      this.#present.delete(`${loginId} ${accountId}`);
    }
  }

  /** Whether this bridge registered a webhook at the bank, whatever its address. */
  isOurs({ accountId, url }: { readonly accountId: string; readonly url: string }): boolean {
    return this.#options.isOurs(url, accountId) || this.#remembered().includes(fingerprintOf(url));
  }

  /** How many webhooks are wanted for a login, and how many of them are at the bank. */
  countFor(loginId: string): { readonly wanted: number; readonly actual: number } {
    const wanted = this.#of(loginId).filter((subscription) => subscription.wanted !== null);
    return { wanted: wanted.length, actual: wanted.filter(({ actual }) => actual).length };
  }

  /** Also says how transactions are found, and how late they may be. */
  health(): PartHealth {
    const part = 'webhooks';
    const troubled = this.all().filter(({ trouble }) => trouble !== null);
    const wanted = this.all().filter((subscription) => subscription.wanted !== null);
    const { pollEvery } = this.#options;
    const late = (webhooksWork: boolean) =>
      spanText(listingInterval({ pollEvery, webhooksWork, figures: { listEvery } }));
    if (wanted.length === 0)
      return {
        part,
        state: 'ok',
        sentence: `There are no webhooks without an address that Monzo can reach. The bridge polls: transactions arrive up to ${late(false)} late.`,
      };
    if (troubled.length === 0)
      return {
        part,
        state: 'ok',
        sentence: `Webhooks work for every account: transactions arrive within seconds. Where a call is lost, polling finds the transaction, up to ${late(true)} late.`,
      };
    const sentence = `Webhooks do not work for ${troubled.length} of ${wanted.length} accounts. Polling finds their transactions, up to ${late(false)} late. ${troubled[0]?.trouble}`;
    return { part, state: 'degraded', sentence };
  }

  #of(loginId: string): readonly Subscription[] {
    return this.all().filter((subscription) => subscription.loginId === loginId);
  }

  async #reconcileAccount(webhook: WantedWebhook): Promise<string | null> {
    const { client, accountId, wanted } = webhook;
    const askedAt = this.#options.clock.monotonic();
    try {
      const { value: listed } = await client.webhooks(accountId);
      const ours = listed.filter(({ url }) => this.isOurs({ accountId, url }));
      const kept = ours.find(({ url }) => url === wanted);
      await this.#remove(
        client,
        ours.filter((hook) => hook !== kept),
      );
      if (wanted !== null && !kept) {
        if (this.#isMissing(webhook, askedAt)) return missingWebhook;
        this.#remember(wanted);
        await client.createWebhook({ accountId, url: wanted });
      }
      this.#setPresent(webhook, null);
      return null;
    } catch (thrown) {
      this.#askLater(webhook, askedAt);
      this.#options.log.info('A webhook could not be reconciled.', {
        account: accountId,
        reason: messageOf(thrown),
      });
      return messageOf(thrown);
    }
  }

  /** Whether a list that leaves out a webhook must be repeated before it is believed. */
  #isMissing(webhook: WantedWebhook, askedAt: Monotonic): boolean {
    const present = this.#presentOf(webhook);
    if (present?.url !== webhook.wanted) return false;
    const { since } = present.missing ?? { since: askedAt };
    this.#setPresent(webhook, { since, askAgainAt: since + absenceProven.many });
    return askedAt - since < absenceProven.many;
  }

  /** The list could not be read, so it decides nothing. */
  #askLater(webhook: WantedWebhook, askedAt: Monotonic): void {
    const missing = this.#presentOf(webhook)?.missing ?? null;
    if (missing) this.#setPresent(webhook, { ...missing, askAgainAt: askedAt + absenceProven.many });
  }

  #presentOf({ loginId, accountId }: WantedWebhook): Present | undefined {
    return this.#present.get(`${loginId} ${accountId}`);
  }

  #setPresent({ loginId, accountId, wanted }: WantedWebhook, missing: Absence | null): void {
    if (wanted === null) this.#present.delete(`${loginId} ${accountId}`);
    else this.#present.set(`${loginId} ${accountId}`, { url: wanted, missing });
  }

  async #remove(client: ReconcileRequest['client'], hooks: readonly Webhook[]): Promise<void> {
    for (const { id } of hooks) await client.deleteWebhook(id);
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

  /** Addresses change, for instance those of Home Assistant's cloud; the bridge still recognises what it registered. */
  #remember(url: string): void {
    const others = this.#remembered().filter((fingerprint) => fingerprint !== fingerprintOf(url));
    this.#options.settings.set(rememberedKey, [...others, fingerprintOf(url)].slice(-mostRemembered));
  }

  #remembered(): readonly string[] {
    return texts.parse(this.#options.settings.get(rememberedKey));
  }
}

/** An address is a secret: anyone who knows it can call. */
function fingerprintOf(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}
