import { z } from 'zod';
import {
  blueprintRemovalSchema,
  blueprintsSchema,
  blueprintsWantedSchema,
} from '../contract/blueprint-data.ts';
import {
  actionsDecisionSchema,
  actionsSchema,
  dashboardOrderSchema,
  dashboardSchema,
  deletedDevicesSchema,
  optionalEntitiesChangeSchema,
  optionalEntitiesSchema,
  presenceSchema,
  readersSchema,
  restoredDevicesSchema,
  type PresenceItem,
} from '../contract/home-assistant-data.ts';
import { answers, downloadAnswers, type Api, type RouteOptions } from './api.ts';
import { toBytes } from './formats.ts';
import type { Services } from './services.ts';

/** Home Assistant: whether events are kept for it while it is away, and the bridge's actions, dashboard and blueprints in it. */

export function addHomeAssistantRoutes(app: Api, options: RouteOptions): void {
  const { services } = options;
  addPresenceRoutes(app, services);
  addOptionalEntityRoutes(app, options);
  addDeletedDeviceRoutes(app, services);
  addDashboardRoutes(app, services);
  addBlueprintRoutes(app, services);
  const { actions } = services.homeAssistant;
  const tags = ['home assistant'];
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
        summary: 'Create the actions in Home Assistant, or remove them',
        body: actionsDecisionSchema,
        response: answers(200, actionsSchema),
      },
    },
    async ({ body }) => actions.decide(body),
  );
  app.put(
    '/api/home-assistant/readers',
    {
      schema: {
        tags,
        summary: 'Say who may read balances and transactions through an action in Home Assistant',
        body: readersSchema,
        response: answers(200, actionsSchema),
      },
    },
    async ({ body }) => actions.allowReading(body.readers),
  );
}

function addDashboardRoutes(app: Api, { homeAssistant: { dashboard } }: Services): void {
  const tags = ['home assistant'];
  const path = '/api/home-assistant/dashboard';
  const response = answers(200, dashboardSchema);
  app.get(
    path,
    { schema: { tags, summary: 'The Money dashboard in Home Assistant, as it is there now', response } },
    async () => dashboard.show(),
  );
  app.put(
    path,
    {
      schema: {
        tags,
        summary: 'Add the Money dashboard to Home Assistant, or change who has it in the sidebar',
        body: dashboardOrderSchema,
        response,
      },
    },
    async ({ body }) => dashboard.add(body),
  );
  app.delete(
    path,
    {
      schema: {
        tags,
        summary: 'Remove the Money dashboard from Home Assistant, and its file where nothing else uses it',
        response,
      },
    },
    async () => dashboard.remove(),
  );
  app.get(
    `${path}/monzo-bridge.js`,
    {
      schema: {
        tags,
        summary: 'The file that draws the Money dashboard, for adding it by hand',
        response: downloadAnswers('The file.', { 'text/javascript': z.string() }),
      },
    },
    async (_request, reply) =>
      reply
        .type('text/javascript; charset=utf-8')
        .header('content-disposition', 'attachment; filename="monzo-bridge.js"')
        .send(toBytes(await dashboard.file())),
  );
}

function addBlueprintRoutes(app: Api, { homeAssistant: { blueprints } }: Services): void {
  const tags = ['home assistant'];
  const path = '/api/home-assistant/blueprints';
  const response = answers(200, blueprintsSchema);
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

function addPresenceRoutes(app: Api, services: Services): void {
  const tags = ['events'];
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
        summary:
          'Say that Home Assistant is not coming back: no events on MQTT are kept for it until it is seen again',
        response: answers(200, presenceSchema),
      },
    },
    async () => {
      services.homeAssistant.presence.markGone();
      return presenceItem(services);
    },
  );
}

function addOptionalEntityRoutes(app: Api, { services, callerOf }: RouteOptions): void {
  const tags = ['home assistant'];
  app.get(
    '/api/optional-entities',
    {
      schema: {
        tags,
        summary: 'The entities in Home Assistant that are absent until a person asks for them',
        response: answers(200, optionalEntitiesSchema),
      },
    },
    async () => services.optionalEntities.document(),
  );
  app.put(
    '/api/optional-entities',
    {
      schema: {
        tags,
        summary: 'Ask for such entities, or take them away; what is left out stays as it is',
        body: optionalEntitiesChangeSchema,
        response: answers(200, optionalEntitiesSchema),
      },
    },
    async (put) => services.optionalEntities.set(put.body, callerOf(put)),
  );
}

function addDeletedDeviceRoutes(app: Api, { homeAssistant: { deletedDevices } }: Services): void {
  const tags = ['home assistant'];
  const items = () => ({ items: [...deletedDevices.all()] });
  app.get(
    '/api/home-assistant/deleted-devices',
    {
      schema: {
        tags,
        summary:
          'The devices that were deleted in Home Assistant, and stay away from it until they are restored',
        response: answers(200, deletedDevicesSchema),
      },
    },
    async () => items(),
  );
  app.post(
    '/api/home-assistant/deleted-devices/restore',
    {
      schema: {
        tags,
        summary: 'Announce deleted devices to Home Assistant again; ids that are not deleted change nothing',
        body: restoredDevicesSchema,
        response: answers(200, deletedDevicesSchema),
      },
    },
    async ({ body }) => {
      deletedDevices.restore(body.ids);
      return items();
    },
  );
}

function presenceItem({ homeAssistant, outputs }: Services): PresenceItem {
  const held = outputs.sinks().find(({ waitsFor }) => waitsFor === 'home_assistant');
  return {
    home_assistant: homeAssistant.presence.state(),
    away: held !== undefined,
    held: held?.undelivered ?? 0,
  };
}
