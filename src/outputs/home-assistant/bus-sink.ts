import { isTransferEvent, transferPayload, type BankEvent, type RecordedEvent } from '../../domain/event.ts';
import type { Sink } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import { verbatim } from './frame.ts';

const busEvent = 'monzo_event';
const carried: ReadonlySet<RecordedEvent['type']> = new Set([
  'transaction.created',
  'transaction.settled',
  'transaction.amended',
  'transaction.reversed',
  'transfer_completed',
  'transfer_failed',
]);

/**
 * Fires each event on Home Assistant's event bus; delivered means that Home Assistant answered that it did. An answer
 * that got lost makes the event come twice, with the same `event_id`.
 */
export function createBusSink(client: HomeAssistantClient): Sink {
  return {
    name: 'home_assistant',
    onReady: (listener) => client.onSession(() => listener()),
    deliver: async ({ event }) => {
      if (!carried.has(event.type)) return 'delivered';
      const session = client.session();
      if (session === null) return 'wait';
      const data = isTransferEvent(event) ? transferPayload(event) : busEventData(event);
      await session.command({ type: 'fire_event', event_type: busEvent, event_data: data });
      return 'delivered';
    },
  };
}

/** `data` is Monzo's own object as it was written, unknown keys and large integers included. */
export function busEventData({ type, accountId, id, transaction }: BankEvent) {
  return { type, account_id: accountId, event_id: id, data: verbatim(transaction.raw) };
}
