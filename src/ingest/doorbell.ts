import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { createSignal, settlesWithin, type Signal } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { doorbell } from '../limits.ts';
import { id as bankId } from '../monzo/shape.ts';
import { mergedWish, type ListWish } from './account-reading.ts';
import type { PollerPool } from './poller-pool.ts';

export interface DoorbellOptions {
  readonly clock: Clock;
  readonly keys: DoorbellKeys;
  readonly pool: Pick<PollerPool, 'listNew' | 'readTransaction'>;
  /** What the ledger holds of an account's transaction; null where it holds none. */
  readonly held: (accountId: string, transactionId: string) => HeldRow | null;
  /** Whether a call is the bridge's own test of its address. */
  readonly isProbe: (named: string | null) => boolean;
  /**
   * Told of every other call for an account of ours, with the transaction it names, or null. Returns whether a list had
   * shown that transaction moments before: then the call says nothing new.
   */
  readonly onRing: (accountId: string, named: string | null) => boolean;
  readonly ownMoves: OwnMoves;
  /** The ids of the accounts that may be rung for. */
  readonly accounts: () => readonly string[];
}

/** A transaction that the ledger holds: a ring about it means that it has changed. */
export interface HeldRow {
  readonly created: Instant;
  /** Whether a list of one page that begins with it shows everything newer. */
  readonly isInReach: boolean;
}

/** The moves of money that the bridge makes itself: they are read without a ring. */
export interface OwnMoves {
  /** Resolves once an account was read after those that are under way, which is likely to show what rings name; null where none is. */
  readonly underWay: (accountId: string) => Promise<unknown> | null;
  /** Whether a transaction is one of them. */
  readonly isOwn: (transactionId: string) => boolean;
}

/** Since the start of the process. */
export interface DoorbellActivity {
  readonly rings: number;
  readonly lastRing: Instant | null;
  /** Transactions that rings named and the bridge has not seen yet. */
  readonly awaited: number;
  /** Rings that named a transaction the bank does not know. */
  readonly unconfirmed: number;
}

/** A transaction that a ring named and no list has shown yet. */
interface Awaited {
  readonly tries: number;
  readonly due: Monotonic;
}

/** A list that rings caused. */
interface WantedList extends Awaited {
  readonly wish: ListWish;
  /** Whether it counts where it shows nothing new. */
  readonly counts: boolean;
}

/** What the rings of one account have left to do, and what they have cost. */
interface AccountRings {
  readonly awaited: Map<string, Awaited>;
  /** Known transactions that may have changed and are too old for a list: they are read by their ids. */
  readonly old: Set<string>;
  wanted: WantedList | null;
  readonly signal: Signal;
  isRunning: boolean;
  /** A ring that wants something sooner ends the rest. */
  restsUntil: Monotonic;
  listedAt: Monotonic;
  /** The lists that showed nothing new. */
  readonly vainLists: RecentCount;
  /** The readings of known transactions that had not changed. */
  readonly vainReads: RecentCount;
  /** The readings of transactions that no list has shown. */
  readonly looks: RecentCount;
}

const ring = z.object({
  data: z.object({ id: bankId, account_id: z.string() }),
});

/**
 * Reacts to calls of Monzo's webhooks: lists the account, and believes nothing that the call says. A transaction that
 * it names and no list shows yet is listed for again, and at last read by its id, so that a ring that comes before the
 * bank's lists is not lost. Lists that show nothing new make the next one wait, never longer than a real ring may be
 * delayed; what shows something new costs nothing. So forged rings cost little, however many they are.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  readonly #accounts = new Map<string, AccountRings>();
  readonly #stop = new AbortController();
  #rings = 0;
  #lastRing: Instant | null = null;
  #unconfirmed = 0;

  constructor(options: DoorbellOptions) {
    this.#options = options;
  }

  /** The account whose doorbell has this key; null where there is none. */
  accountOf(key: string): string | null {
    const { keys, accounts } = this.#options;
    return keys.accountOf(key, accounts());
  }

  /**
   * Lists an account because of a webhook call that named one of its transactions, or none. Returns false where it was no
   * ring: for no account of ours, or the bridge's own test. Never throws.
   */
  ring(accountId: string, named: string | null): boolean {
    const { accounts, isProbe } = this.#options;
    if (!accounts().includes(accountId) || isProbe(named)) return false;
    this.#take(accountId, named);
    return true;
  }

  #take(accountId: string, named: string | null): void {
    const { clock, held, ownMoves, onRing } = this.#options;
    const isEcho = onRing(accountId, named);
    const rings = this.#ringsOf(accountId);
    this.#rings += 1;
    this.#lastRing = clock.now();
    const known = named === null ? null : held(accountId, named);
    if (isEcho && named !== null && ownMoves.isOwn(named)) return;
    const isAwaited = named !== null && known === null && rings.awaited.size < doorbell.mostAwaited;
    const now = { tries: 0, due: clock.monotonic() + (isEcho ? doorbell.echo : 0), counts: !isEcho };
    if (!isAwaited) want(rings, { ...now, wish: isEcho ? { from: 'newest' } : wishFor(named, known) });
    else if (!rings.awaited.has(named)) rings.awaited.set(named, now);
    const isOld = known?.isInReach === false && !isEcho;
    if (named !== null && isOld && rings.old.size < doorbell.mostOld) rings.old.add(named);
    if (!rings.isRunning) void this.#run(accountId, rings);
    else if (isOld || Math.max(listFreeAt(rings), now.due) < rings.restsUntil) rings.signal.raise();
  }

  /** Lists every account although none was rung for: calls may have been missed. */
  listEveryAccount(): void {
    for (const accountId of this.#options.accounts()) void this.#list(accountId, { from: 'overlap' });
  }

  activity(): DoorbellActivity {
    const waiting = [...this.#accounts.values()].reduce(
      (sum, { awaited, old }) => sum + awaited.size + old.size,
      0,
    );
    return { rings: this.#rings, lastRing: this.#lastRing, awaited: waiting, unconfirmed: this.#unconfirmed };
  }

  close(): void {
    this.#stop.abort(new Error('the bridge is stopping'));
  }

  async #run(accountId: string, rings: AccountRings): Promise<void> {
    const { clock } = this.#options;
    rings.isRunning = true;
    for (let at = nextDue(rings); at !== null && !this.#stop.signal.aborted; at = nextDue(rings)) {
      const pause = at - clock.monotonic();
      rings.restsUntil = at;
      if (pause > 0) await rings.signal.raised({ atMost: pause });
      else await this.#lookFor(accountId, rings);
    }
    rings.isRunning = false;
  }

  /** One list serves all that is due about now. What is read by its id does not make the next list wait. */
  async #lookFor(accountId: string, rings: AccountRings): Promise<void> {
    const { clock, held, ownMoves } = this.#options;
    this.#readOld(accountId, rings);
    const moves = ownMoves.underWay(accountId);
    if (moves) await settlesWithin(clock, doorbell.together, moves);
    const soon = clock.monotonic() + doorbell.together;
    const isSeen = (id: string) => held(accountId, id) !== null && rings.awaited.delete(id);
    const due = [...rings.awaited].filter(([id, awaited]) => awaited.due <= soon && !isSeen(id));
    const wanted = (rings.wanted?.due ?? Number.POSITIVE_INFINITY) <= soon ? rings.wanted : null;
    if (listFreeAt(rings) > clock.monotonic() || (wanted === null && due.length === 0)) return;
    if (wanted) rings.wanted = null;
    const again = due.some(([, { tries }]) => tries > 0);
    const rung = new Set(due.flatMap(([id, { tries }]) => (tries === 0 ? [id] : [])));
    const wish = mergedWish({ from: again ? 'page' : 'newest', rung }, wanted?.wish);
    await this.#listFor(accountId, rings, { wanted, wish });
    for (const [id, { tries }] of due) {
      const pause = doorbell.listAgainAfter[tries];
      if (isSeen(id)) continue;
      if (pause !== undefined) rings.awaited.set(id, { tries: tries + 1, due: clock.monotonic() + pause });
      else void this.#lookOnce(accountId, rings, id);
    }
  }

  /**
   * Lists; a list that fails and that nothing else repeats is wanted again a few times. The balance and the pots are asked
   * for beside it only where nothing within a minute was in vain, so that forged rings cost little.
   */
  async #listFor(accountId: string, rings: AccountRings, { wanted, wish }: ListToMake): Promise<void> {
    const { clock } = this.#options;
    rings.listedAt = clock.monotonic();
    const isLikely = [rings.vainLists, rings.vainReads, rings.looks].every((vain) => vain.count() === 0);
    const news = await this.#list(accountId, isLikely ? wish : { ...wish, rung: undefined });
    if (news !== true && wanted?.counts !== false) rings.vainLists.add();
    const pause = doorbell.listAgainAfter[wanted?.tries ?? Number.POSITIVE_INFINITY];
    if (news !== null || wanted === null || pause === undefined) return;
    const again = { ...wanted, tries: wanted.tries + 1, due: clock.monotonic() + pause };
    want(rings, { ...again, wish: { from: 'page', since: wanted.wish.since } });
  }

  /** The last attempt for a transaction that no list has shown. Never throws. */
  async #lookOnce(accountId: string, rings: AccountRings, id: string): Promise<void> {
    rings.awaited.delete(id);
    if (rings.looks.count() < doorbell.mostLooks) await this.#read(accountId, rings.looks, id);
    if (this.#options.held(accountId, id) === null) this.#unconfirmed += 1;
  }

  /** Begins to read known transactions, in the order of their rings, as many as there may be now. */
  #readOld(accountId: string, rings: AccountRings): void {
    for (const id of rings.old) {
      if (rings.vainReads.count() >= doorbell.mostReads) return;
      rings.old.delete(id);
      void this.#read(accountId, rings.vainReads, id);
    }
  }

  /** A reading that shows something new does not count. Never throws. */
  async #read(accountId: string, count: RecentCount, id: string): Promise<void> {
    const earnBack = count.add();
    if (await this.#options.pool.readTransaction(accountId, id).catch(() => false)) earnBack();
  }

  /** Whether something was new; null where the list failed, which the poller reports. */
  #list(accountId: string, wish: ListWish): Promise<boolean | null> {
    return this.#options.pool.listNew(accountId, wish).catch(() => null);
  }

  #ringsOf(accountId: string): AccountRings {
    const { clock } = this.#options;
    const count = () => createRecentCount(clock, doorbell.per);
    const rings = this.#accounts.get(accountId) ?? {
      awaited: new Map(),
      old: new Set(),
      wanted: null,
      signal: createSignal(clock, this.#stop.signal),
      isRunning: false,
      restsUntil: Number.POSITIVE_INFINITY,
      listedAt: Number.NEGATIVE_INFINITY,
      vainLists: count(),
      vainReads: count(),
      looks: count(),
    };
    this.#accounts.set(accountId, rings);
    return rings;
  }
}

interface ListToMake {
  /** What rings want beside the transactions that are awaited. */
  readonly wanted: WantedList | null;
  readonly wish: ListWish;
}

/** Where the list for a ring begins whose transaction is known, or which names none, or for which there is no room. */
function wishFor(named: string | null, known: HeldRow | null): ListWish {
  if (named === null) return { from: 'page' };
  return known?.isInReach
    ? { from: 'newest', since: known.created, rung: new Set([named]) }
    : { from: 'newest' };
}

/** One list serves every ring: it is due as soon as any of them wants. */
function want(rings: AccountRings, list: WantedList): void {
  const { wanted } = rings;
  rings.wanted = {
    tries: Math.min(list.tries, wanted?.tries ?? list.tries),
    due: Math.min(list.due, wanted?.due ?? list.due),
    counts: list.counts || wanted?.counts === true,
    wish: mergedWish(list.wish, wanted?.wish),
  };
}

/** Before when no list is begun: the more have shown nothing new, the later. */
function listFreeAt({ listedAt, vainLists }: AccountRings): Monotonic {
  const { pauses } = doorbell;
  return listedAt + (pauses[Math.min(vainLists.count(), pauses.length - 1)] ?? 0);
}

/** When there is something to do for an account; null where there is nothing. */
function nextDue(rings: AccountRings): Monotonic | null {
  const { awaited, wanted, old, vainReads } = rings;
  const lists = [...awaited.values(), ...(wanted ? [wanted] : [])].map(({ due }) => due);
  const isReadFree = vainReads.count() < doorbell.mostReads;
  const all = [
    ...(lists.length === 0 ? [] : [Math.max(listFreeAt(rings), Math.min(...lists))]),
    ...(old.size === 0 ? [] : [isReadFree ? Number.NEGATIVE_INFINITY : vainReads.nextEnd()]),
  ];
  return all.length === 0 ? null : Math.min(...all);
}

/** Counts what happened within the last `per` milliseconds, and forgets what is older. */
interface RecentCount {
  /** Returns what makes it not count after all. */
  add(): () => void;
  count(): number;
  /** When the oldest of them no longer counts; now where there is none. */
  nextEnd(): Monotonic;
}

function createRecentCount(clock: Pick<Clock, 'monotonic'>, per: number): RecentCount {
  let all: readonly { readonly at: Monotonic }[] = [];
  const recent = () => (all = all.filter(({ at }) => at > clock.monotonic() - per));
  return {
    add: () => {
      const one = { at: clock.monotonic() };
      all = [...recent(), one];
      return () => {
        all = all.filter((other) => other !== one);
      };
    },
    count: () => recent().length,
    nextEnd: () => (recent()[0]?.at ?? clock.monotonic() - per) + per,
  };
}

/** The transaction that a webhook call's body names, where it names one of this account in a plausible form. */
export function transactionNamedIn(body: string, accountId: string): string | null {
  try {
    const { data } = ring.parse(JSON.parse(body));
    return data.account_id === accountId ? data.id : null;
  } catch {
    return null;
  }
}

/** The secret keys in the addresses that are registered at Monzo. */
export interface DoorbellKeys {
  keyOf(accountId: string): string;
  /** The account a key belongs to, or null; every account is compared, each in constant time. */
  accountOf(key: string, accountIds: readonly string[]): string | null;
}

/**
 * Keys are the HMAC-SHA-256 of the account id, as 64 lower-case hexadecimal digits. They follow from the secret key
 * alone, so that the bridge recognises its own webhooks after its database was rebuilt.
 */
export function createDoorbellKeys(secretKey: Uint8Array): DoorbellKeys {
  const keys = new Map<string, string>();
  const keyOf = (accountId: string) => {
    const key = keys.get(accountId) ?? createHmac('sha256', secretKey).update(accountId).digest('hex');
    keys.set(accountId, key);
    return key;
  };
  return {
    keyOf,
    accountOf: (key, accountIds) => {
      if (!/^[0-9a-f]{64}$/.test(key)) return null;
      const given = Buffer.from(key);
      let found: string | null = null;
      for (const id of accountIds) if (timingSafeEqual(given, Buffer.from(keyOf(id)))) found = id;
      return found;
    },
  };
}
