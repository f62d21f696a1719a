import type { Knowledge } from '../../domain/fold.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { instantText, toMajorNumber, toMajorText, type Currency, type Minor } from '../../domain/values.ts';
import { BridgeError, type ErrorDetails } from '../../errors.ts';
import { refuse, type FactsFor, type RefusalCode } from '../../refusals/refuse.ts';
import type { CommandResult } from '../command.ts';
import type { TransferRequest } from './request.ts';

export interface AnswerOptions {
  readonly knowledge: Knowledge;
  /** This call moved nothing: the same request was made before. */
  readonly isRepeated: boolean;
}

/**
 * What a caller is told of a transfer: the truth as far as it is known now. Throws a BridgeError where the money surely
 * did not move.
 */
export function answerOf(transfer: Transfer, { knowledge, isRepeated }: AnswerOptions): CommandResult {
  const { id, state, settledAt, requestId, transactionId } = transfer;
  const repeated = isRepeated ? { repeated: true } : {};
  if (state === 'not_moved' || state === 'not_sent') throw failureOf(transfer, repeated);
  const moved = state === 'moved';
  const first = moved && isRepeated && settledAt !== null ? { first_moved_at: instantText(settledAt) } : {};
  return {
    status: moved ? 'done' : 'unknown',
    data: {
      money_moved: moved ? 'yes' : 'unknown',
      transfer_id: id,
      ...repeated,
      ...first,
      sentence: sentenceOf(transfer, isRepeated),
      ...whatOf(transfer),
      request_id: requestId,
      transaction_id: transactionId,
      ...balancesOf(transfer, knowledge),
    },
  };
}

/** What would be, had it not been a trial. */
export function trialAnswer(request: TransferRequest, knowledge: Knowledge): CommandResult {
  const before = balancesOf(request, knowledge);
  const change = request.direction === 'deposit' ? request.amount : -request.amount;
  const { account_balance_minor: account, pot_balance_minor: pot } = before;
  return {
    status: 'done',
    data: {
      money_moved: 'no',
      transfer_id: null,
      dry_run: true,
      sentence: `Nothing was moved: this was a trial. The move is allowed and would be ${shown(request)}.`,
      ...whatOf(request),
      request_id: request.requestId,
      transaction_id: null,
      ...before,
      ...balance('account_balance_after', account === null ? null : account - change, request.currency),
      ...balance('pot_balance_after', pot === null ? null : pot + change, request.currency),
    },
  };
}

/** What every error says after which no money has moved, and of which no transfer was written down. */
export const nothingMoved = { money_moved: 'no', transfer_id: null } as const;

/** The error of a call after which no money has moved. */
export function refuseMove<Code extends RefusalCode>(code: Code, facts: FactsFor<Code>): BridgeError {
  return refuse(code, facts, { details: nothingMoved });
}

/** What was asked for, as the audit keeps it. */
export function auditedRequest(request: TransferRequest): Readonly<Record<string, unknown>> {
  const { potId, accountId, direction, amount, currency, requestId } = request;
  return {
    pot: potId,
    account: accountId,
    transfer_type: direction,
    amount_minor: amount,
    currency,
    request_id: requestId,
  };
}

function failureOf({ id, state, code, sentence }: Transfer, repeated: ErrorDetails): BridgeError {
  const details = { money_moved: 'no', transfer_id: id, ...repeated };
  const retryable = state === 'not_sent';
  // The sentence of the time, as it was written down with the outcome.
  const told = sentence ?? refuse('not_at_bank', {}).message;
  return new BridgeError(code ?? 'not_at_bank', told, { retryable, details });
}

function sentenceOf(transfer: Transfer, isRepeated: boolean): string {
  const { id, state, sentence } = transfer;
  if (state === 'open')
    return `Monzo has not confirmed this move yet. Do not repeat it: the bridge finds out and tells. The transfer id is ${id}.`;
  if (state === 'unresolved')
    return `${sentence ?? 'Nobody knows whether this move took place.'} Do not repeat it. The transfer id is ${id}.`;
  if (isRepeated) return `This was moved before, so nothing was moved now: ${shown(transfer)}.`;
  return `Moved: ${shown(transfer)}.`;
}

type Move = Pick<Transfer, 'potId' | 'accountId' | 'direction' | 'amount' | 'currency'>;

function shown({ amount, currency, direction }: Move): string {
  return `${toMajorText(amount, currency)} ${currency} ${direction === 'deposit' ? 'into' : 'out of'} the pot`;
}

function whatOf({ potId, accountId, direction, amount, currency }: Move) {
  return {
    pot: potId,
    account: accountId,
    transfer_type: direction,
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
  };
}

/** As last read; after a move it was read again, where the bank let it be. */
function balancesOf({ accountId, potId, currency }: Move, { balances, pots }: Knowledge) {
  const account = balances.get(accountId)?.value.balance ?? null;
  const pot = pots.get(accountId)?.value.find(({ id }) => id === potId)?.balance ?? null;
  return { ...balance('account_balance', account, currency), ...balance('pot_balance', pot, currency) };
}

function balance<Name extends string>(name: Name, minor: Minor | null, currency: Currency) {
  const major = minor === null ? null : toMajorNumber(minor, currency);
  return { [name]: major, [`${name}_minor`]: minor } as Record<Name | `${Name}_minor`, number | null>;
}
