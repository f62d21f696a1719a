import { isNewer } from '../../../domain/version.ts';
import type { Session } from '../websocket-session.ts';
import {
  automationsUsing,
  listBlueprints,
  readBody,
  readHouse,
  type House,
  type Listed,
} from './blueprint-api.ts';
import { contentDigest, markIn, nameIn, pathOf, type About, type Blueprint } from './blueprint-file.ts';

/**
 * How a blueprint in Home Assistant compares with ours. `imported`: it is the same, and a bridge did not write it. `outdated`,
 * `newer`: as another version of the bridge wrote it. `edited`: a bridge wrote it, and it has been changed since. `different`: no
 * bridge wrote it, so that it may be older or changed. `broken`: Home Assistant cannot use it.
 */
export type CopyState = 'current' | 'imported' | 'outdated' | 'newer' | 'edited' | 'different' | 'broken';

export interface Copy {
  /** Below Home Assistant’s folder of blueprints for automations. */
  readonly path: string;
  readonly state: CopyState;
  /** Whether it is outdated and an earlier version of the bridge wrote it: only such a one is replaced unasked. */
  readonly isBehind: boolean;
  /** The names of the automations that use it; null where Home Assistant does not tell. */
  readonly automations: readonly string[] | null;
}

export interface Inventory {
  readonly house: House;
  /** By the name of the blueprint, the bridge’s own path first. */
  readonly copies: ReadonlyMap<string, readonly Copy[]>;
}

export interface InventoryOptions {
  readonly blueprints: readonly Blueprint[];
  /** Of the bridge. */
  readonly version: string;
}

/** Looks at what Home Assistant has of these blueprints, wherever it keeps them. Throws what `Session.command` throws. */
export async function takeInventory(session: Session, options: InventoryOptions): Promise<Inventory> {
  const house = await readHouse(session);
  const listed = house.hasAutomations ? await listBlueprints(session) : [];
  const copies = new Map<string, readonly Copy[]>();
  for (const blueprint of options.blueprints) {
    const own = listed.filter((file) => isOf(file, blueprint));
    const found: Copy[] = [];
    for (const file of own.toSorted((one, other) => place(one, blueprint) - place(other, blueprint)))
      found.push(await copyIn(session, { file, blueprint, version: options.version }));
    copies.set(blueprint.name, found);
  }
  return { house, copies };
}

/** What lies at the bridge’s own path is not anything else, whatever it says. */
function isOf({ path, about }: Listed, { name }: Blueprint): boolean {
  return path === pathOf(name) || (about !== null && nameIn(about) === name && !isOwnPath(path));
}

function isOwnPath(path: string): boolean {
  return path.startsWith('monzo-bridge/');
}

function place({ path }: Listed, { name }: Blueprint): number {
  return path === pathOf(name) ? 0 : 1;
}

interface Compared {
  readonly file: Listed;
  readonly blueprint: Blueprint;
  readonly version: string;
}

async function copyIn(session: Session, { file, blueprint, version }: Compared): Promise<Copy> {
  const { path, about } = file;
  const body = about === null ? null : await readBody(session, path, about);
  const automations = await automationsUsing(session, path);
  if (about === null || body === null) return { path, state: 'broken', isBehind: false, automations };
  const state = stateOf({ about, digest: contentDigest(about, body), blueprint, version });
  const isBehind = state === 'outdated' && isNewer(version, markIn(about)?.version ?? '');
  return { path, state, isBehind, automations };
}

interface Seen extends Omit<Compared, 'file'> {
  readonly about: About;
  readonly digest: string;
}

function stateOf({ about, digest, blueprint, version }: Seen): CopyState {
  const mark = markIn(about);
  const isAsMarked = mark?.digest === digest;
  if (digest === blueprint.digest) return isAsMarked ? 'current' : 'imported';
  if (mark === null) return 'different';
  if (!isAsMarked) return 'edited';
  return isNewer(mark.version, version) ? 'newer' : 'outdated';
}
