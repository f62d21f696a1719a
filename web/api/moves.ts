import { queryOf, type Call, type Page, type Portion } from './client.ts';
import { listOf, map, oneOf, orMissing, orNull, record, shape, text, flag, whole } from './guards.ts';

/** Moving money between accounts and pots: the moves, what limits them, and who asked for what. */

const answers = ['yes', 'no', 'unknown'] as const;
export type MoneyMoved = (typeof answers)[number];
export type Direction = 'deposit' | 'withdraw';

/** A move as it is asked for. */
export interface Order {
  readonly account: string;
  readonly pot: string;
  readonly transfer_type: Direction;
  /** Decimal text in major units. */
  readonly amount: string;
}

/** What came of a move. Amounts are whole minor units; null where a balance could not be read. */
export interface MoveAnswer {
  readonly status: 'done' | 'unknown';
  readonly money_moved: MoneyMoved;
  readonly transfer_id: string | null;
  readonly sentence: string;
  readonly currency: string;
  readonly amount_minor: number;
  readonly account_balance_minor: number | null;
  readonly pot_balance_minor: number | null;
  /** What would be, where nothing was moved because it was a trial. */
  readonly account_balance_after_minor?: number | null | undefined;
  readonly pot_balance_after_minor?: number | null | undefined;
  readonly dry_run?: boolean | undefined;
}

const isMoveAnswer = shape<MoveAnswer>({
  status: oneOf(['done', 'unknown']),
  money_moved: oneOf(answers),
  transfer_id: orNull(text),
  sentence: text,
  currency: text,
  amount_minor: whole,
  account_balance_minor: orNull(whole),
  pot_balance_minor: orNull(whole),
  account_balance_after_minor: orMissing(orNull(whole)),
  pot_balance_after_minor: orMissing(orNull(whole)),
  dry_run: orMissing(flag),
});

/** Asks for a move. The same request id is the same move, however often it is asked for. */
export function move(call: Call, order: Order, requestId: string): Promise<MoveAnswer> {
  return command(call, { ...order, request_id: requestId });
}

/** Asks what a move would come to, and moves nothing. */
export function tryMove(call: Call, order: Order): Promise<MoveAnswer> {
  return command(call, { ...order, dry_run: true });
}

function command(call: Call, body: object): Promise<MoveAnswer> {
  return call('api/commands/pot_transfer', { method: 'POST', body, answer: isMoveAnswer });
}

const transferStates = ['open', 'moved', 'not_moved', 'unresolved', 'not_sent'] as const;
export type TransferState = (typeof transferStates)[number];

export interface Transfer {
  readonly id: string;
  readonly created: string;
  readonly state: TransferState;
  readonly money_moved: MoneyMoved;
  readonly pot: string;
  readonly account: string;
  readonly transfer_type: Direction;
  readonly amount_minor: number;
  readonly currency: string;
  readonly sends: number;
  readonly sentence: string | null;
  readonly door: string;
  readonly user: string | null;
}

const isTransfer = shape<Transfer>({
  id: text,
  created: text,
  state: oneOf(transferStates),
  money_moved: oneOf(answers),
  pot: text,
  account: text,
  transfer_type: oneOf(['deposit', 'withdraw']),
  amount_minor: whole,
  currency: text,
  sends: whole,
  sentence: orNull(text),
  door: text,
  user: orNull(text),
});

const isTransfers = shape<Page<Transfer>>({ items: listOf(isTransfer), next: orNull(text) });

export function transfer(call: Call, id: string): Promise<Transfer> {
  return call(`api/transfers/${encodeURIComponent(id)}`, { answer: isTransfer });
}

export function transfers(
  call: Call,
  query: { readonly state?: TransferState; readonly limit?: number },
  signal: AbortSignal,
): Promise<Page<Transfer>> {
  return call(`api/transfers${queryOf(query)}`, { answer: isTransfers, signal });
}

/** A person looked in the Monzo app and says whether the money moved; answers the transfer as it is then. */
export function decide(call: Call, id: string, moneyMoved: 'yes' | 'no'): Promise<Transfer> {
  const path = `api/transfers/${encodeURIComponent(id)}/decision`;
  return call(path, { method: 'POST', body: { money_moved: moneyMoved }, answer: isTransfer });
}

export interface AuditRow {
  readonly seq: number;
  readonly at: string;
  readonly door: string;
  readonly user: string | null;
  readonly action: string;
  readonly decision: string;
  readonly code: string | null;
  readonly sentence: string | null;
  readonly transfer_id: string | null;
  /** Monzo's transaction, once it was seen. */
  readonly transaction_id: string | null;
  readonly asked: Readonly<Record<string, unknown>> | null;
}

const isAudit = shape<Page<AuditRow>>({
  items: listOf(
    shape<AuditRow>({
      seq: whole,
      at: text,
      door: text,
      user: orNull(text),
      action: text,
      decision: text,
      code: orNull(text),
      sentence: orNull(text),
      transfer_id: orNull(text),
      transaction_id: orNull(text),
      asked: orNull(record),
    }),
  ),
  next: orNull(text),
});

/** Who asked for what, the newest first. */
export function audit(call: Call, { cursor, limit }: Portion, signal?: AbortSignal): Promise<Page<AuditRow>> {
  return call(`api/audit${queryOf({ cursor, limit })}`, { answer: isAudit, ...(signal && { signal }) });
}

/** Decimal text in major units by currency; * stands for every one that is not named. */
export type Limits = Readonly<Record<string, string>>;

export interface RailSet {
  readonly per_move: Limits;
  readonly per_day: Limits;
  readonly floor: Limits;
}

export interface Rails extends RailSet {
  readonly accounts: Readonly<Record<string, Partial<RailSet>>>;
  /** The pots that money may be moved to and from; null for all own ones. */
  readonly pots: readonly string[] | null;
  readonly cooldown_seconds: number;
  readonly dry_run: boolean;
}

const isLimits = map(text);
const isPartialSet = shape<Partial<RailSet>>({
  per_move: orMissing(isLimits),
  per_day: orMissing(isLimits),
  floor: orMissing(isLimits),
});
const isRails = shape<Rails>({
  per_move: isLimits,
  per_day: isLimits,
  floor: isLimits,
  accounts: map(isPartialSet),
  pots: orNull(listOf(text)),
  cooldown_seconds: whole,
  dry_run: flag,
});

export function rails(call: Call, signal: AbortSignal): Promise<Rails> {
  return call('api/rails', { answer: isRails, signal });
}

/** Sets limits; what is left out stays as it is. */
export async function setRails(call: Call, changes: Partial<Rails>): Promise<void> {
  await call('api/rails', { method: 'PUT', body: changes, answer: isRails });
}

const isPause = shape<{ readonly paused: boolean; readonly why: string | null }>({
  paused: flag,
  why: orNull(text),
});

export function pause(call: Call, signal: AbortSignal) {
  return call('api/pause', { answer: isPause, signal });
}
