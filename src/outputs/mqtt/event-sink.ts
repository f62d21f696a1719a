import { createNotifier } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import type { Outcome } from '../../domain/delivery.ts';
import {
  heardAs,
  isTransferEvent,
  transferPayload,
  type BankEvent,
  type RecordedEvent,
} from '../../domain/event.ts';
import type { EventNames } from '../../domain/names.ts';
import { displayDescription } from '../../domain/transaction.ts';
import { instantText, toMajorNumber, type Minor } from '../../domain/values.ts';
import { BridgeError } from '../../errors.ts';
import { birthHolds, confirmation } from '../../limits.ts';
import type { HomeAssistantPresence } from '../home-assistant-presence.ts';
import type { DeliveryObserver, Sent, Sink, Waiting } from '../output.ts';
import type { Connection } from './connection.ts';
import { eventEntity } from './entities.ts';
import type { Taken } from './link.ts';
import type { StatusWatch } from './home-assistant-status.ts';

import { offline, refusesThisMessage } from './broker.ts';
import type { Topics } from './topics.ts';

/** Stands in where there is no token: without one the bridge cannot see Home Assistant's entities. */
export const noObserver: DeliveryObserver = {
  presence: () => 'unknown',
  awayFor: () => 0,
  visibleSince: () => null,
  shows: () => false,
  sees: async () => false,
  isUsed: () => false,
  onChange: () => {},
  onReturn: () => {},
};

export interface EventSinkOptions {
  readonly topics: Topics;
  readonly connection: Connection;
  readonly homeAssistant: StatusWatch;
  readonly presence: HomeAssistantPresence;
  readonly observer: DeliveryObserver;
  readonly detail: EventDetail;
  readonly transferIdOf: (externalId: string) => string | null;
  readonly names: EventNames;
  /** Resolves when the states shown so far were handed to the connection, whose order has each event follow its balance. */
  readonly statesWritten: () => Promise<void>;
  /** False until the first snapshot: before it Home Assistant may not know the account. */
  readonly isRendered: () => boolean;
  readonly clock: Clock;
}

export interface EventSink extends Sink {
  wake(): void;
}

/**
 * Publishes each event twice, with QoS 1 and not retained: with Monzo's own object, then small and typed. An event has
 * arrived once Home Assistant's entity shows it; where no entity is visible, it stays unconfirmed.
 */
export function createEventSink(options: EventSinkOptions): EventSink {
  const { connection, homeAssistant, presence, observer } = options;
  const ready = createNotifier();
  const wake = () => ready.notify();
  connection.onUp(wake);
  homeAssistant.onBirth(wake);
  presence.onChange(wake);
  observer.onChange(wake);
  const held = (uniqueId: string | null) => (presence.isExpected() ? absence(options, uniqueId) : null);
  let underway = 0;
  const counted = (sent: Sent): Sent => {
    underway += 1;
    const end = () => void (underway -= 1);
    sent.outcome.then(end, end);
    return sent;
  };
  return {
    name: 'mqtt',
    wake,
    waiting: () => held(null) ?? awaitsSnapshot,
    onReady: (listener) => void ready.subscribe(listener),
    room: () => connection.room(),
    send: async ({ event }) => {
      const uniqueId = isTransferEvent(event) ? null : eventEntity(event);
      if (!connection.isUp()) throw offline();
      if (!options.isRendered() || held(uniqueId)) return 'wait';
      await options.statesWritten();
      if (!connection.isUp()) throw offline();
      if (held(uniqueId)) return 'wait';
      return counted(sendNow(options, event, { uniqueId, isFirst: underway === 0 }));
    },
  };
}

const awaitsSnapshot: Waiting = {
  waitsFor: null,
  sentence: 'Events are kept until the accounts have been read.',
};
const untilBack =
  'events are kept until it is back. If it is not coming back, say so on the bridge’s page; other programs on the broker then receive events again.';

/** What Home Assistant is known by to be away, for a person to read. Null where it is not known to be. */
function absence(options: EventSinkOptions, uniqueId: string | null): Waiting | null {
  const { homeAssistant, observer } = options;
  const presence = observer.presence();
  if (homeAssistant.status() === 'away' && !survivesWill(options, uniqueId))
    return { waitsFor: 'home_assistant', sentence: `Home Assistant is away: ${untilBack}` };
  if (presence === 'starting')
    return {
      waitsFor: null,
      sentence: 'Home Assistant has just started: events are kept until its automations listen.',
    };
  if (presence !== 'away') return null;
  if (homeAssistant.status() !== 'here')
    return { waitsFor: 'home_assistant', sentence: `The bridge does not reach Home Assistant: ${untilBack}` };
  if (Math.min(observer.awayFor(), homeAssistant.hereFor()) >= birthHolds) return null;
  return {
    waitsFor: null,
    sentence:
      'The bridge’s connection to Home Assistant is interrupted. Events are kept for two minutes at most, until it is clear whether Home Assistant still runs.',
  };
}

/**
 * A broker may notice very late that a session has died, long after Home Assistant has a new one. An entity that stays
 * available shows that the will is the old session's: entities become unavailable as soon as their own session ends.
 */
function survivesWill(
  { homeAssistant, observer, clock }: EventSinkOptions,
  uniqueId: string | null,
): boolean {
  const visibleSince = uniqueId === null ? null : observer.visibleSince(uniqueId);
  const awaySince = homeAssistant.awaySince();
  return (
    visibleSince !== null && visibleSince < awaySince && clock.monotonic() - awaySince >= confirmation.timeout
  );
}

interface Sending {
  readonly uniqueId: string | null;
  /** Nothing that was sent before it is under way. */
  readonly isFirst: boolean;
}

function sendNow(options: EventSinkOptions, event: RecordedEvent, { uniqueId, isFirst }: Sending): Sent {
  const { connection, observer } = options;
  const isVisible = canSee(observer, uniqueId) && uniqueId !== null;
  // It arrived before the bridge could record that. Behind one that is sent again it has to follow once more.
  if (isFirst && isVisible && observer.shows(uniqueId, event.id))
    return { outcome: Promise.resolve('delivered') };
  const isSeen = isVisible ? observer.sees(uniqueId, event.id) : null;
  const published = messagesFor(options, event).map((message) =>
    connection.publish({ ...message, retain: false }),
  );
  const outcome = async (): Promise<Outcome> => {
    const taken = await takenAll(published);
    if (typeof taken === 'object') return taken;
    if (isSeen === null) return taken;
    if (await isSeen) return 'delivered';
    // Sent again: at once where the entity is still visible, on its return where Home Assistant has left.
    if (mustBeSeenLater(observer) || canSee(observer, uniqueId)) throw notShown();
    return taken;
  };
  return { outcome: outcome() };
}

function messagesFor(options: EventSinkOptions, event: RecordedEvent) {
  const { topics, detail, transferIdOf, names } = options;
  if (isTransferEvent(event))
    return [{ topic: topics.bridge.transfer, payload: JSON.stringify(transferPayload(event)) }];
  const { externalId } = event.transaction;
  const transferId = externalId === null ? null : transferIdOf(externalId);
  return [
    { topic: topics.transaction(event.accountId), payload: transactionPayload(event) },
    {
      topic: topics.event(event.accountId),
      payload: JSON.stringify(typedEvent(event, { detail, transferId, names })),
    },
  ];
}

function mustBeSeenLater(observer: DeliveryObserver): boolean {
  return observer.presence() === 'away' || observer.presence() === 'starting';
}

function canSee(observer: DeliveryObserver, uniqueId: string | null): boolean {
  return uniqueId !== null && observer.visibleSince(uniqueId) !== null;
}

/** The broker's refusal of one of these messages, or whether nobody received any. Throws the first other failure at once. */
async function takenAll(published: readonly Promise<Taken>[]): Promise<Exclude<Outcome, 'delivered'>> {
  try {
    const answers = await Promise.all(published);
    return answers.every((answer) => answer === 'unheard') ? 'unheard' : 'unproven';
  } catch (thrown) {
    if (thrown instanceof BridgeError && refusesThisMessage(thrown)) return { refused: thrown.message };
    throw thrown;
  }
}

function notShown(): BridgeError {
  const sentence =
    'Home Assistant does not show an event that was sent to it. The event is sent again; later ones wait.';
  return new BridgeError('event_not_shown', sentence, { retryable: true });
}

/** `minimal` leaves out merchant, counterparty, description, notes and who spent it. */
export type EventDetail = 'full' | 'minimal';

/**
 * The whole event as text, with the bank's JSON inserted unchanged: parsing and writing it again would round numbers that
 * JavaScript cannot hold.
 */
export function transactionPayload(event: BankEvent): string {
  const { type, kind, previousKind, accountId, id, transaction } = event;
  const before = previousKind === null ? {} : { previous_kind: previousKind };
  const head = JSON.stringify({ type, kind, ...before, account_id: accountId, event_id: id });
  return `${head.slice(0, -1)},"data":${transaction.raw}}`;
}

export interface TypedEventSettings {
  readonly detail: EventDetail;
  readonly transferId: string | null;
  readonly names: EventNames;
}

/** The small payload for the event entities, below 2 KiB: each key becomes an attribute, which Home Assistant records. */
export function typedEvent(event: BankEvent, { detail, transferId, names }: TypedEventSettings) {
  const { transaction } = event;
  const { currency, localCurrency, potId, category } = transaction;
  const potName = potId === null ? null : names.pot(potId);
  const major = (amount: Minor | null) => (amount === null ? null : toMajorNumber(amount, currency));
  const who = {
    merchant: cut(transaction.merchantName, 200),
    counterparty: cut(transaction.counterparty, 200),
    description: cut(displayDescription(transaction, potName), 200),
    notes: cut(transaction.notes, 200),
    spender: cut(transaction.spender, 60),
  };
  return {
    event_type: heardAs(event),
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
    category: cut(category, 60),
    category_name: cut(names.category(category), 60),
    decline_reason: cut(transaction.declineReason, 60),
    pot_id: cut(potId, 60),
    pot_name: cut(potName, 60),
    balance: major(event.balance),
    total_balance: major(event.totalBalance),
    recovered: event.recovered,
    delay_s: Math.round(event.delay / 1_000),
    transfer_id: cut(transferId, 100),
  };
}

/** Shortens text to at most so many bytes of JSON, between two characters. */
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
