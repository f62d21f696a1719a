import type { SinkStanding } from '../domain/delivery.ts';
import { refuse } from '../refusals/refuse.ts';
import { instantText } from '../domain/values.ts';
import { answers, textAnswers, type Api, type RouteOptions } from './api.ts';
import {
  eventQuerySchema,
  eventListSchema,
  retriedSchema,
  retrySchema,
  type SinkItem,
} from '../contract/event-data.ts';
import { presenceSchema } from '../contract/home-assistant-data.ts';
import { eventText, withVerbatim } from './items.ts';
import type { Services } from './services.ts';

const tags = ['events'];

/** The event log, how far each receiver has come, and what a person can do about what did not arrive. */
export function addDeliveryRoutes(app: Api, { services }: RouteOptions): void {
  addEventRoute(app, services);
  app.post(
    '/api/events/retry',
    {
      schema: {
        tags,
        summary: 'Have events that were put aside sent again',
        body: retrySchema,
        response: answers(200, retriedSchema),
      },
    },
    async ({ body }) => {
      const choice = { sink: body?.sink, eventId: body?.event_id };
      const retried = services.retryParked(choice);
      const isNamed = choice.sink !== undefined || choice.eventId !== undefined;
      if (retried === 0 && isNamed) throw refuse('not_parked', {});
      return { retried };
    },
  );
  app.get(
    '/api/home-assistant/presence',
    {
      schema: {
        tags,
        summary: 'Whether events on MQTT are kept for a Home Assistant that is away',
        response: answers(200, presenceSchema),
      },
    },
    async () => presenceItem(services),
  );
  app.post(
    '/api/home-assistant/gone',
    {
      schema: {
        tags,
        summary: 'Home Assistant is not coming back: keep no events on MQTT for it, until it is seen again',
        response: answers(200, presenceSchema),
      },
    },
    async () => {
      services.homeAssistant.isGone();
      return presenceItem(services);
    },
  );
}

function addEventRoute(app: Api, { store: { events }, sinks }: Services): void {
  app.get(
    '/api/events',
    {
      schema: {
        tags,
        summary: 'The event log behind or before a place, and how far each sink has come',
        querystring: eventQuerySchema,
        response: textAnswers('Events.', eventListSchema),
      },
    },
    async ({ query: { after = 0, before, limit } }, reply) => {
      const logged = before === undefined ? events.after(after, limit + 1) : events.before(before, limit + 1);
      const shown = logged.slice(0, limit);
      const next = logged.length > limit ? String(shown.at(-1)?.seq) : null;
      const items = shown.map(eventText);
      const rest = { next, last: events.last(), sinks: sinks().map(sinkItem) };
      return reply.type('application/json').send(withVerbatim(rest, 'items', `[${items.join(',')}]`));
    },
  );
}

/** How a sink stands, as the API shows it. */
export function sinkItem(sink: SinkStanding): SinkItem {
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

function presenceItem({ homeAssistant, sinks }: Services) {
  const held = sinks().find(({ waitsFor }) => waitsFor === 'home_assistant');
  return { home_assistant: homeAssistant.state(), away: held !== undefined, held: held?.undelivered ?? 0 };
}
