import { notingReads, switchesWith } from './switches.ts';
import type { Switches } from './switches.ts';

/** Amounts are integers in minor units, negative when money leaves; instants are milliseconds since the epoch. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
  readonly confidential: boolean;
  readonly redirectUrls: string[];
  /** The people who may log in through this client. */
  readonly collaborators: string[];
}

export interface Account {
  readonly id: string;
  readonly createdMs: number;
  readonly accountNumber: string;
  type: string;
  currency: string;
  ownerIds: readonly string[];
  closed: boolean;
  balance: number;
  /** Set after the card was used in another currency, until the person is home again. */
  abroad: { readonly currency: string; readonly rate: number } | null;
}

export interface Pot {
  readonly id: string;
  readonly accountId: string;
  /** The pot's own hidden account, named in the metadata of its transfers. */
  readonly hiddenAccountId: string;
  currency: string;
  readonly type: string;
  readonly createdMs: number;
  readonly isTaxPot: boolean;
  readonly isaWrapper: string;
  name: string;
  style: string;
  balance: number;
  goal: number | null;
  roundUp: boolean;
  lockedUntilMs: number | null;
  addedSecurity: boolean;
  deleted: boolean;
  updatedMs: number;
}

export interface Merchant {
  readonly id: string;
  readonly groupId: string;
  readonly name: string;
  readonly emoji: string;
  readonly logo: string;
  readonly category: string;
  readonly online: boolean;
  readonly atm: boolean;
  readonly city: string;
  readonly country: string;
  readonly createdMs: number;
}

/** The bank has one for many shops, and for as many others an empty text. */
export const emojis: ReadonlyMap<string, string> = new Map([
  ['Blue Door Coffee', '☕'],
  ['Green Grocer', '🥦'],
  ['Night Cinema', '🎬'],
  ['Transport for Town', '🚌'],
]);

export interface Transaction {
  readonly id: string;
  readonly accountId: string;
  readonly createdMs: number;
  readonly currency: string;
  readonly localCurrency: string;
  readonly merchantId: string | null;
  /** How it is split over categories; null where it is not. */
  split: Readonly<Record<string, number>> | null;
  readonly scheme: string;
  readonly dedupeId: string;
  readonly userId: string;
  readonly originator: boolean;
  readonly isLoad: boolean;
  readonly inSpending: boolean;
  readonly counterparty: Readonly<Record<string, string>>;
  readonly metadata: Record<string, string>;
  readonly declineReason: string | null;
  description: string;
  amount: number;
  localAmount: number;
  category: string;
  notes: string;
  updatedMs: number;
  settledMs: number | null;
  state: 'pending' | 'settled' | 'declined' | 'reversed';
}

export interface Webhook {
  readonly id: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly url: string;
  readonly createdMs: number;
}

export interface FeedItem {
  readonly atMs: number;
  readonly accountId: string;
  readonly clientId: string;
  readonly params: Readonly<Record<string, string>>;
}

/** One request to the bank's API; `status` is 0 if no answer was sent. */
export interface LoggedCall {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly clientId: string | null;
  readonly userId: string | null;
  readonly fault: string | null;
}

/** A change of a transaction. */
export interface News {
  readonly what: 'created' | 'settled' | 'reversed' | 'changed';
  readonly transaction: Transaction;
}

export type TokenState = 'live' | 'replaced' | 'evicted' | 'logged_out';

export interface Token {
  readonly text: string;
  readonly clientId: string;
  readonly userId: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
  state: TokenState;
}

/** One person's authorisation of one client. */
export interface Grant {
  readonly clientId: string;
  readonly userId: string;
  readonly access: Token;
  readonly refresh: Token | null;
  readonly loggedInMs: number;
  approvedMs: number | null;
  /** The accounts that the approval is for; null for all. */
  approvedAccounts: readonly string[] | null;
  /** Whether the person denied the request in the app: that cannot be undone without another log-in. */
  denied: boolean;
  /** Whether the person has approved in the app since the last log-in. */
  approvedSinceLogin: boolean;
  fullHistoryUntilMs: number;
}

export interface LoginCode {
  readonly text: string;
  readonly clientId: string;
  readonly userId: string;
  readonly redirectUri: string;
  readonly issuedMs: number;
  used: boolean;
}

/** A pot transfer that was made, as stored under its dedupe id. */
export interface MadeMove {
  readonly userId: string;
  readonly amount: number;
  readonly atMs: number;
}

/** How a row is shown: in lists, or asked for by its id. */
export type Showing = 'lists' | 'by_id';

/** A pot transfer that was answered 200 and comes later. */
export interface DeferredMove {
  readonly atMs: number;
  readonly carryOut: (atMs: number) => void;
}

/** The state of the simulated bank: plain maps, no input or output. */
export interface Model {
  readonly now: () => number;
  readonly random: () => number;
  readonly switches: Switches;
  readonly people: Map<string, Person>;
  readonly clients: Map<string, OAuthClient>;
  readonly accounts: Map<string, Account>;
  readonly pots: Map<string, Pot>;
  readonly merchants: Map<string, Merchant>;
  readonly transactions: Map<string, Transaction>;
  /** Per account, oldest first. */
  readonly statements: Map<string, Transaction[]>;
  /** Transactions that are not shown before this instant, by id, in lists and by their ids: the bank's reads lag behind. */
  readonly shownAtMs: Readonly<Record<Showing, Map<string, number>>>;
  /** Transactions that the bank has dropped, by id: it shows them nowhere any more. */
  readonly vanished: Set<string>;
  /** Transactions that two people were shown differently, by id. */
  readonly seenDifferently: Set<string>;
  /** What accounts and pots held before, and until when, oldest first. */
  readonly pastBalances: Map<string, { readonly untilMs: number; readonly balance: number }[]>;
  /** Holds that another row has charged and that are still shown, by id. */
  readonly charged: Set<string>;
  readonly webhooks: Map<string, Webhook>;
  /** Webhooks that were deleted, with when: lists may still show them. */
  readonly deletedWebhooks: Map<Webhook, number>;
  /** How often each list was answered, where the switches `lists` and `accountRefusal` count them. */
  readonly listsAnswered: Map<string, number>;
  readonly receipts: Map<string, Readonly<Record<string, unknown>>>;
  readonly feed: FeedItem[];
  /** By pot, account, direction and dedupe id. */
  readonly moves: Map<string, readonly MadeMove[]>;
  /** In the order in which they were asked for. */
  readonly deferred: DeferredMove[];
  readonly codes: Map<string, LoginCode>;
  readonly accessTokens: Map<string, Token>;
  readonly refreshTokens: Map<string, Token>;
  readonly grants: Map<string, Grant>;
  /** When each sign-in called, as far as the limit of calls counts it. */
  readonly callTimes: Map<string, readonly number[]>;
  /** Until when good tokens are refused as well. */
  readonly tokenIncident: { untilMs: number };
  readonly calls: LoggedCall[];
  readonly listeners: Set<(news: News) => void>;
  lastNumber: number;
}

export interface BankOptions {
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly switches?: Partial<Switches> | undefined;
  /** Notes the positions of switches that the bank acts by. */
  readonly reached?: Set<string> | undefined;
}

/** A bank without people, accounts or transactions. */
export function emptyModel(options: BankOptions): Model {
  return {
    now: options.now,
    random: options.random,
    switches: options.reached
      ? notingReads(switchesWith(options.switches), options.reached)
      : switchesWith(options.switches),
    people: new Map(),
    clients: new Map(),
    accounts: new Map(),
    pots: new Map(),
    merchants: new Map(),
    transactions: new Map(),
    statements: new Map(),
    shownAtMs: { lists: new Map(), by_id: new Map() },
    vanished: new Set(),
    seenDifferently: new Set(),
    pastBalances: new Map(),
    charged: new Set(),
    webhooks: new Map(),
    deletedWebhooks: new Map(),
    listsAnswered: new Map(),
    receipts: new Map(),
    feed: [],
    moves: new Map(),
    deferred: [],
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    grants: new Map(),
    callTimes: new Map(),
    tokenIncident: { untilMs: 0 },
    calls: [],
    listeners: new Set(),
    lastNumber: 0,
  };
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Random base-62 text of the given length. */
export function randomText(model: Model, length: number): string {
  let text = '';
  while (text.length < length) text += base62.charAt(Math.floor(model.random() * 62));
  return text;
}

/** A new id such as `tx_0000Ab3x…`: prefix, sequence number, a few random letters. */
export function newId(model: Model, prefix: string): string {
  model.lastNumber += 1;
  let number = model.lastNumber;
  let text = '';
  while (text.length < 6) {
    text = base62.charAt(number % 62) + text;
    number = Math.floor(number / 62);
  }
  return `${prefix}_0000A${text}${randomText(model, 6)}`;
}

/** The entry with the id. Throws an error that names it, for use inside the simulator and not for answers of the API. */
export function must<Value>(map: ReadonlyMap<string, Value>, id: string): Value {
  const value = map.get(id);
  if (value === undefined) throw new Error(`The simulated bank knows no ${id}.`);
  return value;
}
