import { createHash } from 'node:crypto';
import { z } from 'zod';
import { plainAddress } from '../domain/webhook-address.ts';
import type { Instant } from '../domain/values.ts';
import type { Settings } from '../store/bridge-records.ts';

/** A webhook of ours as it was last known to be at the bank. */
export interface Registration {
  /** The bank's id of it. */
  readonly id: string;
  /** A fingerprint of the address that was wanted. */
  readonly address: string;
  /** When it was registered, or first found at the bank. */
  readonly at: Instant;
  /** Whether a list has shown it. */
  readonly isListed: boolean;
  /** How often the account's webhook was gone again within a day. */
  readonly losses: number;
  /** It was proven to be gone, and no other was registered since. */
  readonly isGone: boolean;
}

/** One login's webhook for one account. */
export interface Place {
  readonly loginId: string;
  readonly accountId: string;
}

const registrationsKey = 'webhook_registrations';
const rememberedKey = 'registered_addresses';
/** More addresses than Monzo's list can still hold. */
const mostRemembered = 200;

const registrationSchema = z.object({
  id: z.string(),
  address: z.string(),
  at: z.number(),
  isListed: z.boolean(),
  losses: z.number(),
  isGone: z.boolean(),
});
const texts = z.array(z.string()).catch([]);
const registrationsSchema = z.array(z.tuple([z.string(), registrationSchema])).catch([]);

/** What the bridge has registered at the bank, kept on disk: the bank's lists may show it late, or in another form. */
export class Registrations {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  of(place: Place): Registration | null {
    return this.#all().get(keyOf(place)) ?? null;
  }

  save(place: Place, registration: Registration): void {
    if (JSON.stringify(this.of(place)) === JSON.stringify(registration)) return;
    this.#write(new Map([...this.#all(), [keyOf(place), registration]]));
  }

  forget(place: Place): void {
    if (this.of(place)) this.#write(new Map([...this.#all()].filter(([key]) => key !== keyOf(place))));
  }

  /** Earlier losses of these accounts' webhooks no longer count. */
  forgive(accountIds: readonly string[]): void {
    const isMeant = (key: string) => accountIds.some((accountId) => key.endsWith(` ${accountId}`));
    const lost = [...this.#all()].filter(([key, { losses }]) => losses > 0 && isMeant(key));
    if (lost.length === 0) return;
    this.#write(
      new Map([...this.#all(), ...lost.map(([key, known]) => [key, { ...known, losses: 0 }] as const)]),
    );
  }

  /** The bank's ids of the webhooks of one login. */
  idsOf(loginId: string): readonly string[] {
    return [...this.#all()].filter(([key]) => key.startsWith(`${loginId} `)).map(([, { id }]) => id);
  }

  /** Addresses change, for instance those of Home Assistant's cloud; the bridge still recognises what it registered. */
  remember(url: string): void {
    const fingerprint = fingerprintOf(url);
    const others = this.#remembered().filter((other) => other !== fingerprint);
    this.#settings.set(rememberedKey, [...others, fingerprint].slice(-mostRemembered));
  }

  remembers(url: string): boolean {
    return this.#remembered().includes(fingerprintOf(url));
  }

  #remembered(): readonly string[] {
    return texts.parse(this.#settings.get(rememberedKey));
  }

  #all(): ReadonlyMap<string, Registration> {
    return new Map(registrationsSchema.parse(this.#settings.get(registrationsKey)));
  }

  #write(all: ReadonlyMap<string, Registration>): void {
    this.#settings.set(registrationsKey, [...all]);
  }
}

export function keyOf({ loginId, accountId }: Place): string {
  return `${loginId} ${accountId}`;
}

/** An address is a secret: anyone who knows it can call. */
export function fingerprintOf(url: string): string {
  return createHash('sha256').update(plainAddress(url)).digest('hex');
}
