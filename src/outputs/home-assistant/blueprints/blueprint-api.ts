import { z } from 'zod';
import { refusalCode } from '../connection-failures.ts';
import type { Session } from '../websocket-session.ts';
import { inputNames, readAbout, type About, type InputUse } from './blueprint-file.ts';

/** The blueprints for automations in Home Assistant. Everything throws what `Session.command` throws. */

const domain = 'automation';

/** A file among Home Assistant’s blueprints. */
export interface Listed {
  readonly path: string;
  /** Null where Home Assistant cannot read the file. */
  readonly about: About | null;
}

export interface House {
  readonly version: string;
  /** False without `default_config:` or `automation:` in its configuration. */
  readonly hasAutomations: boolean;
}

const configSchema = z.object({ version: z.string().catch(''), components: z.array(z.string()).catch([]) });
const listSchema = z.record(z.string(), z.object({ metadata: z.unknown().optional() }));

export async function readHouse(session: Session): Promise<House> {
  const { version, components } = configSchema.parse(await session.command({ type: 'get_config' }));
  return { version, hasAutomations: components.includes(domain) };
}

export async function listBlueprints(session: Session): Promise<readonly Listed[]> {
  const list = listSchema.parse(await session.command({ type: 'blueprint/list', domain }));
  return Object.entries(list).map(([path, { metadata }]) => ({ path, about: readAbout(metadata) }));
}

const substitutedSchema = z.object({ substituted_config: z.record(z.string(), z.unknown()) });

/**
 * What a blueprint makes of its inputs: each one where it is used. That is all of the file but its comments. Null where Home
 * Assistant cannot make an automation of it.
 */
export async function readBody(session: Session, path: string, { input }: About): Promise<unknown> {
  const inputs = inputNames(input).map((name): [string, InputUse] => [name, { input: name }]);
  const ask = { type: 'blueprint/substitute', domain, path, input: Object.fromEntries(inputs) };
  const answer = await unlessRefused(session.command(ask), ['unknown_error', 'home_assistant_error']);
  return answer === refusal ? null : substitutedSchema.parse(answer).substituted_config;
}

export interface NewFile {
  readonly path: string;
  readonly yaml: string;
  readonly sourceUrl: string;
}

/** Creates a file; one that is there in the meantime stays as it is. */
export async function createBlueprint(session: Session, file: NewFile): Promise<void> {
  await unlessRefused(save(session, file, false), ['already_exists']);
}

/** Home Assistant loads the automations that use it anew. */
export async function overwriteBlueprint(session: Session, file: NewFile): Promise<void> {
  await save(session, file, true);
}

function save(session: Session, { path, yaml, sourceUrl }: NewFile, isOver: boolean): Promise<unknown> {
  const ask = { type: 'blueprint/save', domain, path, yaml, source_url: sourceUrl };
  return session.command({ ...ask, allow_override: isOver });
}

/** False where Home Assistant keeps it, because an automation uses it. One that is gone already is no failure. */
export async function deleteBlueprint(session: Session, path: string): Promise<boolean> {
  try {
    await session.command({ type: 'blueprint/delete', domain, path });
    return true;
  } catch (thrown) {
    if (refusalCode(thrown) === 'home_assistant_error') return false;
    const isThere = (await listBlueprints(session)).some((listed) => listed.path === path);
    if (isThere || refusalCode(thrown) === null) throw thrown;
    return true;
  }
}

/** Files that were changed on the disk count from now on, as after “Reload automations” there; nothing that runs is stopped. */
export async function rereadBlueprints(session: Session): Promise<void> {
  await session.command({ type: 'call_service', domain, service: 'reload', service_data: {} });
}

const relatedSchema = z.object({ automation: z.array(z.string()).default([]) });
const automationSchema = z.object({ config: z.object({ alias: z.string() }) });

/** The names of the automations that use it; null where this Home Assistant has no search. */
export async function automationsUsing(session: Session, path: string): Promise<readonly string[] | null> {
  const ids = await idsUsing(session, path);
  if (ids === null) return null;
  const names: string[] = [];
  for (const id of ids) names.push(await nameOf(session, id));
  return names.toSorted();
}

const statesSchema = z.array(
  z.object({ entity_id: z.string(), attributes: z.object({ current: z.number().catch(0) }) }),
);

/** Whether an automation that uses one of these runs at this moment; any automation where Home Assistant does not tell which. */
export async function areRunning(session: Session, paths: readonly string[]): Promise<boolean> {
  const states = statesSchema.parse(await session.command({ type: 'get_states' }));
  const running = states
    .filter(({ entity_id: id, attributes }) => id.startsWith(`${domain}.`) && attributes.current > 0)
    .map(({ entity_id: id }) => id);
  if (running.length === 0) return false;
  for (const path of paths) {
    const ids = await idsUsing(session, path);
    if (ids === null || ids.some((id) => running.includes(id))) return true;
  }
  return false;
}

async function idsUsing(session: Session, path: string): Promise<readonly string[] | null> {
  const ask = { type: 'search/related', item_type: 'automation_blueprint', item_id: path };
  const answer = await unlessRefused(session.command(ask), ['unknown_command', 'invalid_format']);
  return answer === refusal ? null : relatedSchema.parse(answer).automation;
}

async function nameOf(session: Session, id: string): Promise<string> {
  const asked = session.command({ type: 'automation/config', entity_id: id });
  const answer = await unlessRefused(asked, ['not_found', 'unknown_command']);
  return automationSchema.safeParse(answer).data?.config.alias ?? id;
}

const refusal = Symbol('refused');

async function unlessRefused(asked: Promise<unknown>, codes: readonly string[]): Promise<unknown> {
  return asked.catch((thrown: unknown) => {
    if (codes.includes(refusalCode(thrown) ?? '')) return refusal;
    throw thrown;
  });
}
