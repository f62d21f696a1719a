import type {
  AuditRowItem,
  Decision,
  MoveAnswer as Answer,
  PauseItem,
  RailsDocument,
  TransferItem,
  TransferQuery,
} from '../../src/contract/money-data.ts';
import { pageOf, queryOf, type Call, type Page, type Portion } from './client.ts';
import {
  every,
  flag,
  listOf,
  map,
  oneOf,
  orMissing,
  orNull,
  partOf,
  record,
  text,
  whole,
  type Guarded,
} from './guards.ts';

/** Moving money between accounts and pots: transfers, limits, the pause and the audit. */

export type MoneyMoved = TransferItem['money_moved'];
export type Direction = TransferItem['transfer_type'];

const isMoneyMoved = oneOf(every<MoneyMoved>({ yes: true, no: true, unknown: true }));
export const isDirection = oneOf(every<Direction>({ deposit: true, withdraw: true }));

/** A move that is requested. */
export interface MoveRequest {
  readonly account: string;
  readonly pot: string;
  readonly transfer_type: Direction;
  /** Decimal text in major units. */
  readonly amount: string;
}

/** Balances are null where they could not be read; those named `after` are the expected ones of a dry run. */
const isMoveAnswer = partOf<Answer>()({
  status: oneOf(every<Answer['status']>({ done: true, unknown: true })),
  money_moved: isMoneyMoved,
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

export type MoveAnswer = Guarded<typeof isMoveAnswer>;

/** Requests a move. The same request id is always the same move, however often it is requested. */
export function move(call: Call, request: MoveRequest, requestId: string): Promise<MoveAnswer> {
  return command(call, { ...request, request_id: requestId });
}

/** Asks for the result of a move without making it. */
export function tryMove(call: Call, request: MoveRequest): Promise<MoveAnswer> {
  return command(call, { ...request, dry_run: true });
}

function command(call: Call, body: object): Promise<MoveAnswer> {
  return call('api/commands/pot_transfer', { method: 'POST', body, answer: isMoveAnswer });
}

/** A transaction that may be a move whose outcome is unknown. */
const isFitting = partOf<TransferItem['fitting_transactions'][number]>()({
  transaction_id: text,
  created: text,
  amount_minor: whole,
  currency: text,
});

export type FittingTransaction = Guarded<typeof isFitting>;

const isTransfer = partOf<TransferItem>()({
  id: text,
  created: text,
  state: oneOf(
    every<TransferItem['state']>({
      open: true,
      moved: true,
      not_moved: true,
      unresolved: true,
      not_sent: true,
    }),
  ),
  money_moved: isMoneyMoved,
  pot: text,
  account: text,
  transfer_type: isDirection,
  amount_minor: whole,
  currency: text,
  sends: whole,
  fitting_transactions: listOf(isFitting),
  sentence: orNull(text),
  door: text,
  user: orNull(text),
});
const isTransfers = pageOf(isTransfer);

export type Transfer = Guarded<typeof isTransfer>;
export type TransferState = Transfer['state'];

export function transfer(call: Call, id: string): Promise<Transfer> {
  return call(`api/transfers/${encodeURIComponent(id)}`, { answer: isTransfer });
}

export function transfers(
  call: Call,
  query: Readonly<Pick<TransferQuery, 'state'>> & { readonly limit?: number },
  signal: AbortSignal,
): Promise<Page<Transfer>> {
  return call(`api/transfers${queryOf(query)}`, { answer: isTransfers, signal });
}

/** Records what the Monzo app shows: whether the money moved. Returns the transfer as it is then. */
export function decide(call: Call, id: string, moneyMoved: Decision['money_moved']): Promise<Transfer> {
  const path = `api/transfers/${encodeURIComponent(id)}/decision`;
  return call(path, {
    method: 'POST',
    body: { money_moved: moneyMoved } satisfies Decision,
    answer: isTransfer,
  });
}

const isAuditRow = partOf<AuditRowItem>()({
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
  count: whole,
  last_at: text,
});
const isAudit = pageOf(isAuditRow);

export type AuditRow = Guarded<typeof isAuditRow>;

/** The audit, the newest rows first. */
export function audit(call: Call, { cursor, limit }: Portion, signal?: AbortSignal): Promise<Page<AuditRow>> {
  return call(`api/audit${queryOf({ cursor, limit })}`, { answer: isAudit, ...(signal && { signal }) });
}

/** Decimal text in major units by currency; * is for all that are not named. */
const isLimits = map(text);
const isPartialSet = partOf<RailsDocument['accounts'][string]>()({
  per_move: orMissing(isLimits),
  per_day: orMissing(isLimits),
  floor: orMissing(isLimits),
});
const isRails = partOf<RailsDocument>()({
  per_move: isLimits,
  per_day: isLimits,
  floor: isLimits,
  accounts: map(isPartialSet),
  pots: orNull(listOf(text)),
  cooldown_seconds: whole,
  dry_run: flag,
});

export type Limits = Guarded<typeof isLimits>;
export type Rails = Guarded<typeof isRails>;
export type RailSet = Pick<Rails, 'per_move' | 'per_day' | 'floor'>;

export function rails(call: Call, signal: AbortSignal): Promise<Rails> {
  return call('api/rails', { answer: isRails, signal });
}

/** Sets limits; what is left out stays as it is. */
export async function setRails(call: Call, changes: Partial<Rails>): Promise<void> {
  await call('api/rails', { method: 'PUT', body: changes, answer: isRails });
}

const isPause = partOf<PauseItem>()({ paused: flag, why: orNull(text) });

export function pause(call: Call, signal: AbortSignal) {
  return call('api/pause', { answer: isPause, signal });
}
