import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PartHealth } from '../domain/health.ts';
import { spanText } from '../domain/span.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import type { Settings } from '../store/settings.ts';

/** A webhook as the bank lists it. */
interface Webhook {
  readonly id: string;
  readonly url: string;
}

/** How one account's webhook stands: wanted by us, and there at the bank. */
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
  /** The address under which Monzo reaches an account's doorbell; null while there is none. */
  readonly addressOf: (accountId: string) => string | null;
  /** Whether an address leads to this account's doorbell here, also one from before a move. */
  readonly isOurs: (url: string, accountId: string) => boolean;
  /** Whether somebody is at the door: a ring that nobody hears is lost. */
  readonly isReachable: () => boolean;
  /** How often transactions are asked for, in milliseconds. */
  readonly askEvery: (webhooksWork: boolean) => number;
}

/** What one login registers: its client, the accounts it reads, and those it only sees. */
export interface Registrar {
  readonly loginId: string;
  readonly client: Pick<MonzoClient, 'webhooks' | 'createWebhook' | 'deleteWebhook'>;
  readonly reads: readonly string[];
  readonly sees: readonly string[];
}

const silencedKey = 'unregistered_accounts';
const rememberedKey = 'registered_addresses';
/** An address that was ours this many addresses ago is long gone from Monzo's list. */
const mostRemembered = 200;

const texts = z.array(z.string()).catch([]);

/**
 * Keeps the webhooks at Monzo as they are wanted: one for every account that is read, at the address in force. Monzo
 * does not notice a second registration of one address, so ours are listed and compared; other programs' are not ours
 * to touch.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #states = new Map<string, Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  all(): readonly Subscription[] {
    return [...this.#states.values()];
  }

  /** Whether every account that a login reads rings by itself. */
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

  /** Brings one login's webhooks in order, account by account; one that refuses does not stop the others. */
  async reconcile({ loginId, client, reads, sees }: Registrar): Promise<void> {
    for (const accountId of reads) {
      const wanted = this.#isSilenced(accountId) ? null : this.#options.addressOf(accountId);
      const trouble = await this.#reconcileAccount(client, accountId, wanted);
      const actual = wanted !== null && trouble === null;
      this.#states.set(accountId, { accountId, loginId, wanted, actual, trouble });
    }
    // An account that another login reads by now needs no second bell.
    for (const accountId of sees.filter((id) => !reads.includes(id)))
      await this.#reconcileAccount(client, accountId, null);
  }

  /** From now on an account rings only when somebody registers it again. */
  silence(accountIds: readonly string[]): void {
    this.#saveSilenced(this.#silenced().union(new Set(accountIds)));
  }

  /** Takes back a silence. */
  unsilence(accountIds: readonly string[]): void {
    this.#saveSilenced(this.#silenced().difference(new Set(accountIds)));
  }

  /** Forgets a removed login's webhooks; another login that sees an account takes it over at its next turn. */
  forget(loginId: string): void {
    for (const { accountId } of this.#of(loginId)) this.#states.delete(accountId);
  }

  /** Whether a webhook at the bank is one of ours, wherever it leads. */
  isOurs({ accountId, url }: { readonly accountId: string; readonly url: string }): boolean {
    return this.#options.isOurs(url, accountId) || this.#remembered().includes(fingerprintOf(url));
  }

  /** How many webhooks are wanted for a login, and how many of them are at the bank. */
  countFor(loginId: string): { readonly wanted: number; readonly actual: number } {
    const wanted = this.#of(loginId).filter((subscription) => subscription.wanted !== null);
    return { wanted: wanted.length, actual: wanted.filter(({ actual }) => actual).length };
  }

  /** Also says which way transactions come, and how late they may be. */
  health(): PartHealth {
    const part = 'webhooks';
    const troubled = this.all().filter(({ trouble }) => trouble !== null);
    const wanted = this.all().filter((subscription) => subscription.wanted !== null);
    const late = (webhooksWork: boolean) => spanText(this.#options.askEvery(webhooksWork));
    if (wanted.length === 0)
      return {
        part,
        state: 'ok',
        sentence: `Transactions are found by asking, so they come up to ${late(false)} late: without an address that Monzo can reach there are no webhooks.`,
      };
    if (troubled.length === 0)
      return {
        part,
        state: 'ok',
        sentence: `Monzo rings for every account, so transactions come within seconds; one whose ring is lost is found by asking, up to ${late(true)} late.`,
      };
    const sentence = `Monzo does not ring for ${troubled.length} of ${wanted.length} accounts, whose transactions are found by asking, up to ${late(false)} late: ${troubled[0]?.trouble}`;
    return { part, state: 'degraded', sentence };
  }

  #of(loginId: string): readonly Subscription[] {
    return this.all().filter((subscription) => subscription.loginId === loginId);
  }

  async #reconcileAccount(
    client: Registrar['client'],
    accountId: string,
    wanted: string | null,
  ): Promise<string | null> {
    try {
      const { value: listed } = await client.webhooks(accountId);
      const ours = listed.filter(({ url }) => this.isOurs({ accountId, url }));
      const kept = ours.find(({ url }) => url === wanted);
      await this.#remove(
        client,
        ours.filter((hook) => hook !== kept),
      );
      if (wanted !== null && !kept) {
        this.#remember(wanted);
        await client.createWebhook({ accountId, url: wanted });
      }
      return null;
    } catch (thrown) {
      this.#options.log.info('A webhook could not be brought in order.', {
        account: accountId,
        reason: messageOf(thrown),
      });
      return messageOf(thrown);
    }
  }

  async #remove(client: Registrar['client'], hooks: readonly Webhook[]): Promise<void> {
    for (const { id } of hooks) await client.deleteWebhook(id);
  }

  #isSilenced(accountId: string): boolean {
    return this.#silenced().has(accountId);
  }

  #silenced(): ReadonlySet<string> {
    return new Set(texts.parse(this.#options.settings.get(silencedKey)));
  }

  #saveSilenced(accountIds: ReadonlySet<string>): void {
    this.#options.settings.set(silencedKey, [...accountIds]);
  }

  /** Addresses change: Home Assistant's cloud gives another one, or its owner does. What we registered stays ours. */
  #remember(url: string): void {
    const others = this.#remembered().filter((fingerprint) => fingerprint !== fingerprintOf(url));
    this.#options.settings.set(rememberedKey, [...others, fingerprintOf(url)].slice(-mostRemembered));
  }

  #remembered(): readonly string[] {
    return texts.parse(this.#options.settings.get(rememberedKey));
  }
}

/** An address is a secret: whoever knows it may ring. */
function fingerprintOf(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}
