import { createHash } from 'node:crypto';
import { accountTypeName, type Account, type Pot } from './account.ts';

/** Names by id, in the order in which the accounts or pots were given. */
export type Names = ReadonlyMap<string, string>;

/**
 * What accounts are called: by type ("Current account"), with the owner's first name in front once two would be
 * alike ("Alex current account"), and numbered where even that does not tell them apart.
 */
export function accountNames(accounts: readonly Account[]): Names {
  return distinctNames(
    accounts.map(({ id, type, owners }) => {
      const name = accountTypeName(type);
      const people = owners.map((owner) => owner.firstName).filter((firstName) => firstName !== '');
      const longer = people.length === 0 ? name : `${people.join(' and ')} ${lowerFirst(name)}`;
      return { id, name, longer };
    }),
  );
}

/** What pots are called: as the person named them, with the account behind on a collision with anything else. */
export function potNames(pots: readonly Pot[], accounts: Names): Names {
  return distinctNames(
    pots.map((pot) => {
      const name = pot.name.trim() || 'Pot';
      const account = accounts.get(pot.accountId);
      return { id: pot.id, name, longer: account === undefined ? name : `${name} (${account})` };
    }),
    accounts.values(),
  );
}

/** Slugs by id for entity ids: lower-case letters, digits and single underscores, each one used once. */
export function slugsOf(named: Iterable<readonly [string, string]>): ReadonlyMap<string, string> {
  const free = createNumbering('_');
  return new Map([...named].map(([id, name]) => [id, free(slugOf(name))]));
}

function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'pot';
}

function sameness(name: string): string {
  return slugOf(name) + name.replaceAll(/[\p{ASCII}]/gu, '');
}

interface Nameable {
  readonly id: string;
  readonly name: string;
  /** What it is called once `name` is like another one. */
  readonly longer: string;
}

function distinctNames(nameables: readonly Nameable[], taken: Iterable<string> = []): Names {
  const keys = nameables.map(({ name }) => sameness(name));
  const uses = new Map<string, number>();
  for (const key of [...keys, ...new Set([...taken].map(sameness))]) uses.set(key, (uses.get(key) ?? 0) + 1);
  const free = createNumbering(' ');
  return new Map(
    nameables.map(({ id, name, longer }, index) => {
      const isAlike = (uses.get(keys[index] ?? '') ?? 0) > 1;
      return [id, free(isAlike ? longer : name)];
    }),
  );
}

/** Gives out each text once: as it is, then numbered from 2. Counting on where it stopped keeps twins cheap. */
function createNumbering(separator: string): (text: string) => string {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (text) => {
    let count = counts.get(text) ?? 1;
    let candidate = count === 1 ? text : `${text}${separator}${count}`;
    for (; taken.has(candidate); candidate = `${text}${separator}${count}`) count += 1;
    counts.set(text, count);
    taken.add(candidate);
    return candidate;
  };
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

const prefix = 'monzo_';

/** What a device in Home Assistant is recognised by; also a part of its topic. Letters, digits, `_` and `-` alone. */
export function deviceIdentifier(id: string): string {
  return `${prefix}${safeId(id)}`;
}

/** The account, pot or login that a device stands for, as `safeId` wrote it; null for a device of somebody else. */
export function idOfDevice(identifier: string): string | null {
  return identifier.startsWith(prefix) ? identifier.slice(prefix.length) : null;
}

/** The id itself where it may stand in a topic, as all of Monzo's and ours do; else a stand-in that keeps it distinct. */
export function safeId(id: string): string {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40)}-${digest}`;
}
