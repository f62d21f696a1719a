import type { Knowledge } from '../../domain/fold.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { intoPot, type Transfer } from '../../domain/transfer.ts';
import { instantText, toMajorNumber, type Currency, type Minor } from '../../domain/values.ts';
import type { RequestedMove } from '../../domain/rails.ts';
import { BridgeError, type ErrorAnswers, type ErrorDetails } from '../../errors.ts';
import type { BankError } from '../../monzo/transport.ts';
import {
  reasonSentence,
  refuse,
  withDetails,
  type FactsFor,
  type RefusalCode,
} from '../../refusals/refuse.ts';
import type { AnswerOf, commandShapes } from '../../contract/command-data.ts';
import { moveText } from '../../refusals/outcome-refusals.ts';
import type { CommandResult } from '../command.ts';

/** What a caller is told of a move that was made, may have been made, or was only tried. */
export type MoveResult = CommandResult<AnswerOf<typeof commandShapes.pot_transfer>>;

/** A requested move with everything resolved: ids instead of names, minor units, the caller's request id. */
export interface TransferRequest extends RequestedMove {
  /** The logins that may move the account's money now; the first one that works is used. */
  readonly logins: readonly { readonly id: string; readonly userId: string | null }[];
  /** Everything is checked and nothing is moved. */
  readonly isTrial: boolean;
  /** Whether the request id was made of the event that the move answers. */
  readonly isByEvent: boolean;
}

export interface AnswerOptions {
  readonly knowledge: Knowledge;
  /** The same request was made before, so this call moved nothing. */
  readonly isRepeated: boolean;
  /** What may be the move, where its outcome is unknown. */
  readonly fitting?: readonly Transaction[];
}

/**
 * What a caller is told of a transfer: what is known now. Throws a BridgeError where the money certainly did not move.
 */
export function answerOf(
  transfer: Transfer,
  { knowledge, isRepeated, fitting = [] }: AnswerOptions,
): MoveResult {
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
      ...(moved ? {} : { fitting_transactions: fitting.map(fittingItem) }),
      ...balancesOf(transfer, knowledge),
    },
  };
}

/** A transaction that may be a move whose outcome is unknown, as every door shows it. */
export function fittingItem({ id, created, amount, currency }: Transaction) {
  return {
    transaction_id: id,
    created: instantText(created),
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
  };
}

/** What the move would do, had it not been a trial. */
export function trialAnswer(request: TransferRequest, knowledge: Knowledge): MoveResult {
  const before = balancesOf(request, knowledge);
  const change = intoPot(request);
  const { account_balance_minor: account, pot_balance_minor: pot } = before;
  return {
    status: 'done',
    data: {
      money_moved: 'no',
      transfer_id: null,
      dry_run: true,
      sentence: `Nothing was moved: this was a trial. The move is allowed and would be ${moveText(request)} the pot.`,
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

/** The error of a request under an id, or for an event, that stands for another move. */
export function refuseReuse(known: Transfer, { requestId, isByEvent }: TransferRequest): BridgeError {
  if (!isByEvent) return refuseMove('request_id_reused', { by: 'request_id', requestId });
  const { amount, currency, direction, state } = known;
  return refuseMove('request_id_reused', { by: 'event_id', amount, currency, direction, state });
}

/** A request as the audit keeps it. */
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

function failureOf({ id, state, reason }: Transfer, repeated: ErrorDetails): BridgeError {
  const details = { money_moved: 'no', transfer_id: id, ...repeated };
  const retryable = state === 'not_sent';
  const { code, facts } = reason ?? { code: 'not_at_bank', facts: {} };
  const sentence = reasonSentence({ state, reason: { code, facts } }) ?? '';
  return new BridgeError(code, sentence, { retryable, details, facts });
}

function sentenceOf(transfer: Transfer, isRepeated: boolean): string {
  const { id, state } = transfer;
  if (state === 'open')
    return transfer.reason === null
      ? `Monzo has not confirmed this move yet. Do not repeat it: the bridge finds out and notifies you. The transfer id is ${id}.`
      : `${reasonSentence(transfer)} Do not repeat it. The transfer id is ${id}.`;
  if (state === 'unresolved')
    return `${reasonSentence(transfer) ?? 'The outcome of this move is unknown.'} Do not repeat it. The transfer id is ${id}.`;
  if (isRepeated) return `This was moved before, so nothing was moved now: ${moveText(transfer)} the pot.`;
  return `Moved: ${moveText(transfer)} the pot.`;
}

type Move = Pick<Transfer, 'potId' | 'accountId' | 'direction' | 'amount' | 'currency'>;

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

/** As last read; after a move they were read again where the bank allowed it. */
function balancesOf({ accountId, potId, currency }: Move, { balances, pots }: Knowledge) {
  const account = balances.get(accountId)?.value.balance ?? null;
  const pot = pots.get(accountId)?.value.find(({ id }) => id === potId)?.balance ?? null;
  return { ...balance('account_balance', account, currency), ...balance('pot_balance', pot, currency) };
}

function balance<Name extends string>(name: Name, minor: Minor | null, currency: Currency) {
  const major = minor === null ? null : toMajorNumber(minor, currency);
  return { [name]: major, [`${name}_minor`]: minor } as Record<Name | `${Name}_minor`, number | null>;
}

interface Rule {
  /** Behind the first word of Monzo's code, which only says which HTTP status it goes with. */
  readonly bankCode: RegExp;
  readonly refusal: (answers: ErrorAnswers) => BridgeError;
}

/**
 * What Monzo's refusals of a pot move mean. `insufficient_funds` and `bad_param` were seen in the wild. Monzo documents no
 * codes for locked, secured and deleted pots, so those are recognised by the word alone.
 */
const rules: readonly Rule[] = [
  { bankCode: /^insufficient_funds/, refusal: (answers) => refuse('insufficient_funds', {}, answers) },
  { bankCode: /locked/, refusal: (answers) => refuse('pot_locked', { by: 'monzo' }, answers) },
  { bankCode: /securi|secured/, refusal: (answers) => refuse('pot_secured', {}, answers) },
  { bankCode: /deleted|closed/, refusal: (answers) => refuse('pot_deleted', { by: 'monzo' }, answers) },
  {
    bankCode: /^bad_param\.(source|destination)_account_id/,
    refusal: (answers) => refuse('pot_account_mismatch', { by: 'monzo' }, answers),
  },
];

/**
 * What a caller is told when Monzo refused a pot move at its only send. An unknown code of Monzo's is told as it is;
 * the detail `bank_code` holds it in any case.
 */
export function moveRefusal(error: BankError): BridgeError {
  const { bankCode, retryable, needsPerson, fault } = error;
  const [, rest = ''] = /^\w+\.(.*)$/.exec(bankCode ?? '') ?? [];
  const details = { money_moved: 'no', ...error.details, bank_code: bankCode };
  const answers = { retryable, needsPerson, cause: error, details };
  const known = rules.find((rule) => rule.bankCode.test(rest));
  if (known) return known.refusal(answers);
  return fault === 'bad_request'
    ? refuse('bank_refused', { bankCode }, answers)
    : withDetails(error, details);
}
