import { readAmount } from '../domain/amount.ts';
import { accountTypeName, mayHavePots, type Pot } from '../domain/account.ts';
import type { Knowledge } from '../domain/fold.ts';
import type { LoginView } from '../domain/login.ts';
import { categoryName, monzoCategories, type Names } from '../domain/names.ts';
import type { Currency, Minor } from '../domain/values.ts';
import { knownAccounts, type AccountView, type Former, type PotView, type View } from '../domain/view.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Reader } from '../store/reader.ts';

/** The Monzo id behind a device or entity of Home Assistant; null where it is not one of ours. */
export type HomeAssistantTarget = (id: string) => Promise<string | null>;

export interface TargetTools {
  readonly knowledge: () => Knowledge;
  readonly view: () => View;
  readonly homeAssistantTarget: HomeAssistantTarget;
}

export type Direction = 'deposit' | 'withdraw';

export interface RequestedPotMove {
  readonly pot: string;
  /** If left out: the account that the pot belongs to. */
  readonly account?: string | undefined;
  readonly direction: Direction;
}

/** The logins that may act on an account now: at least one. */
export type ActiveLogins = readonly [LoginView, ...LoginView[]];

/** A pot, the account it belongs to, and the logins that may move money between them now. */
export interface PotMoveTarget {
  readonly pot: PotView;
  readonly account: AccountView;
  readonly logins: ActiveLogins;
}

/**
 * The account that a caller names: by its Monzo id, by its name whatever its case and its emoji, or by a device or entity
 * of Home Assistant. Throws `unknown_account`, `ambiguous_account` and `account_closed` with those to choose from.
 */
export async function accountNamed(tools: TargetTools, named: string): Promise<AccountView> {
  return oneMeant(tools, accountChoice(tools), named);
}

/**
 * The pot and the account of a move. A pot moves money only with the account it belongs to, so the account need be named
 * only to tell pots of one name apart. Throws what `accountNamed` throws; `unknown_pot`, `ambiguous_pot` and `pot_deleted`
 * with those to choose from; `pot_missing`, `pot_account_mismatch`, `account_without_pots`, `no_login`.
 */
export async function potMoveTarget(tools: TargetTools, request: RequestedPotMove): Promise<PotMoveTarget> {
  const given = request.account === undefined ? null : await accountNamed(tools, request.account);
  if (given) refuseWithoutPots(given);
  const pot = await potNamed(tools, request.pot, given);
  const account = tools.view().accounts.find(({ id }) => id === pot.accountId);
  if (!account || (given && given.id !== account.id))
    throw refuse('pot_account_mismatch', { by: 'bridge', pot: pot.name, account: account?.name ?? null });
  refuseWithoutPots(account);
  if (pot.missing) throw refuse('pot_missing', { pot: pot.name });
  return { pot, account, logins: activeLogins(tools.view(), account) };
}

/** What a question about the ledger is narrowed to, as a caller names it. */
export interface Narrowing {
  readonly account?: string | undefined;
  readonly pot?: string | undefined;
  readonly category?: string | undefined;
}

export interface NarrowingTools extends TargetTools {
  readonly former: () => readonly Former[];
  readonly reader: Reader;
  readonly store: {
    readonly ledger: Pick<Ledger, 'hasAccount' | 'hasPot'>;
    readonly names: { readonly given: () => Names };
  };
}

/**
 * The ids of the account, the pot and the category whose transactions are asked for: closed, deleted and forgotten ones have
 * them still, and their last names count where nothing that is shown is meant. Throws what `accountNamed` throws,
 * `unknown_pot`, `ambiguous_pot`, `pot_deleted`, `unknown_category` and `ambiguous_category`.
 */
export async function narrowedTo(
  tools: NarrowingTools,
  { account, pot, category }: Narrowing,
): Promise<NarrowedTo & { readonly category: string | undefined }> {
  return {
    accountId: account === undefined ? undefined : await accountIdOf(tools, account),
    potId: pot === undefined ? undefined : await potIdOf(tools, pot),
    category: category === undefined ? undefined : await categoryIdOf(tools, category),
  };
}

/**
 * The same where only what is shown has an answer. Throws `account_closed` and `pot_deleted` for what has been, too.
 */
async function narrowedToShown(tools: TargetTools, { account, pot }: Narrowing): Promise<NarrowedTo> {
  return {
    accountId: account === undefined ? undefined : (await accountNamed(tools, account)).id,
    potId: pot === undefined ? undefined : (await potNamed(tools, pot, null)).id,
  };
}

export interface NarrowedTo {
  readonly accountId: string | undefined;
  readonly potId: string | undefined;
}

/** For doors that ask the ledger themselves, and that change what is set for accounts and pots. */
export function createNarrowing(tools: NarrowingTools) {
  return {
    ofLedger: (asked: Narrowing) => narrowedTo(tools, asked),
    ofShown: (asked: Narrowing) => narrowedToShown(tools, asked),
    accountId: (named: string) => accountIdOf(tools, named),
    potId: (named: string) => potIdOf(tools, named),
  };
}

/** The id of an account, closed and forgotten ones included. Throws what `accountNamed` throws. */
async function accountIdOf(tools: NarrowingTools, named: string): Promise<string> {
  const id = named.trim();
  const isKnown = knownAccounts(tools.knowledge()).some(({ account }) => account.id === id);
  return isKnown || tools.store.ledger.hasAccount(id) ? id : keptIdOf(tools, accountChoice(tools), named);
}

/** The id of a pot, deleted and forgotten ones included. Throws `unknown_pot`, `ambiguous_pot` and `pot_deleted`. */
export async function potIdOf(tools: NarrowingTools, named: string): Promise<string> {
  const id = named.trim();
  const isKnown = allPots(tools.knowledge()).some((pot) => pot.id === id);
  return isKnown || tools.store.ledger.hasPot(id) ? id : keptIdOf(tools, potChoice(tools), named);
}

/** A category that Monzo has is one, also before anything was bought in it. */
async function categoryIdOf({ reader, store }: NarrowingTools, named: string): Promise<string> {
  const given = store.names.given();
  if (monzoCategories.has(named) || given.has(named)) return named;
  const known = new Set([...(await reader.ask('categories', null)), ...given.keys(), ...monzoCategories]);
  const all = [...known].map((id) => ({ id, name: categoryName(id, given) }));
  const [only, ...others] = meantBy(all, named);
  if (only === undefined) throw refuse('unknown_category', { choices: all });
  if (others.length > 0) throw refuse('ambiguous_category', { choices: [only, ...others] });
  return only.id;
}

/** The id of what is shown, else of what is shown no more. Throws what `oneMeant` throws. */
async function keptIdOf<Thing extends Candidate>(
  tools: NarrowingTools,
  choice: Choice<Thing>,
  named: string,
): Promise<string> {
  const shown = await shownMeant(tools, choice, named);
  if (shown) return shown.id;
  const former = tools.former().filter(({ kind }) => kind === choice.kind);
  const kept = onlyOne(choice.kind, meantBy(former, named));
  return kept?.id ?? refuseUnmeant(choice, named);
}

/** An amount as a person or a program gave it, in minor units. Throws `bad_amount`. */
export function amountOf(given: unknown, currency: Currency): Minor {
  const read = readAmount(given, currency);
  if ('amount' in read) return read.amount;
  throw refuse('bad_amount', { wrong: read.wrong });
}

async function potNamed(tools: TargetTools, named: string, account: AccountView | null): Promise<PotView> {
  return oneMeant(tools, { ...potChoice(tools), within: account?.id }, named);
}

function accountChoice({ knowledge, view }: TargetTools): Choice<AccountView & Candidate> {
  const candidates = view().accounts.map((account) => ({ ...account, plain: accountTypeName(account) }));
  const gone = knownAccounts(knowledge())
    .filter(({ account }) => account.closed)
    .map(({ account }) => ({ id: account.id, name: accountTypeName(account) }));
  return { kind: 'account', candidates, gone };
}

function potChoice({ knowledge, view }: TargetTools): Choice<PotView & Candidate> {
  const known = new Map(allPots(knowledge()).map((pot) => [pot.id, pot]));
  const candidates = view().pots.map((pot) => ({ ...pot, plain: known.get(pot.id)?.name ?? pot.name }));
  const gone = [...known.values()].filter(({ deleted }) => deleted);
  return { kind: 'pot', candidates, gone };
}

interface Nameable {
  readonly id: string;
  /** As shown: distinct, with the owner or the account where that is needed. */
  readonly name: string;
}

interface Candidate extends Nameable {
  /** The name before names were made distinct: what a person uses when there is only one. */
  readonly plain: string;
  /** Of a pot: the account it belongs to. */
  readonly accountId?: string;
}

interface Choice<Thing extends Candidate> {
  readonly kind: 'account' | 'pot';
  readonly candidates: readonly Thing[];
  /** Closed or deleted ones: a caller who gives the exact name of one means that one, and no similar name. */
  readonly gone: readonly Nameable[];
  /** Where several fit, only those of this account. */
  readonly within?: string | undefined;
}

const noMore = { account: 'account_closed', pot: 'pot_deleted' } as const;

/** The only one that fits. Throws a refusal with those to choose from where none or several do. */
async function oneMeant<Thing extends Candidate>(
  tools: TargetTools,
  choice: Choice<Thing>,
  named: string,
): Promise<Thing> {
  return (await shownMeant(tools, choice, named)) ?? refuseUnmeant(choice, named);
}

/** The same, and null where none fits. */
async function shownMeant<Thing extends Candidate>(
  { homeAssistantTarget }: TargetTools,
  choice: Choice<Thing>,
  named: string,
): Promise<Thing | null> {
  const { kind, candidates, within } = choice;
  const called = calledBy(isGone(choice, named) ? toTheLetter : ways, candidates, named);
  const inside = called.filter(({ accountId }) => accountId === within);
  const only = onlyOne(kind, called.length > 1 && inside.length > 0 ? inside : called);
  if (only) return only;
  const id = await homeAssistantTarget(named.trim());
  return candidates.find((one) => one.id === id) ?? null;
}

function isGone({ gone }: Choice<Candidate>, named: string): boolean {
  return gone.some((one) => isMeant(one, named));
}

/** Null where there is none. Throws `ambiguous_account` or `ambiguous_pot` where there are several. */
function onlyOne<Thing extends Nameable>(kind: 'account' | 'pot', meant: readonly Thing[]): Thing | null {
  if (meant.length > 1) throw refuse(`ambiguous_${kind}`, { choices: choicesOf(meant) });
  return meant[0] ?? null;
}

function refuseUnmeant(choice: Choice<Candidate>, named: string): never {
  const { kind, candidates } = choice;
  const code = isGone(choice, named) ? noMore[kind] : (`unknown_${kind}` as const);
  throw refuse(code, { by: 'bridge', choices: choicesOf(candidates) });
}

type Way = (one: Candidate, named: string) => boolean;

/** Ways to compare names, the strictest first: a later one is used only where the ones before find nothing. */
const toTheLetter: readonly Way[] = [isMeant, ({ plain }, named) => isSame(plain, named)];
const ways: readonly Way[] = [
  ...toTheLetter,
  ({ name, plain }, named) => [name, plain].some((own) => isSimilar(own, named)),
];

/**
 * Those that a person means by an id, a name or a plain name: to the letter if there are such, else without regard to emoji
 * and signs.
 */
export function meantBy<Thing extends Nameable & Partial<Candidate>>(
  things: readonly Thing[],
  named: string,
): readonly Thing[] {
  const candidates = things.map((thing) => {
    const { id, name, plain = name } = thing;
    return { thing, id, name, plain };
  });
  return calledBy(ways, candidates, named).map(({ thing }) => thing);
}

function calledBy<Thing extends Candidate>(
  inTurn: readonly Way[],
  candidates: readonly Thing[],
  named: string,
): readonly Thing[] {
  const found = inTurn.map((isCalled) => candidates.filter((one) => isCalled(one, named)));
  return found.find(({ length }) => length > 0) ?? [];
}

function isMeant({ id, name }: Nameable, named: string): boolean {
  return id === named.trim() || isSame(name, named);
}

function isSame(name: string, named: string): boolean {
  return plainText(name) === plainText(named);
}

/** Compares letters and digits only: people put emoji into the names of pots, and few can type them. */
function isSimilar(name: string, named: string): boolean {
  return bareText(named) !== '' && bareText(name) === bareText(named);
}

const words = /[\p{Letter}\p{Number}][\p{Letter}\p{Mark}\p{Number}]*/gu;

function bareText(name: string): string {
  return (plainText(name).match(words) ?? []).join(' ');
}

function plainText(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

function allPots({ pots }: Knowledge): readonly Pot[] {
  return [...pots.values()].flatMap(({ value }) => value);
}

/** The active logins that see an account: each may act on it. Throws `no_login` with what one of the others needs. */
export function activeLogins(
  { logins }: View,
  { loginIds, name }: Pick<AccountView, 'loginIds' | 'name'>,
): ActiveLogins {
  const seeing = logins.filter(({ id }) => loginIds.includes(id));
  const [first, ...others] = seeing.filter(({ state }) => state === 'active');
  if (first) return [first, ...others];
  const needs = seeing.find((login) => login.needs !== null)?.needs ?? null;
  throw refuse('no_login', { account: name, needs });
}

function refuseWithoutPots(account: AccountView): void {
  if (mayHavePots(account)) return;
  throw refuse('account_without_pots', { account: account.name, type: accountTypeName(account) });
}

function choicesOf(candidates: readonly Nameable[]): readonly Nameable[] {
  return candidates.map(({ id, name }) => ({ id, name }));
}
