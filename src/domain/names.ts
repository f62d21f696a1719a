import { createHash } from 'node:crypto';
import { accountTypeName, type Account, type Pot } from './account.ts';
import { createRecent } from '../memo.ts';
import { bankZone, shortDateText } from './time.ts';
import { amountText } from './values.ts';

/** Names by id, in the order in which the accounts or pots were given. */
export type Names = ReadonlyMap<string, string>;

/**
 * Names of accounts: the type ("Current account"), with the owners' first names in front if two would have the same
 * name ("Alex current account"), and numbered if they still would.
 */
export function accountNames(accounts: readonly Account[]): Names {
  return distinctNames(
    accounts.map((account) => {
      const name = accountTypeName(account);
      return { id: account.id, name, longer: () => [owned(name, firstNames(account))] };
    }),
  );
}

function firstNames({ owners }: Account): readonly string[] {
  return owners.map((owner) => owner.firstName).filter((firstName) => firstName !== '');
}

function owned(name: string, people: readonly string[]): string {
  return people.length === 0 ? name : `${people.join(' and ')} ${lowerFirst(name)}`;
}

/**
 * Names of pots: as in the Monzo app, followed by the account if the name is taken, and by what else tells two of one
 * account apart: the type, the goal, the day on which it was opened.
 */
export function potNames(pots: readonly Pot[], accounts: Names): Names {
  // Balances change with every move, and names with none.
  const facts = pots.map((pot) => ({ ...pot, balance: 0 }));
  const key = JSON.stringify([facts, [...accounts]]);
  const known = namesOfPots.get(key);
  if (known !== undefined) return known;
  const names = distinctNames(
    pots.map((pot) => nameableOf(pot, accounts.get(pot.accountId))),
    accounts.values(),
  );
  namesOfPots.set(key, names);
  return names;
}

const namesOfPots = createRecent<Names>(8);

/** Names of pots with the account behind at most. */
function shortPotNames(pots: readonly Pot[], accounts: Names): Names {
  return distinctNames(
    pots.map((pot) => {
      const { id, name, longer } = nameableOf(pot, accounts.get(pot.accountId));
      return { id, name, longer: () => longer().slice(0, 1) };
    }),
    accounts.values(),
  );
}

function nameableOf(pot: Pot, account: string | undefined): Nameable {
  const name = pot.name.trim() || 'Pot';
  return { id: pot.id, name, longer: () => longerNames(pot, name, account) };
}

function longerNames(pot: Pot, name: string, account: string | undefined): readonly string[] {
  const within = (...facts: readonly (string | null | undefined)[]) => {
    const told = facts.filter((fact) => fact !== null && fact !== undefined && fact !== '');
    return told.length === 0 ? name : `${name} (${told.join(', ')})`;
  };
  const type = pot.type === 'default' ? null : pot.type.replaceAll('_', ' ').trim();
  const goal = pot.goal === null ? null : `goal ${amountText(pot.goal, pot.currency)}`;
  const opened = Number.isFinite(pot.created) ? `opened ${shortDateText(pot.created, bankZone)}` : null;
  return [
    within(account),
    ...[type, goal, opened].map((fact) => within(account, fact)),
    within(account, type, goal, opened),
    within(account),
  ];
}

/** Monzo's own that are known; there may be others. */
export const monzoCategories: ReadonlySet<string> = new Set(
  (
    'bills cash charity eating_out entertainment expenses family finances general gifts groceries holidays income mondo ' +
    'personal_care savings shopping transfers transport'
  ).split(' '),
);

const categoryNames: ReadonlyMap<string, string> = new Map([
  ['', 'No category'],
  ['mondo', 'Top-up'],
]);

/** Whether a person made this category: Monzo shows its id to programs, and its name to nobody. */
export function isCustomCategory(category: string): boolean {
  return category.startsWith('category_');
}

/** A category in words: the name that a person has given to it, else Monzo's own made readable. */
export function categoryName(category: string, given: Names): string {
  const name = given.get(category) ?? categoryNames.get(category);
  if (name !== undefined) return name;
  if (isCustomCategory(category)) return 'Custom category';
  const words = category.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The last name of an account, or of a pot of it, that was shown at some time; an account's own id is its `accountId`. */
export interface KeptName {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
}

/** Names that events are shown with. */
export interface EventNames {
  /** Null for a pot that was never seen. */
  readonly pot: (id: string) => string | null;
  readonly category: (category: string) => string;
}

/** Unique slugs for entity ids, by id: lower-case letters, digits and single underscores. */
export function slugsOf(named: Iterable<readonly [string, string]>): Slugs {
  const free = createNumbering('_');
  return new Map([...named].map(([id, name]) => [id, free(slugOf(name))]));
}

/** The middle of the entity ids, by the id of the account or pot. */
export type Slugs = ReadonlyMap<string, string>;

/**
 * Slugs for the accounts and pots that have none in `given`, which is kept. They do not depend on who connected first:
 * an account's always has its owners' first names, in alphabetical order, and a pot's its account's behind where another
 * pot has the name.
 */
export function slugsFor(accounts: readonly Account[], pots: readonly Pot[], given: Slugs): Slugs {
  const free = createNumbering('_', given.values());
  const isNew = ({ id }: { readonly id: string }) => !given.has(id);
  const ofAccounts = accounts
    .filter(isNew)
    .map((account): readonly [string, string] => [
      account.id,
      free(slugOf(owned(accountTypeName(account), firstNames(account).toSorted()))),
    ]);
  const withAccounts = new Map([...given, ...ofAccounts]);
  const chosen = shortPotNames(pots.filter(isNew), withAccounts);
  return new Map([...withAccounts, ...[...chosen].map(([id, name]) => [id, free(slugOf(name))] as const)]);
}

/** The slugs of a ledger of an earlier version, which kept none: by the names of that time. */
export function formerSlugs(accounts: readonly Account[], pots: readonly Pot[]): Slugs {
  const names = accountNames(accounts.map((account) => ({ ...account, currency: 'GBP' })));
  const ofPots = shortPotNames(pots, names);
  const free = createNumbering('_');
  return new Map([...names, ...ofPots].map(([id, name]) => [id, free(plainSlug(name))]));
}

/** Home Assistant's HomeKit bridge takes an entity for an air sensor where one of these is anywhere in its id. */
const airSensors = /g(?=as)|c(?=o2)|p(?=m10|m25)/g;

function slugOf(name: string): string {
  return plainSlug(name).replaceAll(airSensors, '$&_');
}

function plainSlug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'pot';
}

/** Asked for with every snapshot, and nearly always the same. */
const keys = createRecent<string>(1_000);

/** Names with the same key look the same to a person. */
function keyOf(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = plainSlug(name) + name.replaceAll(/[\p{ASCII}]/gu, '');
  keys.set(name, key);
  return key;
}

interface Nameable {
  readonly id: string;
  readonly name: string;
  /** Where another one has the name: the first of these that no other one has; the last one where all are shared. */
  readonly longer: () => readonly string[];
}

function distinctNames(nameables: readonly Nameable[], taken: Iterable<string> = []): Names {
  const takenKeys = new Set([...taken].map(keyOf));
  const used = new Set([...takenKeys, ...nameables.map(({ name }) => keyOf(name))]);
  if (used.size === takenKeys.size + nameables.length)
    return new Map(nameables.map(({ id, name }) => [id, name]));
  return longerWhereShared(nameables, takenKeys);
}

function longerWhereShared(nameables: readonly Nameable[], takenKeys: ReadonlySet<string>): Names {
  const named = nameables.map(({ id, name, longer }) => ({ id, choices: [name, ...longer()] }));
  const levels = Math.max(1, ...named.map(({ choices }) => choices.length));
  const choice = (choices: readonly string[], level: number) => choices[level] ?? choices.at(-1) ?? '';
  const uses = Array.from({ length: levels }, (_, level) => {
    const counts = new Map<string, number>();
    const chosen = named.map(({ choices }) => keyOf(choice(choices, level)));
    for (const key of [...chosen, ...takenKeys]) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  });
  const free = createNumbering(' ');
  const isAlone = (name: string, level: number) => uses[level]?.get(keyOf(name)) === 1;
  return new Map(
    named.map(({ id, choices }) => [id, free(choices.find(isAlone) ?? choice(choices, levels))]),
  );
}

/** Returns each text once: first unchanged, then numbered from 2. Remembers each count, so that many equal texts stay cheap. */
function createNumbering(separator: string, used: Iterable<string> = []): (text: string) => string {
  const taken = new Set<string>(used);
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

/** "Current account" within a sentence; "US dollar account" stays. */
function lowerFirst(name: string): string {
  return /^.[A-Z]/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
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

/** The end of the unique id and of the entity id of the select that refuses what a failed action says. */
export const refuserKey = 'action_failure';
/** By which a script in Home Assistant finds such a select: of any bridge, because each refuses everything. */
export const refuserPattern = `select[.]monzo_.*${refuserKey}$`;
