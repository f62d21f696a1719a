import type { LoggedEvent, SinkStatus } from '../domain/delivery.ts';
import { isTransferEvent, transferPayload, type BankEvent } from '../domain/event.ts';
import type { EventNames } from '../domain/names.ts';
import { displayDescription } from '../domain/transaction.ts';
import { refuse } from '../refusals/refuse.ts';
import { instantText, toMajorNumber } from '../domain/values.ts';
import { answers, textAnswers, type Api, type RouteOptions } from './api.ts';
import {
  eventQuerySchema,
  eventListSchema,
  retriedSchema,
  retrySchema,
  type EventItem,
  type SinkItem,
} from '../contract/event-data.ts';
import { majorOrNull, withVerbatim } from './formats.ts';
import type { Services } from './services.ts';

/** The event log, how far each sink has come, and sending parked events again. */

const tags = ['events'];

export function addEventRoutes(app: Api, { services }: RouteOptions): void {
  addEventRoute(app, services);
  app.post(
    '/api/events/retry',
    {
      schema: {
        operationId: 'retryEvents',
        tags,
        summary: 'Send events again that were put aside',
        body: retrySchema,
        response: answers(200, retriedSchema, 'not_parked'),
      },
    },
    async ({ body }) => {
      const choice = { sink: body?.sink, eventId: body?.event_id };
      const retried = services.outputs.retry(choice);
      const isNamed = choice.sink !== undefined || choice.eventId !== undefined;
      if (retried === 0 && isNamed) throw refuse('not_parked', {});
      return { retried };
    },
  );
}

function addEventRoute(app: Api, { store: { events, names }, outputs }: Services): void {
  app.get(
    '/api/events',
    {
      schema: {
        operationId: 'listEvents',
        tags,
        summary: 'The event log after or before a place, and how far each sink has come',
        querystring: eventQuerySchema,
        response: textAnswers('Events.', eventListSchema),
      },
    },
    async ({ query: { after = 0, before, limit } }, reply) => {
      const logged = before === undefined ? events.after(after, limit + 1) : events.before(before, limit + 1);
      const shown = logged.slice(0, limit);
      const next = logged.length > limit ? String(shown.at(-1)?.seq) : null;
      const items = shown.map((event) => eventText(event, names));
      const rest = { next, last: events.last(), sinks: outputs.sinks().map(sinkItem) };
      return reply.type('application/json').send(withVerbatim(rest, 'items', `[${items.join(',')}]`));
    },
  );
}

export function sinkItem(sink: SinkStatus): SinkItem {
  const { name, cursor, undelivered, unproven, state, sentence } = sink;
  return {
    name,
    cursor,
    undelivered,
    unproven,
    parked_count: sink.parkedCount,
    parked: sink.parked.map(({ seq, eventId, at, why }) => ({
      seq,
      event_id: eventId,
      at: instantText(at),
      why,
    })),
    state,
    sentence,
    waits_for: sink.waitsFor,
  };
}

/** An event as JSON text; a bank event with the bank's own object, to the letter. */
function eventText({ seq, event }: LoggedEvent, names: EventNames): string {
  if (!isTransferEvent(event))
    return withVerbatim({ seq, ...bankEventItem(event, names) }, 'data', event.transaction.raw);
  return JSON.stringify({
    seq,
    at: instantText(event.at),
    account_id: event.accountId,
    ...transferPayload(event),
  } satisfies EventItem);
}

function bankEventItem(event: BankEvent, names: EventNames) {
  const { transaction, balance, totalBalance } = event;
  const { amount, currency, potId, category } = transaction;
  const potName = potId === null ? null : names.pot(potId);
  return {
    event_id: event.id,
    type: event.type,
    kind: event.kind,
    account_id: event.accountId,
    transaction_id: event.transactionId,
    at: instantText(event.at),
    recovered: event.recovered,
    delay_s: event.delay / 1_000,
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    merchant: transaction.merchantName,
    description: displayDescription(transaction, potName),
    pot_name: potName,
    spender: transaction.spender,
    category,
    category_name: names.category(category),
    balance: majorOrNull(balance, currency),
    balance_minor: balance,
    total_balance: majorOrNull(totalBalance, currency),
    total_balance_minor: totalBalance,
  };
}
