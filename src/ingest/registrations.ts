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
export interface Registrations {
  of(place: Place): Registration | null;
  save(place: Place, registration: Registration): void;
  forget(place: Place): void;
  /** Earlier losses of these accounts' webhooks no longer count. */
  forgive(accountIds: readonly string[]): void;
  /** The bank's ids of the webhooks of one login. */
  idsOf(loginId: string): readonly string[];
  /** Addresses change, for instance those of Home Assistant's cloud; the bridge still recognises what it registered. */
  remember(url: string): void;
  remembers(url: string): boolean;
}

export function createRegistrations(settings: Settings): Registrations {
  const all = () => new Map(registrationsSchema.parse(settings.get(registrationsKey)));
  const write = (changed: ReadonlyMap<string, Registration>) => settings.set(registrationsKey, [...changed]);
  const of = (place: Place) => all().get(keyOf(place)) ?? null;
  const remembered = () => texts.parse(settings.get(rememberedKey));
  return {
    of,
    save: (place, registration) => {
      if (JSON.stringify(of(place)) !== JSON.stringify(registration))
        write(all().set(keyOf(place), registration));
    },
    forget: (place) => {
      const known = all();
      if (known.delete(keyOf(place))) write(known);
    },
    forgive: (accountIds) => {
      const known = all();
      const isMeant = (key: string) => accountIds.some((accountId) => key.endsWith(` ${accountId}`));
      const lost = [...known].filter(([key, { losses }]) => losses > 0 && isMeant(key));
      for (const [key, registration] of lost) known.set(key, { ...registration, losses: 0 });
      if (lost.length > 0) write(known);
    },
    idsOf: (loginId) => [...all()].filter(([key]) => key.startsWith(`${loginId} `)).map(([, { id }]) => id),
    remember: (url) => {
      const fingerprint = fingerprintOf(url);
      const others = remembered().filter((other) => other !== fingerprint);
      settings.set(rememberedKey, [...others, fingerprint].slice(-mostRemembered));
    },
    remembers: (url) => remembered().includes(fingerprintOf(url)),
  };
}

export function keyOf({ loginId, accountId }: Place): string {
  return `${loginId} ${accountId}`;
}

/** An address is a secret: anyone who knows it can call. */
export function fingerprintOf(url: string): string {
  return createHash('sha256').update(plainAddress(url)).digest('hex');
}
