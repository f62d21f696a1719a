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
  addDashboardFileRoute(app, services);
  const { actions } = services.homeAssistant;
  const tags = ['home assistant'];
  app.get(
    '/api/home-assistant/actions',
    {
      schema: {
        operationId: 'showActions',
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
        operationId: 'decideActions',
        tags,
        summary: 'Create the actions in Home Assistant, or remove them',
        body: actionsDecisionSchema,
        response: answers(200, actionsSchema, 'no_home_assistant', 'decided_by_setting'),
      },
    },
    async ({ body }) => actions.decide(body),
  );
  app.put(
    '/api/home-assistant/readers',
    {
      schema: {
        operationId: 'setReaders',
        tags,
        summary: 'Say who may read balances and transactions through an action in Home Assistant',
        body: readersSchema,
        response: answers(200, actionsSchema, 'no_home_assistant'),
      },
    },
    async ({ body }) => actions.allowReading(body.readers),
  );
}

const dashboardPath = '/api/home-assistant/dashboard';

function addDashboardRoutes(app: Api, { homeAssistant: { dashboard } }: Services): void {
  const tags = ['home assistant'];
  const path = dashboardPath;
  app.get(
    path,
    {
      schema: {
        operationId: 'showDashboard',
        tags,
        summary: 'The Money dashboard in Home Assistant, as it is there now',
        response: answers(200, dashboardSchema, 'home_assistant_away'),
      },
    },
    async () => dashboard.show(),
  );
  app.put(
    path,
    {
      schema: {
        operationId: 'addDashboard',
        tags,
        summary: 'Add the Money dashboard to Home Assistant, or change who has it in the sidebar',
        body: dashboardOrderSchema,
        response: answers(
          200,
          dashboardSchema,
          'no_home_assistant',
          'no_dashboards',
          'dashboard_file_by_hand',
          'dashboard_not_built',
          'home_assistant_away',
        ),
      },
    },
    async ({ body }) => dashboard.add(body),
  );
  app.delete(
    path,
    {
      schema: {
        operationId: 'removeDashboard',
        tags,
        summary: 'Remove the Money dashboard from Home Assistant, and its file where nothing else uses it',
        response: answers(
          200,
          dashboardSchema,
          'no_home_assistant',
          'dashboard_of_another_bridge',
          'home_assistant_away',
        ),
      },
    },
    async () => dashboard.remove(),
  );
}

/** For adding the dashboard by hand. */
function addDashboardFileRoute(app: Api, { homeAssistant: { dashboard } }: Services): void {
  const tags = ['home assistant'];
  app.get(
    `${dashboardPath}/monzo-bridge.js`,
    {
      schema: {
        operationId: 'downloadDashboardFile',
        tags,
        summary: 'The file that draws the Money dashboard, for adding it by hand',
        response: downloadAnswers('The file.', { 'text/javascript': z.string() }, 'dashboard_not_built'),
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
  const asking = ['no_blueprint_files', 'no_home_assistant', 'unknown_blueprint', 'no_automations'] as const;
  app.get(
    path,
    {
      schema: {
        operationId: 'listBlueprints',
        tags,
        summary: 'The blueprints, and which of them Home Assistant has',
        response: answers(200, blueprintsSchema, 'no_blueprint_files'),
      },
    },
    async () => blueprints.show(),
  );
  app.post(
    `${path}/install`,
    {
      schema: {
        operationId: 'installBlueprints',
        tags,
        summary: 'Install blueprints in Home Assistant, or update those that are there',
        body: blueprintsWantedSchema,
        response: answers(200, blueprintsSchema, ...asking, 'home_assistant_too_old'),
      },
    },
    async ({ body }) => blueprints.install(body),
  );
  app.post(
    `${path}/remove`,
    {
      schema: {
        operationId: 'removeBlueprints',
        tags,
        summary: 'Remove blueprints from Home Assistant that no automation uses and nobody changed',
        body: blueprintRemovalSchema,
        response: answers(200, blueprintsSchema, ...asking, 'blueprint_in_use', 'blueprint_edited'),
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
        operationId: 'showPresence',
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
        operationId: 'recordHomeAssistantGone',
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
        operationId: 'showOptionalEntities',
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
        operationId: 'changeOptionalEntities',
        tags,
        summary: 'Ask for such entities, or take them away; what is left out stays as it is',
        body: optionalEntitiesChangeSchema,
        response: answers(200, optionalEntitiesSchema, 'unknown_account', 'updates_by_home_assistant'),
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
        operationId: 'listDeletedDevices',
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
        operationId: 'restoreDeletedDevices',
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
