import type { Direction } from './transfer.ts';
import { placesOf, type Currency, type Minor } from './values.ts';

/** Decimal texts in major units by currency; `*` stands for every other currency. */
export type Limits = Readonly<Record<string, string>>;

/** The limits of all accounts together, or of one account. */
export interface RailSet {
  readonly perMove: Limits;
  readonly perDay: Limits;
  readonly floor: Limits;
}

/** The limits on moving money. */
export interface Rails extends RailSet {
  /** Additional limits by account id. */
  readonly accounts: ReadonlyMap<string, Partial<RailSet>>;
  /** The pots that money may move into and out of; null for all pots. */
  readonly pots: ReadonlySet<string> | null;
  /** For how long the same move without a request id is refused after the last one, in milliseconds. */
  readonly cooldown: number;
  readonly dryRun: boolean;
}

export const defaultRails: Rails = {
  perMove: { '*': '100' },
  perDay: { '*': '300' },
  floor: { '*': '0' },
  accounts: new Map(),
  pots: null,
  cooldown: 60_000,
  dryRun: false,
};

/** A move that a caller requests. */
export interface RequestedMove {
  readonly accountId: string;
  readonly potId: string;
  readonly direction: Direction;
  readonly amount: Minor;
  readonly currency: Currency;
  readonly requestId: string | null;
}

/** The facts a move is checked against. Amounts are minor units of its currency; unconfirmed moves count as moved. */
export interface RailsContext {
  /** The amounts moved since the start of the day: in all, and by this account. */
  readonly movedToday: { readonly inAll: Minor; readonly byAccount: Minor };
  /** The account's balance at the bank, less deposits that it may not include yet. */
  readonly available: Minor;
  /** How long ago, at least, the latest same move without a request id ended; null if there was none. Milliseconds. */
  readonly sinceSameMove: number | null;
  /** The id of a same move whose outcome is unknown. */
  readonly undecidedSameMove: string | null;
}

/** The limit that a move would break, with the facts. Amounts are minor units of the currency. */
export type RailRefusal =
  | { readonly code: 'pot_not_allowed'; readonly facts: object }
  | { readonly code: 'per_move_cap'; readonly facts: MostMoved }
  | { readonly code: 'per_day_cap'; readonly facts: MostMoved }
  | {
      readonly code: 'below_floor';
      readonly facts: { readonly available: Minor; readonly floor: Minor; readonly currency: Currency };
    }
  | { readonly code: 'outcome_unknown'; readonly facts: { readonly transfer: string } }
  | { readonly code: 'cooldown'; readonly facts: { readonly seconds: number } };

/** The most that may be moved, at once or today. */
interface MostMoved {
  readonly amount: Minor;
  readonly currency: Currency;
}

export type RailFacts<Code extends RailRefusal['code']> = Extract<
  RailRefusal,
  { readonly code: Code }
>['facts'];

interface Judged {
  readonly rails: Rails;
  readonly move: RequestedMove;
  readonly context: RailsContext;
}

type Check = (judged: Judged) => RailRefusal | null;

const checks: readonly Check[] = [checkPot, checkMove, checkDay, checkFloor, checkUndecided, checkCooldown];

/** Returns the first limit that the move would break, or null. */
export function brokenRail(judged: Judged): RailRefusal | null {
  for (const check of checks) {
    const refusal = check(judged);
    if (refusal) return refusal;
  }
  return null;
}

/**
 * A limit in minor units of the currency: its own, else that of `*`; null if there is neither. More decimal places than
 * the currency has are rounded to the stricter side.
 */
export function limitIn(limits: Limits, currency: Currency, stricter: 'down' | 'up' = 'down'): Minor | null {
  const text = Object.hasOwn(limits, currency) ? limits[currency] : limits['*'];
  if (text === undefined) return null;
  const [whole = '0', fraction = ''] = text.split('.');
  const places = placesOf(currency);
  const kept = Number(whole + fraction.slice(0, places).padEnd(places, '0'));
  const hasMore = /[1-9]/.test(fraction.slice(places));
  return stricter === 'up' && hasMore ? kept + 1 : kept;
}

function checkPot({ rails, move }: Judged): RailRefusal | null {
  if (rails.pots === null || rails.pots.has(move.potId)) return null;
  return { code: 'pot_not_allowed', facts: {} };
}

function checkMove({ rails, move }: Judged): RailRefusal | null {
  const { amount, currency, accountId } = move;
  const own = limitIn(rails.accounts.get(accountId)?.perMove ?? {}, currency);
  const cap = lowest(limitIn(rails.perMove, currency) ?? 0, own);
  if (amount <= cap) return null;
  return { code: 'per_move_cap', facts: { amount: cap, currency } };
}

function checkDay({ rails, move, context }: Judged): RailRefusal | null {
  const { amount, currency } = move;
  const left = leftToday(rails, { ...move, ...context });
  if (amount <= left) return null;
  return { code: 'per_day_cap', facts: { amount: left, currency } };
}

/** How much an account may still move today, in minor units of the currency; never negative. */
export function leftToday(
  rails: Rails,
  {
    accountId,
    currency,
    movedToday: { inAll, byAccount },
  }: Pick<RequestedMove, 'accountId' | 'currency'> & Pick<RailsContext, 'movedToday'>,
): Minor {
  const own = limitIn(rails.accounts.get(accountId)?.perDay ?? {}, currency);
  const left = lowest((limitIn(rails.perDay, currency) ?? 0) - inAll, own === null ? null : own - byAccount);
  return Math.max(0, left);
}

function checkFloor({ rails, move, context }: Judged): RailRefusal | null {
  if (move.direction === 'withdraw') return null;
  const { currency, accountId } = move;
  const own = rails.accounts.get(accountId)?.floor ?? {};
  const floor = Math.max(limitIn(rails.floor, currency, 'up') ?? 0, limitIn(own, currency, 'up') ?? 0);
  const { available } = context;
  if (available - move.amount >= floor) return null;
  return { code: 'below_floor', facts: { available, floor, currency } };
}

function checkUndecided({ move, context }: Judged): RailRefusal | null {
  if (move.requestId !== null || context.undecidedSameMove === null) return null;
  return { code: 'outcome_unknown', facts: { transfer: context.undecidedSameMove } };
}

function checkCooldown({ rails, move, context }: Judged): RailRefusal | null {
  const { sinceSameMove } = context;
  if (move.requestId !== null || sinceSameMove === null || sinceSameMove >= rails.cooldown) return null;
  const seconds = Math.ceil((rails.cooldown - sinceSameMove) / 1_000);
  return { code: 'cooldown', facts: { seconds } };
}

function lowest(inAll: Minor, own: Minor | null): Minor {
  return own === null ? inAll : Math.min(inAll, own);
}
