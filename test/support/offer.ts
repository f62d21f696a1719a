import type { LoggedEvent, Outcome } from '../../src/domain/delivery.ts';
import type { Sink } from '../../src/outputs/output.ts';

/** Offers one event to a sink and resolves with what became of it. */
export async function offer(sink: Sink, entry: LoggedEvent): Promise<Outcome | 'wait'> {
  const sent = await sink.send(entry);
  return sent === 'wait' ? sent : sent.outcome;
}
