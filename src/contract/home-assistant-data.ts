import { z } from 'zod';

/** Whether Home Assistant is there, and the bridge's actions in it. */

export const presenceSchema = z.object({
  home_assistant: z
    .enum(['never_seen', 'seen', 'gone'])
    .describe('seen: events on MQTT are kept for it while it is away'),
  away: z.boolean(),
  held: z.int().describe('events kept for it now'),
});

export const deletedDevicesSchema = z.object({
  items: z.array(
    z.object({
      id: z.string().describe('its identifier in Home Assistant'),
      kind: z.string().describe('bridge, login, account or pot'),
      name: z.string(),
    }),
  ),
});

export const restoredDevicesSchema = z.strictObject({
  ids: z.array(z.string()).min(1).describe('the devices to announce again'),
});

const state = z
  .enum([
    'unknown',
    'missing',
    'current',
    'outdated',
    'edited',
    'edited_outdated',
    'foreign',
    'other_bridge',
    'not_loaded',
  ])
  .describe(
    'edited: changed by a person after the bridge wrote it; foreign: not written by a bridge; other_bridge: written by another bridge',
  );

const readers = z
  .enum(['administrators', 'everyone'])
  .describe('who may read balances and transactions through an action; automations may');

export const actionsSchema = z.object({
  connection: z.enum(['none', 'away', 'ok']).describe('none: no address or no token is set'),
  setting: z.enum(['ask', 'on', 'off']).describe('MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS'),
  decision: z.enum(['not_asked', 'agreed', 'declined']),
  readers,
  sentence: z.string().nullable().describe('what is wrong, and what to do'),
  actions: z.array(
    z.object({
      name: z.string().describe('the name in automations, such as script.monzo_refresh'),
      description: z.string(),
      state,
      sentence: z.string().nullable(),
    }),
  ),
  yaml: z.string().describe('for adding the actions to scripts.yaml by hand'),
});

export const actionsDecisionSchema = z.strictObject({
  decision: z.enum(['agree', 'decline']),
  replace: z
    .boolean()
    .default(false)
    .describe('also replace actions that were changed by a person or written by another bridge'),
});

export const readersSchema = z.strictObject({ readers });

const threshold = z
  .string()
  .regex(
    /^-?\d{1,12}(\.\d{1,4})?$/,
    'must be an amount as decimal text in major units, such as "100" or "12.50"',
  );
const account = z.string().min(1).max(128);

/** The entities in Home Assistant that are absent until a person asks for them. */
export const optionalEntitiesSchema = z.object({
  low_balance: z
    .record(account, threshold)
    .describe('by account: below which balance, as decimal text in major units, it is low'),
  feed_posts: z
    .boolean()
    .describe(
      'whether each account has a notify entity, and so whoever may publish the bridge’s requests on the broker may post to the feed',
    ),
  update_check: z
    .boolean()
    .nullable()
    .describe('whether the package registry is asked once a day for a new version; null in an app'),
});

export const optionalEntitiesChangeSchema = z
  .strictObject({
    low_balance: z
      .record(account, threshold.nullable())
      .describe('accounts that are left out stay as they are; null takes the threshold away'),
    feed_posts: z.boolean(),
    update_check: z.boolean(),
  })
  .partial();

export type OptionalEntitiesDocument = z.output<typeof optionalEntitiesSchema>;
export type OptionalEntitiesChange = z.input<typeof optionalEntitiesChangeSchema>;
const viewers = z
  .enum(['administrators', 'everyone'])
  .describe(
    'who has the dashboard in the sidebar; Home Assistant itself shows every entity to all of its users',
  );

export const dashboardSchema = z.object({
  connection: z.enum(['none', 'away', 'ok']).describe('none: no address or no token is set'),
  order: z
    .enum(['add', 'remove'])
    .nullable()
    .describe('what was asked for and is not done yet, because Home Assistant is away or refuses it'),
  file: z
    .enum([
      'unknown',
      'missing',
      'current',
      'outdated',
      'other_bridge',
      'elsewhere',
      'by_hand',
      'unsupported',
    ])
    .describe(
      'the file that draws the dashboard; elsewhere: added by a person, such as with HACS; other_bridge: added by another bridge; by_hand: missing, and only a person can add it, to configuration.yaml',
    ),
  dashboard: z
    .enum(['missing', 'unfinished', 'current', 'edited'])
    .describe('unfinished: added, and without content; edited: a person has changed what it shows'),
  path: z.string().nullable().describe('its address below Home Assistant’s'),
  viewers: viewers.nullable(),
  sentence: z.string().nullable().describe('what a person should know, and what to do'),
  yaml: z.string().describe('for adding the file to configuration.yaml by hand'),
});

export const dashboardOrderSchema = z.strictObject({
  viewers,
  replace: z.boolean().default(false).describe('also put the bridge’s file in the place of another bridge’s'),
});

export type DashboardItem = z.output<typeof dashboardSchema>;
export type DashboardOrder = z.output<typeof dashboardOrderSchema>;
export type DashboardOrderInput = z.input<typeof dashboardOrderSchema>;
export type Readers = z.output<typeof readers>;
export type ActionsItem = z.output<typeof actionsSchema>;
export type ActionsDecision = z.output<typeof actionsDecisionSchema>;
export type ActionsDecisionInput = z.input<typeof actionsDecisionSchema>;
export type DeletedDevicesItem = z.output<typeof deletedDevicesSchema>;
export type PresenceItem = z.output<typeof presenceSchema>;
