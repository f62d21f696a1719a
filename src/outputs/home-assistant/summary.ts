import type { Clock } from '../../clock.ts';
import { isTransferEvent, type RecordedEvent } from '../../domain/event.ts';
import { spanText } from '../../domain/span.ts';
import { messageOf } from '../../errors.ts';
import { outage } from '../../limits.ts';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';

export interface SummaryOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  /** In milliseconds from the transaction to its arrival. */
  readonly outageAfter: number;
}

export interface Summary {
  /** An event has reached Home Assistant. */
  note(event: RecordedEvent): void;
  close(): void;
}

const notificationId = 'monzo_bridge_recovered';

/** One notice after an outage, for all the events that came late by it. */
export function createSummary({ client, clock, log, outageAfter }: SummaryOptions): Summary {
  const closing = new AbortController();
  const late = new Set<string>();
  let longest = 0;
  let quiet = new AbortController();

  const tell = async () => {
    const message = sentenceFor(late.size, longest);
    late.clear();
    longest = 0;
    await client.session()?.command({
      type: 'call_service',
      domain: 'persistent_notification',
      service: 'create',
      service_data: { notification_id: notificationId, title: 'Monzo bridge: back after an outage', message },
    });
  };
  const tellWhenQuiet = () => {
    quiet.abort();
    quiet = new AbortController();
    clock
      .wait(outage.quiet, AbortSignal.any([quiet.signal, closing.signal]))
      .then(tell, () => {})
      .catch((thrown: unknown) =>
        log.warn('The summary after an outage could not be shown in Home Assistant', {
          why: messageOf(thrown),
        }),
      );
  };
  return {
    note: (event) => {
      if (isTransferEvent(event) || event.type !== 'transaction.created') return;
      const age = clock.now() - event.transaction.created;
      if (age < outageAfter) return;
      late.add(event.id);
      longest = Math.max(longest, age);
      tellWhenQuiet();
    },
    close: () => closing.abort(),
  };
}

function sentenceFor(count: number, longest: number): string {
  const transactions = count === 1 ? '1 transaction' : `${count} transactions`;
  return `After an outage, **${transactions}** reached Home Assistant late. Automations have been told of each one. The oldest is ${spanText(longest)} old.`;
}
