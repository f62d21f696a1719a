import type { Outcome } from '../../domain/delivery.ts';
import { isTransferEvent, transferPayload, type BankEvent, type RecordedEvent } from '../../domain/event.ts';
import { isCustomCategory, type EventNames } from '../../domain/names.ts';
import { toMajorNumber } from '../../domain/values.ts';
import { messageOf } from '../../errors.ts';
import type { DeliveryObserver, Sink } from '../output.ts';
import { refusalCode } from './connection-failures.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import { verbatim, type Session } from './websocket-session.ts';

const busEvent = 'monzo_event';
const carried: ReadonlySet<RecordedEvent['type']> = new Set([
  'transaction.created',
  'transaction.settled',
  'transaction.amended',
  'transaction.reversed',
  'transfer_completed',
  'transfer_failed',
]);

/** Refusals that concern the token or Home Assistant itself; every other one concerns the event. */
const notAboutTheEvent: ReadonlySet<string> = new Set(['unauthorized', 'unknown_command']);

export interface BusSinkOptions {
  readonly client: HomeAssistantClient;
  /** Tells when Home Assistant has started far enough for its automations to listen. */
  readonly observer: Pick<DeliveryObserver, 'presence' | 'onChange'>;
  /** Resolves when the balances shown so far are published: automations hear of money after that. */
  readonly statesSettled: () => Promise<void>;
  readonly names: EventNames;
  /** Called with each event that Home Assistant has confirmed. */
  readonly onDelivered: (event: RecordedEvent) => void;
}

/**
 * Fires each event on Home Assistant's event bus; delivered means that Home Assistant confirmed it. Where the
 * confirmation is lost the event is fired again, with the same `event_id`.
 */
export function createBusSink(options: BusSinkOptions): Sink {
  const { client, observer, statesSettled, onDelivered, names } = options;
  const fire = async (session: Session, event: RecordedEvent): Promise<Outcome> => {
    const data = isTransferEvent(event) ? transferPayload(event) : busEventData(event, names);
    try {
      await session.command({ type: 'fire_event', event_type: busEvent, event_data: data });
    } catch (thrown) {
      const code = refusalCode(thrown);
      if (code === null || notAboutTheEvent.has(code)) throw thrown;
      return { refused: messageOf(thrown) };
    }
    onDelivered(event);
    return 'delivered';
  };
  return {
    name: 'home_assistant',
    waiting: () => ({
      waitsFor: null,
      sentence: 'Events for Home Assistant’s event bus are kept until it is connected and running.',
    }),
    onReady: (listener) => observer.onChange(listener),
    send: async ({ event }) => {
      if (!carried.has(event.type)) return { outcome: Promise.resolve('delivered') };
      if (observer.presence() !== 'here') return 'wait';
      await statesSettled();
      const session = client.session();
      return session === null ? 'wait' : { outcome: fire(session, event) };
    },
  };
}

/**
 * What most automations ask for, and Monzo's own object as it was written, unknown keys and large integers included. The
 * object has only the ids of pots and of custom categories, so that their names stand beside it.
 */
function busEventData(event: BankEvent, names: EventNames) {
  const { type, kind, previousKind, accountId, id, transaction } = event;
  const { amount, currency, potId, category, raw } = transaction;
  const potName = potId === null ? null : names.pot(potId);
  return {
    type,
    kind,
    amount: toMajorNumber(amount, currency),
    currency,
    account_id: accountId,
    event_id: id,
    ...(previousKind === null ? {} : { previous_kind: previousKind }),
    ...(potName === null ? {} : { pot_name: potName }),
    ...(isCustomCategory(category) ? { category_name: names.category(category) } : {}),
    data: verbatim(raw),
  };
}
