import { z } from 'zod';

/** The bridge's blueprints in Home Assistant. */

const name = z.string().min(1).max(100).describe('such as low_balance');

const copy = z.object({
  path: z.string().describe('below Home Assistant’s folder of blueprints for automations'),
  state: z
    .enum(['current', 'imported', 'outdated', 'newer', 'edited', 'different', 'broken'])
    .describe(
      'current: the bridge keeps it so; imported: the same, and not written by a bridge; outdated, newer: as another version of the bridge wrote it; edited: changed since a bridge wrote it; different: not written by a bridge, and not the same; broken: Home Assistant cannot use it',
    ),
  automations: z
    .array(z.string())
    .nullable()
    .describe('the names of the automations that use it; null where Home Assistant does not tell'),
  sentence: z.string().nullable().describe('what a person should know, and what to do'),
});

export const blueprintsSchema = z.object({
  connection: z.enum(['none', 'away', 'ok']).describe('none: no address or no token is set'),
  sentence: z
    .string()
    .nullable()
    .describe('what keeps the bridge from installing blueprints, and what to do'),
  blueprints: z.array(
    z.object({
      name,
      title: z.string(),
      description: z.string(),
      import_url: z.string().describe('opens the import in Home Assistant; needs no token'),
      order: z
        .enum(['install', 'remove'])
        .nullable()
        .describe('what was asked for and is not done yet, because Home Assistant is away or refuses it'),
      copies: z
        .array(copy)
        .nullable()
        .describe('where Home Assistant has it, the bridge’s own place first; null where that is not known'),
      sentence: z.string().nullable().describe('what a person should know, and what to do'),
    }),
  ),
});

const names = z.array(name).min(1).max(100);

export const blueprintsWantedSchema = z.strictObject({
  names: names.optional().describe('which ones; all where left out'),
  replace: z
    .boolean()
    .default(false)
    .describe(
      'also put the bridge’s own in the place of what was changed, imported or comes from a newer one',
    ),
});

export const blueprintRemovalSchema = z.strictObject({ names });

export type BlueprintList = z.output<typeof blueprintsSchema>;
export type BlueprintItem = BlueprintList['blueprints'][number];
export type BlueprintsWanted = z.output<typeof blueprintsWantedSchema>;
export type BlueprintsWantedInput = z.input<typeof blueprintsWantedSchema>;
export type BlueprintRemoval = z.output<typeof blueprintRemovalSchema>;
