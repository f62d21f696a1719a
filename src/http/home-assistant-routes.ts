import { answers, type Api, type RouteOptions } from './api.ts';
import { actionsDecisionSchema, actionsSchema } from '../contract/home-assistant-data.ts';

const tags = ['home assistant'];

/** The actions in Home Assistant: how they stand, and whether there shall be any. */
export function addHomeAssistantRoutes(app: Api, { services }: RouteOptions): void {
  const { actions } = services;
  app.get(
    '/api/home-assistant/actions',
    {
      schema: {
        tags,
        summary: 'The actions in Home Assistant, and what would be written there',
        response: answers(200, actionsSchema),
      },
    },
    async () => actions.show(),
  );
  app.put(
    '/api/home-assistant/actions',
    {
      schema: {
        tags,
        summary: 'Have the actions created in Home Assistant, or have them removed',
        body: actionsDecisionSchema,
        response: answers(200, actionsSchema),
      },
    },
    async ({ body }) => actions.decide(body),
  );
}
