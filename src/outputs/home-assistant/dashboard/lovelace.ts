import { z } from 'zod';
import { BridgeError } from '../../../errors.ts';
import { refusalCode } from '../connection-failures.ts';
import type { Session } from '../websocket-session.ts';

/** The dashboards of Home Assistant, and the files that their pages load. Everything throws what `Session.command` throws. */

/** A file that every page of Home Assistant loads. */
export interface Resource {
  /** Null where it is a line in configuration.yaml. */
  readonly id: string | null;
  readonly type: string;
  readonly url: string;
}

export interface Dashboard {
  /** Null where it is defined in configuration.yaml. */
  readonly id: string | null;
  /** Its address below Home Assistant’s. */
  readonly path: string;
  readonly title: string;
  /** Whether only administrators have it in their sidebar. */
  readonly isForAdministrators: boolean;
}

export interface Dashboards {
  /** Whether the files are lines in configuration.yaml, which nothing but a person can write. */
  readonly isByHand: boolean;
  readonly resources: readonly Resource[];
  readonly dashboards: readonly Dashboard[];
}

const infoSchema = z.object({ resource_mode: z.string() });
const configSchema = z.object({ safe_mode: z.boolean().catch(false) });
const resourceSchema = z.object({ id: z.string().nullable().catch(null), type: z.string(), url: z.string() });
const createdSchema = z.object({ id: z.string() });
const dashboardSchema = z.object({
  id: z.string().nullable().catch(null),
  url_path: z.string(),
  title: z.string().catch(''),
  require_admin: z.boolean().catch(false),
  mode: z.string().catch('storage'),
});

/** Null where Home Assistant has no dashboards, because that integration is not loaded. */
export async function readDashboards(session: Session): Promise<Dashboards | null> {
  try {
    const info = infoSchema.parse(await session.command({ type: 'lovelace/info' }));
    await refuseSafeMode(session);
    const isByHand = info.resource_mode === 'yaml';
    const resources = rows(await session.command({ type: 'lovelace/resources' }), resourceSchema);
    const dashboards = rows(await session.command({ type: 'lovelace/dashboards/list' }), dashboardSchema);
    return {
      isByHand,
      resources: resources.map((row) => ({ ...row, id: isByHand ? null : row.id })),
      dashboards: dashboards.map(
        ({ id, mode, url_path: path, title, require_admin: isForAdministrators }) => ({
          id: mode === 'storage' ? id : null,
          path,
          title,
          isForAdministrators,
        }),
      ),
    };
  } catch (thrown) {
    if (refusalCode(thrown) === 'unknown_command') return null;
    throw thrown;
  }
}

/** In it the list of files is empty, whatever there is. */
async function refuseSafeMode(session: Session): Promise<void> {
  const { safe_mode: isSafe } = configSchema.parse(await session.command({ type: 'get_config' }));
  if (!isSafe) return;
  const sentence =
    'Home Assistant runs in safe mode, in which its pages load no files of others. Restart it without safe mode.';
  throw new BridgeError('home_assistant_safe_mode', sentence);
}

function rows<Schema extends z.ZodType>(answer: unknown, schema: Schema): readonly z.output<Schema>[] {
  return z
    .array(z.unknown())
    .parse(answer)
    .flatMap((row) => schema.safeParse(row).data ?? []);
}

/** What a dashboard shows; undefined where it was never told, or cannot be read. Null names the first dashboard. */
export async function readContent(session: Session, path: string | null): Promise<unknown> {
  try {
    return await session.command({ type: 'lovelace/config', url_path: path });
  } catch (thrown) {
    if (refusalCode(thrown) === null) throw thrown;
    return undefined;
  }
}

/** The addresses that are taken, by dashboards and by everything else. */
export async function readTakenPaths(session: Session): Promise<ReadonlySet<string>> {
  const panels = z.record(z.string(), z.unknown()).parse(await session.command({ type: 'get_panels' }));
  return new Set(Object.keys(panels));
}

/** Adds a module, or puts its new address in the place of the one before. */
export async function writeResource(session: Session, id: string | null, url: string): Promise<void> {
  const resource = { res_type: 'module', url };
  if (id === null) await session.command({ type: 'lovelace/resources/create', ...resource });
  else await session.command({ type: 'lovelace/resources/update', resource_id: id, ...resource });
}

export async function deleteResource(session: Session, id: string): Promise<void> {
  await unlessGone(session.command({ type: 'lovelace/resources/delete', resource_id: id }));
}

export type NewDashboard = Omit<Dashboard, 'id'> & { readonly icon: string };

/** Resolves with its id. It shows nothing before it is told what. */
export async function createDashboard(session: Session, dashboard: NewDashboard): Promise<string> {
  const { path, title, icon, isForAdministrators } = dashboard;
  const created = await session.command({
    type: 'lovelace/dashboards/create',
    url_path: path,
    title,
    icon,
    show_in_sidebar: true,
    require_admin: isForAdministrators,
    mode: 'storage',
  });
  return createdSchema.parse(created).id;
}

export async function saveContent(session: Session, path: string, content: object): Promise<void> {
  await session.command({ type: 'lovelace/config/save', url_path: path, config: content });
}

export async function showOnlyAdministrators(session: Session, id: string, isOnly: boolean): Promise<void> {
  await session.command({ type: 'lovelace/dashboards/update', dashboard_id: id, require_admin: isOnly });
}

export async function deleteDashboard(session: Session, id: string): Promise<void> {
  await unlessGone(session.command({ type: 'lovelace/dashboards/delete', dashboard_id: id }));
}

/** A person may have deleted it in the same moment. */
async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  await deletion.catch((thrown: unknown) => {
    if (refusalCode(thrown) !== 'not_found') throw thrown;
  });
}
