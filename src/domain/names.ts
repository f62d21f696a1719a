import { createHash } from 'node:crypto';
import { accountTypeName, type Account, type Pot } from './account.ts';

/** Names by id, in the order in which the accounts or pots were given. */
export type Names = ReadonlyMap<string, string>;

/**
 * Names of accounts: the type ("Current account"), with the owners' first names in front if two would have the same
 * name ("Alex current account"), and numbered if they still would.
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

/** Names of pots: as in the Monzo app, followed by the account if the name is taken. */
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

/** Unique slugs for entity ids, by id: lower-case letters, digits and single underscores. */
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

/** Names with the same key look the same to a person. */
function keyOf(name: string): string {
  return slugOf(name) + name.replaceAll(/[\p{ASCII}]/gu, '');
}

interface Nameable {
  readonly id: string;
  readonly name: string;
  /** Used if another one has the same `name`. */
  readonly longer: string;
}

function distinctNames(nameables: readonly Nameable[], taken: Iterable<string> = []): Names {
  const keys = nameables.map(({ name }) => keyOf(name));
  const uses = new Map<string, number>();
  for (const key of [...keys, ...new Set([...taken].map(keyOf))]) uses.set(key, (uses.get(key) ?? 0) + 1);
  const free = createNumbering(' ');
  return new Map(
    nameables.map(({ id, name, longer }, index) => {
      const isShared = (uses.get(keys[index] ?? '') ?? 0) > 1;
      return [id, free(isShared ? longer : name)];
    }),
  );
}

/** Returns each text once: first unchanged, then numbered from 2. Remembers each count, so that many equal texts stay cheap. */
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

/** The identifier of a device in Home Assistant, also a part of its topic. Only letters, digits, `_` and `-`. */
export function deviceIdentifier(id: string): string {
  return `${prefix}${safeId(id)}`;
}

/** The account, pot or login of a device, as `safeId` wrote it; null for a device that is not the bridge's. */
export function idOfDevice(identifier: string): string | null {
  return identifier.startsWith(prefix) ? identifier.slice(prefix.length) : null;
}

/** The id itself if it is safe in a topic, as all of Monzo's and ours are; else a distinct replacement. */
export function safeId(id: string): string {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40)}-${digest}`;
}
