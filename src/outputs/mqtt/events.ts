import type { BankEvent } from '../../domain/event.ts';
import { instantText, toMajorNumber, type Minor } from '../../domain/values.ts';

/** `minimal` leaves out who and what for: merchant, counterparty, description and notes. */
export type EventDetail = 'full' | 'minimal';

/**
 * The whole event as text. The bank's own text stands in it to the letter: reading and writing it again would
 * round numbers that JavaScript cannot hold.
 */
export function transactionPayload({ type, kind, accountId, id, transaction }: BankEvent): string {
  const head = JSON.stringify({ type, kind, account_id: accountId, event_id: id });
  return `${head.slice(0, -1)},"data":${transaction.raw}}`;
}

export interface TypedEventSettings {
  readonly detail: EventDetail;
  readonly transferId: string | null;
}

/** The small payload for the event entities, below 2 KiB: each key becomes an attribute and is recorded there. */
export function typedEvent(event: BankEvent, { detail, transferId }: TypedEventSettings) {
  const { transaction } = event;
  const { currency, localCurrency } = transaction;
  const major = (amount: Minor | null) => (amount === null ? null : toMajorNumber(amount, currency));
  const who = {
    merchant: cut(transaction.merchantName, 200),
    counterparty: cut(transaction.counterparty, 200),
    description: cut(transaction.description, 250),
    notes: cut(transaction.notes, 250),
  };
  return {
    event_type: event.type === 'transaction.created' ? event.kind : event.type.slice('transaction.'.length),
    event_id: event.id,
    transaction_id: event.transactionId,
    kind: event.kind,
    created: instantText(transaction.created),
    amount: major(transaction.amount),
    amount_minor: transaction.amount,
    currency: cut(currency, 10),
    local_amount: toMajorNumber(transaction.localAmount, localCurrency),
    local_currency: cut(localCurrency, 10),
    ...(detail === 'full' ? who : {}),
    category: cut(transaction.category, 60),
    decline_reason: cut(transaction.declineReason, 60),
    pot_id: cut(transaction.potId, 60),
    balance: major(event.balance),
    total_balance: major(event.totalBalance),
    recovered: event.recovered,
    delay_s: Math.round(event.delay / 1_000),
    transfer_id: cut(transferId, 100),
  };
}

/** Shortens text to so many bytes as JSON writes them, never inside a character. */
export function cut<Text extends string | null>(text: Text, bytes: number): Text | string {
  if (text === null || sizeInJson(text) <= bytes) return text?.toWellFormed() ?? text;
  let size = sizeInJson('…');
  let kept = '';
  for (const character of text.toWellFormed()) {
    size += sizeInJson(character);
    if (size > bytes) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

function sizeInJson(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
