import { isTransferEvent, transferPayload, type BankEvent } from '../../domain/event.ts';
import { instantText, toMajorNumber, type Minor } from '../../domain/values.ts';
import type { Sink } from '../output.ts';
import type { Connection } from './connection.ts';
import type { HomeAssistantWatch } from './home-assistant.ts';
import { offline } from './link.ts';
import type { Topics } from './topics.ts';

/** `minimal` leaves out who and what for: merchant, counterparty, description and notes. */
export type EventDetail = 'full' | 'minimal';

export interface EventSinkOptions {
  readonly topics: Topics;
  readonly connection: Connection;
  readonly homeAssistant: HomeAssistantWatch;
  readonly detail: EventDetail;
  readonly transferIdOf: (externalId: string) => string | null;
  /** Resolves when the states shown so far are acknowledged: people hear of money after the balance has changed. */
  readonly statesSettled: () => Promise<void>;
  /** False until the first picture: before that Home Assistant may not even know the account. */
  readonly isPainted: () => boolean;
}

export interface EventSink extends Sink {
  wake(): void;
}

/** Publishes each event twice, QoS 1 and never retained: with Monzo's own object, then small and typed. */
export function createEventSink(options: EventSinkOptions): EventSink {
  const { topics, connection, homeAssistant } = options;
  const listeners: (() => void)[] = [];
  const wake = () => {
    for (const listener of listeners) listener();
  };
  connection.onUp(wake);
  homeAssistant.onBirth(wake);
  return {
    name: 'mqtt',
    wake,
    onReady: (listener) => listeners.push(listener),
    deliver: async ({ event }) => {
      if (!connection.isUp()) throw offline();
      if (!options.isPainted() || homeAssistant.presence() === 'away') return 'wait';
      await options.statesSettled();
      if (isTransferEvent(event)) {
        const payload = JSON.stringify(transferPayload(event));
        await connection.publish({ topic: topics.bridge.transfer, payload, retain: false });
        return 'delivered';
      }
      const transferId = event.transaction.externalId && options.transferIdOf(event.transaction.externalId);
      const typed = JSON.stringify(
        typedEvent(event, { detail: options.detail, transferId: transferId || null }),
      );
      await connection.publish({
        topic: topics.transaction(event.accountId),
        payload: transactionPayload(event),
        retain: false,
      });
      await connection.publish({ topic: topics.event(event.accountId), payload: typed, retain: false });
      return 'delivered';
    },
  };
}

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
