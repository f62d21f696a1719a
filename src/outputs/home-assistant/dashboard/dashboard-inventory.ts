import { z } from 'zod';
import type { Session } from '../websocket-session.ts';
import { readContent, readDashboards, type Dashboard, type Resource } from './lovelace.ts';

/** The name of the dashboard’s file, by which copies of it from elsewhere are known. */
export const fileName = 'monzo-bridge.js';
/** What the file calls the dashboard that it draws; its cards begin so, too. */
const drawnBy = 'custom:monzo';
/** What the dashboard shows: the file draws all of it. */
export const drawn = { strategy: { type: drawnBy } };

/**
 * The status of the file in Home Assistant. `elsewhere`: a person has brought it there, for instance with HACS. `by_hand`: it
 * is not there, and only a person can add it. `unsupported`: this Home Assistant has no dashboards.
 */
export type FileState =
  | 'unknown'
  | 'missing'
  | 'current'
  | 'outdated'
  | 'other_bridge'
  | 'elsewhere'
  | 'by_hand'
  | 'unsupported';

/** A dashboard that a bridge has added. */
export interface Placed extends Dashboard {
  readonly id: string;
  /** `unfinished`: it shows nothing yet. `edited`: a person has changed what it shows, and it still uses the file. */
  readonly state: 'unfinished' | 'current' | 'edited';
}

/** What Home Assistant has of the Money dashboard now. */
export interface Inventory {
  readonly file: FileState;
  /** The bridge’s own files: one, unless somebody has added it again. */
  readonly own: readonly Resource[];
  /** Those of other bridges. */
  readonly others: readonly Resource[];
  readonly dashboards: readonly Placed[];
  /** The titles of dashboards of people that use the bridge’s file; only looked for where none of the bridge’s own does. */
  readonly usedBy: readonly string[];
}

/** Tells the bridge’s files from all others by a parameter of their media type, which Home Assistant and browsers keep. */
const mark = /^data:[^,]*;monzo-bridge=([^;,]*)[;,]/;
export const appearance = { title: 'Money', icon: 'mdi:cash-multiple' } as const;
/** Home Assistant wants a hyphen in it. The next ones have a number behind it. */
export const firstPlace = 'monzo-money';
const place = /^monzo-money(-\d+)?$/;

/** The file as an address, which needs no port, no folder and no certificate: Home Assistant stores it with its settings. */
export function addressOf(content: string, bridge: string): string {
  const encoded = Buffer.from(content, 'utf8').toString('base64');
  return `data:text/javascript;monzo-bridge=${bridge};base64,${encoded}`;
}

export interface InventoryOptions {
  /** Tells bridges apart that share a Home Assistant. */
  readonly bridge: string;
  /** Reads the file when it is needed; null where this installation has none. */
  readonly readFile: () => Promise<string | null>;
}

/** Looks at what Home Assistant has. Throws what `Session.command` and `readFile` throw. */
export async function takeInventory(session: Session, options: InventoryOptions): Promise<Inventory> {
  const found = await readDashboards(session);
  if (found === null) return { file: 'unsupported', own: [], others: [], dashboards: [], usedBy: [] };
  const { resources, isByHand } = found;
  const marked = resources.filter(({ id, url }) => id !== null && mark.test(url));
  const isOwn = ({ url }: Resource) => mark.exec(url)?.[1] === options.bridge;
  const own = marked.filter(isOwn);
  const others = marked.filter((resource) => !isOwn(resource));
  const isElsewhere = resources.some((resource) => !marked.includes(resource) && isCopy(resource));
  const dashboards = await placedAmong(session, found.dashboards);
  const isUsed = dashboards.some(({ state }) => state !== 'edited');
  return {
    file: await fileState({ own, others, isElsewhere, isByHand, options }),
    own,
    others,
    dashboards,
    usedBy: own.length === 0 || isUsed ? [] : await usersAmong(session, found.dashboards),
  };
}

/** Whether it is the same file from elsewhere: below `/hacsfiles/`, below `/local/`, or the line of another bridge by hand. */
function isCopy({ url }: Resource): boolean {
  if (mark.test(url)) return true;
  return url.split(/[?#]/, 1)[0]?.split('/').at(-1) === fileName;
}

interface Sighted {
  readonly own: readonly Resource[];
  readonly others: readonly Resource[];
  readonly isElsewhere: boolean;
  readonly isByHand: boolean;
  readonly options: InventoryOptions;
}

async function fileState({ own, others, isElsewhere, isByHand, options }: Sighted): Promise<FileState> {
  if (own.length > 0) {
    const content = await options.readFile();
    const address = content === null ? null : addressOf(content, options.bridge);
    if (address === null) return 'current';
    return own.every(({ url, type }) => url === address && type === 'module') ? 'current' : 'outdated';
  }
  if (isElsewhere) return 'elsewhere';
  if (others.length > 0) return 'other_bridge';
  return isByHand ? 'by_hand' : 'missing';
}

async function placedAmong(session: Session, dashboards: readonly Dashboard[]): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const { id, ...dashboard } of dashboards) {
    if (id === null || !place.test(dashboard.path)) continue;
    const state = stateOf(dashboard, await readContent(session, dashboard.path));
    if (state !== null) placed.push({ ...dashboard, id, state });
  }
  return placed;
}

const drawnSchema = z.object({ strategy: z.object({ type: z.literal(drawnBy) }) });

/** Null where only the address is like a bridge’s: it is another person’s dashboard, or has become that. */
function stateOf({ title }: Omit<Dashboard, 'id'>, content: unknown): Placed['state'] | null {
  if (content === undefined) return title === appearance.title ? 'unfinished' : null;
  if (drawnSchema.safeParse(content).success) return 'current';
  return usesFile(content) ? 'edited' : null;
}

function usesFile(content: unknown): boolean {
  return JSON.stringify(content ?? null).includes(drawnBy);
}

/** The titles of all dashboards in which the file draws something. */
async function usersAmong(session: Session, dashboards: readonly Dashboard[]): Promise<readonly string[]> {
  const hasFirst = dashboards.some(({ path }) => path === 'lovelace');
  const all = [...(hasFirst ? [] : [{ path: null, title: 'Overview' }]), ...dashboards];
  const users: string[] = [];
  for (const { path, title } of all) if (usesFile(await readContent(session, path))) users.push(title);
  return users;
}
