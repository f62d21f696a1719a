import type { Clock } from '../../clock.ts';
import type { Outcome } from '../../domain/delivery.ts';
import { isTransferEvent, transferPayload, type RecordedEvent } from '../../domain/event.ts';
import { BridgeError } from '../../errors.ts';
import { confirmation } from '../../limits.ts';
import type { HomeAssistantPresence } from '../home-assistant-presence.ts';
import type { DeliveryObserver, Sent, Sink, Waiting } from '../output.ts';
import type { Connection } from './connection.ts';
import { eventEntity } from './entities.ts';
import { transactionPayload, typedEvent, type EventDetail } from './events.ts';
import type { HomeAssistantWatch } from './home-assistant.ts';

import { offline, refusesThisMessage } from './broker.ts';
import type { Topics } from './topics.ts';

/** Without a token nothing can be seen inside Home Assistant. */
export const noObserver: DeliveryObserver = {
  presence: () => 'unknown',
  visibleSince: () => null,
  shows: () => false,
  sees: async () => false,
  onChange: () => {},
};

export interface EventSinkOptions {
  readonly topics: Topics;
  readonly connection: Connection;
  readonly homeAssistant: HomeAssistantWatch;
  readonly presence: HomeAssistantPresence;
  readonly observer: DeliveryObserver;
  readonly detail: EventDetail;
  readonly transferIdOf: (externalId: string) => string | null;
  /** Resolves when the states shown so far are acknowledged: people hear of money after the balance has changed. */
  readonly statesSettled: () => Promise<void>;
  /** False until the first snapshot: before that Home Assistant may not even know the account. */
  readonly isPainted: () => boolean;
  readonly clock: Clock;
}

export interface EventSink extends Sink {
  wake(): void;
}

/**
 * Publishes each event twice, QoS 1 and never retained: with Monzo's own object, then small and typed. It has arrived
 * once Home Assistant's entity shows it; where no entity can be seen it stays unproven.
 */
export function createEventSink(options: EventSinkOptions): EventSink {
  const { connection, homeAssistant, presence, observer } = options;
  const listeners: (() => void)[] = [];
  const wake = () => {
    for (const listener of listeners) listener();
  };
  connection.onUp(wake);
  homeAssistant.follow({ onBirth: wake });
  presence.onChange(wake);
  observer.onChange(wake);
  const isHeld = (uniqueId: string | null) => presence.isExpected() && isKnownToBeAway(options, uniqueId);
  return {
    name: 'mqtt',
    wake,
    waiting: () => (isHeld(null) ? awaitsHomeAssistant : awaitsSnapshot),
    onReady: (listener) => listeners.push(listener),
    send: async ({ event }) => {
      const uniqueId = isTransferEvent(event) ? null : eventEntity(event);
      if (!connection.isUp()) throw offline();
      if (!options.isPainted() || isHeld(uniqueId)) return 'wait';
      await options.statesSettled();
      if (!connection.isUp()) throw offline();
      return isHeld(uniqueId) ? 'wait' : sendNow(options, event, uniqueId);
    },
  };
}

const awaitsSnapshot: Waiting = {
  waitsFor: null,
  sentence: 'Events are kept until the accounts have been read.',
};
const awaitsHomeAssistant: Waiting = {
  waitsFor: 'home_assistant',
  sentence:
    'Home Assistant is away: events are kept until it is back. If it is not coming back, say so on the bridge’s page, and everything else on the broker receives them again.',
};

function isKnownToBeAway(options: EventSinkOptions, uniqueId: string | null): boolean {
  const { homeAssistant, observer } = options;
  if (observer.presence() === 'away') return true;
  return homeAssistant.presence() === 'away' && !survivesWill(options, uniqueId);
}

/**
 * A broker may notice very late that a session has died, when the next one was born long ago. An entity that stays
 * available shows that it was that one’s will: it becomes unavailable at once when its own session ends.
 */
function survivesWill(
  { homeAssistant, observer, clock }: EventSinkOptions,
  uniqueId: string | null,
): boolean {
  const visibleSince = uniqueId === null ? null : observer.visibleSince(uniqueId);
  const awaySince = homeAssistant.awaySince();
  return visibleSince !== null && visibleSince < awaySince && clock.now() - awaySince >= confirmation.timeout;
}

function sendNow(options: EventSinkOptions, event: RecordedEvent, uniqueId: string | null): Sent {
  const { connection, observer } = options;
  const isVisible = canSee(observer, uniqueId) && uniqueId !== null;
  // It arrived before we could note it.
  if (isVisible && observer.shows(uniqueId, event.id)) return { outcome: Promise.resolve('delivered') };
  const isSeen = isVisible ? observer.sees(uniqueId, event.id) : null;
  const published = messagesFor(options, event).map((message) =>
    connection.publish({ ...message, retain: false }),
  );
  const outcome = async (): Promise<Outcome> => {
    const refused = await refusalAmong(published);
    if (refused !== null) return { refused };
    if (isSeen === null) return 'unproven';
    if (await isSeen) return 'delivered';
    // Away: what becomes of it will be seen when it is back. Still there and silent: it is sent again.
    if (observer.presence() === 'away' || canSee(observer, uniqueId)) throw notShown();
    return 'unproven';
  };
  return { outcome: outcome() };
}

function messagesFor({ topics, detail, transferIdOf }: EventSinkOptions, event: RecordedEvent) {
  if (isTransferEvent(event))
    return [{ topic: topics.bridge.transfer, payload: JSON.stringify(transferPayload(event)) }];
  const { externalId } = event.transaction;
  const transferId = externalId === null ? null : transferIdOf(externalId);
  return [
    { topic: topics.transaction(event.accountId), payload: transactionPayload(event) },
    {
      topic: topics.event(event.accountId),
      payload: JSON.stringify(typedEvent(event, { detail, transferId })),
    },
  ];
}

function canSee(observer: DeliveryObserver, uniqueId: string | null): boolean {
  return uniqueId !== null && observer.visibleSince(uniqueId) !== null;
}

/** The broker's no to one of these messages; null when it has taken all. Throws what says nothing about them. */
async function refusalAmong(published: readonly Promise<void>[]): Promise<string | null> {
  for (const answer of await Promise.allSettled(published)) {
    if (answer.status === 'fulfilled') continue;
    const thrown: unknown = answer.reason;
    if (thrown instanceof BridgeError && refusesThisMessage(thrown)) return thrown.message;
    throw thrown;
  }
  return null;
}

function notShown(): BridgeError {
  const sentence =
    'Home Assistant does not show an event that was sent to it. It is sent again, and the ones after it wait.';
  return new BridgeError('event_not_shown', sentence, { retryable: true });
}
