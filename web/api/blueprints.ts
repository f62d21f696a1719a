import type {
  BlueprintItem,
  BlueprintList,
  BlueprintRemoval,
  BlueprintsWantedInput,
} from '../../src/contract/blueprint-data.ts';
import type { Call } from './client.ts';
import { every, listOf, oneOf, orNull, partOf, text, type Guarded } from './guards.ts';

/** The bridge's blueprints in Home Assistant. */

type CopyItem = NonNullable<BlueprintItem['copies']>[number];

const isCopy = partOf<CopyItem>()({
  path: text,
  state: oneOf(
    every<CopyItem['state']>({
      current: true,
      imported: true,
      outdated: true,
      newer: true,
      edited: true,
      different: true,
      broken: true,
    }),
  ),
  automations: orNull(listOf(text)),
  sentence: orNull(text),
});

const isBlueprint = partOf<BlueprintItem>()({
  name: text,
  title: text,
  description: text,
  import_url: text,
  order: orNull(oneOf(every<NonNullable<BlueprintItem['order']>>({ install: true, remove: true }))),
  copies: orNull(listOf(isCopy)),
  sentence: orNull(text),
});

const areBlueprints = partOf<BlueprintList>()({
  connection: oneOf(every<BlueprintList['connection']>({ none: true, away: true, ok: true })),
  sentence: orNull(text),
  blueprints: listOf(isBlueprint),
});

export type Blueprints = Guarded<typeof areBlueprints>;
export type Blueprint = Guarded<typeof isBlueprint>;
export type CopyState = CopyItem['state'];

const path = 'api/home-assistant/blueprints';

/** The blueprints, as Home Assistant has them now. */
export function readBlueprints(call: Call, signal: AbortSignal): Promise<Blueprints> {
  return call(path, { signal, answer: areBlueprints });
}

/** Installs or updates blueprints; all of them where none is named. */
export function installBlueprints(call: Call, body: Readonly<BlueprintsWantedInput>): Promise<Blueprints> {
  return call(`${path}/install`, { method: 'POST', body, answer: areBlueprints });
}

export function removeBlueprints(call: Call, body: Readonly<BlueprintRemoval>): Promise<Blueprints> {
  return call(`${path}/remove`, { method: 'POST', body, answer: areBlueprints });
}
