import {
  blueprintRemovalSchema,
  blueprintsSchema,
  blueprintsWantedSchema,
} from '../contract/blueprint-data.ts';
import { answers, type Api, type RouteOptions } from './api.ts';

const path = '/api/home-assistant/blueprints';
const tags = ['home assistant'];
const response = answers(200, blueprintsSchema);

/** The bridge's blueprints in Home Assistant. */
export function addBlueprintRoutes(app: Api, { services }: RouteOptions): void {
  const { blueprints } = services.homeAssistant;
  app.get(
    path,
    { schema: { tags, summary: 'The blueprints, and which of them Home Assistant has', response } },
    async () => blueprints.show(),
  );
  app.post(
    `${path}/install`,
    {
      schema: {
        tags,
        summary: 'Install blueprints in Home Assistant, or update those that are there',
        body: blueprintsWantedSchema,
        response,
      },
    },
    async ({ body }) => blueprints.install(body),
  );
  app.post(
    `${path}/remove`,
    {
      schema: {
        tags,
        summary: 'Remove blueprints from Home Assistant that no automation uses and nobody changed',
        body: blueprintRemovalSchema,
        response,
      },
    },
    async ({ body }) => blueprints.remove(body),
  );
}
