import { z } from 'zod';

/** What Home Assistant's websocket sends, as far as the suite looks at it. Keys not named here are kept. */

const contextSchema = z.looseObject({
  id: z.string(),
  user_id: z.string().nullable(),
  parent_id: z.string().nullable(),
});

export const stateSchema = z.looseObject({
  entity_id: z.string(),
  state: z.string(),
  attributes: z.record(z.string(), z.unknown()),
  last_changed: z.string(),
  last_updated: z.string(),
  context: contextSchema,
});
export type State = z.infer<typeof stateSchema>;

export const deviceSchema = z.looseObject({
  id: z.string(),
  /** Pairs of integration and id: `["mqtt", "monzo_acc_…"]`. */
  identifiers: z.array(z.array(z.string())),
  name: z.string().nullable(),
  name_by_user: z.string().nullable(),
  manufacturer: z.string().nullable(),
  model: z.string().nullable(),
  model_id: z.string().nullish(),
  serial_number: z.string().nullish(),
  sw_version: z.string().nullable(),
  configuration_url: z.string().nullable(),
  via_device_id: z.string().nullable(),
  entry_type: z.string().nullish(),
  disabled_by: z.string().nullable(),
});
export type Device = z.infer<typeof deviceSchema>;

export const entitySchema = z.looseObject({
  entity_id: z.string(),
  unique_id: z.string(),
  platform: z.string(),
  device_id: z.string().nullable(),
  name: z.string().nullable(),
  original_name: z.string().nullish(),
  entity_category: z.string().nullable(),
  disabled_by: z.string().nullable(),
  hidden_by: z.string().nullable(),
});
export type Entity = z.infer<typeof entitySchema>;

export const deviceTriggerSchema = z.looseObject({
  platform: z.literal('device'),
  domain: z.string(),
  device_id: z.string(),
  type: z.string(),
  subtype: z.string().optional(),
});
export type DeviceTrigger = z.infer<typeof deviceTriggerSchema>;

export const configEntrySchema = z.looseObject({
  entry_id: z.string(),
  domain: z.string(),
  title: z.string(),
  state: z.string(),
});
export type ConfigEntry = z.infer<typeof configEntrySchema>;

export const configSchema = z.looseObject({
  version: z.string(),
  state: z.enum(['NOT_RUNNING', 'STARTING', 'RUNNING', 'STOPPING', 'FINAL_WRITE']),
  components: z.array(z.string()),
  time_zone: z.string(),
  currency: z.string(),
  language: z.string(),
  external_url: z.string().nullable(),
  internal_url: z.string().nullable(),
  recovery_mode: z.boolean(),
});
export type Config = z.infer<typeof configSchema>;

const actionSchema = z.looseObject({
  name: z.string().optional(),
  description: z.string().optional(),
  fields: z.record(z.string(), z.looseObject({})).default({}),
  response: z.looseObject({ optional: z.boolean() }).optional(),
});
/** Domain, then action. */
export const actionsSchema = z.record(z.string(), z.record(z.string(), actionSchema));
export type Actions = z.infer<typeof actionsSchema>;

export const actionResultSchema = z.looseObject({ context: contextSchema, response: z.unknown().optional() });
export type ActionResult = z.infer<typeof actionResultSchema>;

export const busEventSchema = z.looseObject({
  event_type: z.string(),
  data: z.record(z.string(), z.unknown()),
  time_fired: z.string(),
  origin: z.string(),
  context: contextSchema,
});
export type BusEvent = z.infer<typeof busEventSchema>;

export const stateChangeSchema = z.looseObject({
  entity_id: z.string(),
  old_state: stateSchema.nullable(),
  new_state: stateSchema.nullable(),
});
export type StateChange = z.infer<typeof stateChangeSchema>;

/** What `subscribe_trigger` delivers: `trigger` is what an automation sees under that name. */
export const firedTriggerSchema = z.looseObject({
  variables: z.looseObject({ trigger: z.looseObject({ platform: z.string().nullish() }) }),
  context: contextSchema.nullish(),
});
export type FiredTrigger = z.infer<typeof firedTriggerSchema>;
