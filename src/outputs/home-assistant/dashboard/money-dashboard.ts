import { stringify } from 'yaml';
import type { Clock } from '../../../clock.ts';
import type { PartHealth } from '../../../domain/view.ts';
import { refuse } from '../../../refusals/refuse.ts';
import type { OutputLog } from '../../output.ts';
import type { HomeAssistantClient } from '../home-assistant-client.ts';
import { createReconciler } from '../reconciler.ts';
import type { Session } from '../websocket-session.ts';
import {
  addressOf,
  appearance,
  drawn,
  fileName,
  firstPlace,
  takeInventory,
  type FileState,
  type Inventory,
  type InventoryOptions,
  type Placed,
} from './dashboard-inventory.ts';
import {
  createDashboard,
  deleteDashboard,
  deleteResource,
  readTakenPaths,
  saveContent,
  showOnlyAdministrators,
  writeResource,
  type Resource,
} from './lovelace.ts';

/** Who has the dashboard in their sidebar. */
export type Viewers = 'administrators' | 'everyone';

/** What a person asked for. It is kept until it is done; from then on only Home Assistant says what there is. */
export type Order =
  | {
      readonly kind: 'add';
      readonly viewers: Viewers;
      /** Whether the bridge’s file takes the place of another bridge’s. */
      readonly replace: boolean;
    }
  | { readonly kind: 'remove' };

/** What the dashboard needs beyond a connection to Home Assistant. */
export interface DashboardSettings extends InventoryOptions {
  readonly version: string;
  readonly order: () => Order | null;
  /** Forgets an order that was carried out, unless another has taken its place. */
  readonly settle: (order: Order) => void;
}

interface DashboardOptions extends DashboardSettings {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly onChange: () => void;
}

/** The status of the dashboard, for the page. */
export interface DashboardStatus {
  readonly isConnected: boolean;
  readonly file: FileState;
  readonly dashboard: Placed['state'] | 'missing';
  /** Its address below Home Assistant’s; null where there is none. */
  readonly path: string | null;
  readonly viewers: Viewers | null;
  /** What a person should know, and what to do. */
  readonly sentence: string | null;
  /** What people put into configuration.yaml who keep the files of dashboards there. */
  readonly yaml: string;
}

/** The Money dashboard in Home Assistant: the file that draws it, and its place in the sidebar. */
export interface MoneyDashboard {
  status(): DashboardStatus;
  /** What prevents a dashboard that is there from working; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  /** Carries out the order, if there is one, and keeps the file current. Resolves like `look`. */
  reconcile(): Promise<void>;
  /** Looks at what Home Assistant has, and changes nothing unless an order waits. Resolves at once while it is away; never throws. */
  look(): Promise<void>;
}

/** What is kept of an inventory: never the files themselves. */
type Known = Pick<DashboardStatus, 'file' | 'dashboard' | 'path' | 'viewers'> & Pick<Inventory, 'usedBy'>;

const unknown: Known = { file: 'unknown', dashboard: 'missing', path: null, viewers: null, usedBy: [] };

/** Adds the dashboard when a person asks for it, keeps its file current, and removes both. It touches nothing else. */
export function createMoneyDashboard(options: DashboardOptions): MoneyDashboard {
  const { client, order, version } = options;
  let known = unknown;
  const { reconcile, failure } = createReconciler<'look' | 'bring'>({
    ...options,
    what: 'the Money dashboard',
    usual: 'bring',
    bring: async (session, wish) => {
      if (wish === 'bring' || order() !== null) await carriedOut(session, options);
      known = knownOf(await takeInventory(session, options));
    },
    isOff: () => isBroken(known),
  });
  /** Of a failure those hear who have the dashboard or want it. */
  const isWanted = () => order() !== null || known.path !== null || ours.has(known.file);
  const sentence = () => (isWanted() ? failure() : null) ?? explanationOf(known);
  return {
    reconcile: () => reconcile('bring'),
    look: () => reconcile('look'),
    trouble: () => {
      const said = sentence();
      const isWrong = isBroken(known) || (isWanted() && failure() !== null);
      return isWrong && said !== null ? { state: 'degraded', sentence: said } : null;
    },
    status: () => {
      const { file, dashboard, path, viewers } = known;
      const isConnected = client.session() !== null;
      return { isConnected, file, dashboard, path, viewers, sentence: sentence(), yaml: linesFor(version) };
    },
  };
}

const ours: ReadonlySet<FileState> = new Set(['current', 'outdated']);
const absent: ReadonlySet<FileState> = new Set(['missing', 'by_hand']);

/** Home Assistant then shows an empty page, after some seconds. */
function isBroken({ file, dashboard }: Known): boolean {
  return dashboard === 'current' && absent.has(file);
}

async function carriedOut(session: Session, options: DashboardOptions): Promise<void> {
  const { order, settle, log } = options;
  const asked = order();
  const found = await takeInventory(session, options);
  if (asked === null) {
    if (found.file === 'outdated') await writeFile(session, found.own, options);
    return;
  }
  const isDone =
    asked.kind === 'add'
      ? await add(session, { options, found, asked })
      : await remove(session, found, options);
  settle(asked);
  const done = asked.kind === 'add' ? 'Added the Money dashboard to' : 'Removed the Money dashboard from';
  if (isDone) log.info(`${done} Home Assistant`);
}

interface Adding {
  readonly options: DashboardOptions;
  readonly found: Inventory;
  readonly asked: Order & { readonly kind: 'add' };
}

/** The file first: a dashboard without it is an empty page. False where only a person can do that. */
async function add(session: Session, { options, found, asked }: Adding): Promise<boolean> {
  const { file, own, others, dashboards } = found;
  if (file === 'unsupported' || (file === 'by_hand' && dashboards.length === 0)) return false;
  if (file === 'missing' || file === 'outdated') await writeFile(session, own, options);
  if (file === 'other_bridge' && asked.replace) await writeFile(session, others, options);
  const isForAdministrators = asked.viewers === 'administrators';
  const placed = firstOf(dashboards) ?? (await addDashboard(session, isForAdministrators));
  if (placed.state === 'unfinished') await saveContent(session, placed.path, drawn);
  if (placed.isForAdministrators !== isForAdministrators)
    await showOnlyAdministrators(session, placed.id, isForAdministrators);
  return true;
}

/** Puts the bridge’s file in the place of these, or adds it where there is none. A page that is open keeps the one it has. */
async function writeFile(
  session: Session,
  inPlaceOf: readonly Resource[],
  { bridge, readFile, log }: DashboardOptions,
): Promise<void> {
  const content = await readFile();
  if (content === null) throw refuse('dashboard_not_built', {});
  const address = addressOf(content, bridge);
  if (inPlaceOf.length === 0) await writeResource(session, null, address);
  for (const { id, url, type } of inPlaceOf)
    if (url !== address || type !== 'module') await writeResource(session, id, address);
  log.info('Wrote the file of the Money dashboard to Home Assistant');
}

async function addDashboard(session: Session, isForAdministrators: boolean): Promise<Placed> {
  const path = await freePlace(session);
  const id = await createDashboard(session, { ...appearance, path, isForAdministrators });
  return { ...appearance, id, path, isForAdministrators, state: 'unfinished' };
}

async function freePlace(session: Session): Promise<string> {
  const taken = await readTakenPaths(session);
  for (let number = 1; ; number += 1) {
    const path = number === 1 ? firstPlace : `${firstPlace}-${number}`;
    if (!taken.has(path)) return path;
  }
}

/**
 * The dashboard before its file. What a person has changed stays, and the file with it as long as any dashboard uses it.
 * False where the file is another bridge’s.
 */
async function remove(session: Session, found: Inventory, options: DashboardOptions): Promise<boolean> {
  if (found.file === 'other_bridge') return false;
  for (const { id, state } of found.dashboards) if (state !== 'edited') await deleteDashboard(session, id);
  const left = await takeInventory(session, options);
  const isUsed = left.usedBy.length > 0 || left.dashboards.some(({ state }) => state !== 'edited');
  if (isUsed) return true;
  for (const { id } of left.own) if (id !== null) await deleteResource(session, id);
  return true;
}

function knownOf({ file, dashboards, usedBy }: Inventory): Known {
  const { state = 'missing', path = null, isForAdministrators } = firstOf(dashboards) ?? {};
  const viewers = isForAdministrators === true ? 'administrators' : 'everyone';
  return { file, usedBy, path, dashboard: state, viewers: path === null ? null : viewers };
}

/** The one that the page is about: where there are several, one that shows what the bridge wrote. */
function firstOf(dashboards: readonly Placed[]): Placed | undefined {
  return dashboards.find(({ state }) => state === 'current') ?? dashboards[0];
}

const onPage = 'on the bridge’s page';

/** What a person should know about what there is. */
function explanationOf({ file, dashboard, usedBy }: Known): string | null {
  if (file === 'unsupported')
    return 'This Home Assistant has no dashboards: add default_config: or lovelace: to configuration.yaml and restart it.';
  if (dashboard === 'current' && absent.has(file))
    return `The Money dashboard is in Home Assistant and the file that draws it is not, so it stays empty. ${missing(file)}`;
  if (file === 'by_hand')
    return 'Home Assistant takes the files of its dashboards from configuration.yaml, which the bridge does not write. Add the file yourself, restart Home Assistant, and then add the dashboard here.';
  if (file === 'other_bridge')
    return `The file of the Money dashboard was added by another bridge, or by this one before it got a new secret key, so the bridge does not touch it. If no other bridge uses this Home Assistant, choose “Take it over” ${onPage}.`;
  if (dashboard === 'edited')
    return 'The Money dashboard was changed in Home Assistant, so the bridge keeps only its file current. Delete it there under Settings → Dashboards if you do not want it.';
  if (usedBy.length > 0)
    return `These dashboards of yours use the bridge’s cards, so their file stays: ${usedBy.join(', ')}.`;
  return null;
}

function missing(file: FileState): string {
  if (file === 'by_hand')
    return `Add it to configuration.yaml with the lines that are shown ${onPage}, and restart Home Assistant.`;
  return `Choose “Add the Money dashboard” ${onPage}, or delete it in Home Assistant under Settings → Dashboards.`;
}

/** The version makes browsers load a new file. */
function linesFor(version: string): string {
  const resources = [{ url: `/local/${fileName}?v=${version}`, type: 'module' }];
  return stringify({ lovelace: { resource_mode: 'yaml', resources } });
}
