import { posix } from 'node:path';
import type { ProjectFile } from './files.ts';
import { computed, importsOf, loadedImportsOf } from './imports.ts';

/** What each file imports: paths from the project's root for files of ours, names for everything else. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** From the top down; a room may import what is in its own layer or below. */
const layers: readonly (readonly string[])[] = [
  ['container'],
  ['launch'],
  ['main'],
  ['app', 'memory'],
  ['http', 'cli', 'outputs', 'supervisor'],
  ['commands', 'ingest', 'logins'],
  ['monzo', 'store'],
  ['refusals'],
  ['contract'],
  ['domain'],
];

/** Importable by all; each imports nothing of ours but `errors`, and waiting needs the clock. */
const leaves: ReadonlySet<string> = new Set([
  'errors',
  'log',
  'clock',
  'limits',
  'async',
  'memo',
  'plain-http',
]);

/** Rooms and modules that only some may import: by room, or by file. */
const reserved: ReadonlyMap<string, readonly string[]> = new Map([
  ['config', ['main', 'app', 'cli']],
  ['app-settings', ['config']],
  ['environment', ['main', 'cli']],
  ['contract', ['http', 'cli', 'commands']],
  ['node:sqlite', ['src/store/database.ts']],
]);

/** Rooms of settings; they import nothing but leaves. */
const settings: ReadonlySet<string> = new Set(['config', 'app-settings', 'environment']);

/** Arrows that point down and are wrong all the same. */
const barred: ReadonlyMap<string, readonly string[]> = new Map([['outputs', ['monzo', 'store']]]);

/** The pure core computes and does nothing else. */
const modulesOfDomain: ReadonlySet<string> = new Set(['node:crypto']);

/** Reads the import graph of some files; relative names become paths from the root. */
export function graphOf(files: readonly ProjectFile[]): ImportGraph {
  return new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text).map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name)),
    ]),
  );
}

/** The room a file belongs to: its folder or, at the top, its own name. Each output is a room of its own. */
export function roomOf(path: string): string {
  const parts = path.replace(/^src\//, '').split('/');
  const [first = '', second = ''] = parts;
  if (first === 'outputs' && parts.length > 2) return `outputs/${second}`;
  return parts.length === 1 ? first.replace(/\.ts$/, '') : first;
}

/** Every arrow that points the wrong way, as a sentence. */
export function wrongArrows(graph: ImportGraph): readonly string[] {
  return [...graph].flatMap(([path, targets]) =>
    targets.flatMap((target) => {
      const why = whyWrong(path, target);
      return why === null ? [] : [`${path} imports ${target}: ${why}`];
    }),
  );
}

function whyWrong(path: string, target: string): string | null {
  const from = roomOf(path);
  if (layerOf(from) === -1) return `no layer is named for ${from}`;
  if (target === computed) return 'an import whose name is computed cannot be checked';
  if (target.startsWith('src/')) return whyWrongRoom(path, roomOf(target));
  if (isOurs(target)) return 'the program itself does not know this folder';
  if (reserved.get(target)?.includes(path) === false) return `only ${reserved.get(target)?.join()} may`;
  return from === 'domain' && !modulesOfDomain.has(target) ? 'the pure core stands alone' : null;
}

function whyWrongRoom(path: string, to: string): string | null {
  const from = roomOf(path);
  if (from === to) return null;
  if (from === 'async' && to === 'clock') return null;
  if (leaves.has(from)) return to === 'errors' ? null : 'a leaf imports nothing but errors';
  if (leaves.has(to)) return null;
  const importers = reserved.get(to);
  if (importers)
    return importers.includes(from) || importers.includes(path) ? null : `only ${importers.join(', ')} may`;
  if (settings.has(from)) return 'settings import nothing but leaves';
  if (barred.get(wingOf(from))?.includes(wingOf(to))) return `${wingOf(from)} never import it`;
  if (wingOf(from) === wingOf(to) && to !== wingOf(to)) return 'no output knows another one';
  if (layerOf(to) === -1) return `no layer is named for ${to}`;
  return layerOf(to) >= layerOf(from) ? null : 'it points upwards';
}

function isOurs(target: string): boolean {
  return (
    !target.startsWith('node:') &&
    (/^(sim|web|card|test|bench|scripts)\//.test(target) || target.startsWith('..'))
  );
}

/** `outputs` for `outputs/mqtt`, else the room itself. */
function wingOf(room: string): string {
  return room.startsWith('outputs/') ? 'outputs' : room;
}

/** Settings and leaves lie below everything; -1 for a room that the table does not know. */
function layerOf(room: string): number {
  if (leaves.has(room) || settings.has(room)) return layers.length;
  return layers.findIndex((layer) => layer.includes(wingOf(room)));
}

const contract = 'src/contract/';
/** What amounts are, for the page as for the program: it imports nothing. */
const values = 'src/domain/values.ts';

/**
 * Every import by which the page reaches into the program, beyond its contract and what amounts are, or a file outside `src` uses the contract against the rule:
 * the page and the tests import types only, with `import type`, and those of `test/app` and `test/attacks` check answers by the
 * schemas. A sentence each.
 */
export function wrongUsesOfContract(files: readonly ProjectFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const [folder = ''] = path.split('/');
    const resolved = (name: string) => posix.join(posix.dirname(path), name);
    const loaded = new Set(loadedImportsOf(text).map(resolved));
    return importsOf(text).flatMap((name) => {
      const target = resolved(name);
      if (!name.startsWith('.') || !target.startsWith('src/')) return [];
      const why = whyWrongUse(path, { folder, target, isLoaded: loaded.has(target) });
      return why === null ? [] : [`${path} imports ${target}: ${why}`];
    });
  });
}

interface Use {
  readonly folder: string;
  readonly target: string;
  readonly isLoaded: boolean;
}

function whyWrongUse(path: string, { folder, target, isLoaded }: Use): string | null {
  if (target === values) return null;
  const isContract = target.startsWith(contract);
  if (folder === 'web' && !isContract) return 'the page knows the program only by its contract';
  if (!isContract) return null;
  if (folder !== 'web' && folder !== 'test') return 'only http, cli, the page and the tests use the contract';
  return isLoaded && !/^test\/(app|attacks)\//.test(path) ? 'only its types, by `import type`' : null;
}

/** Small, without state, and right in one place only: how an answer is checked, and what a move is made of. */
const sharedWithCard: ReadonlySet<string> = new Set([
  values,
  'web/api/guards.ts',
  'web/move/move-request.ts',
  'web/parts/stranger.ts',
]);

/** Every import by which the dashboard's file reaches what is not its own: it has Lit’s templates, what amounts are, and a little of the page. A sentence each. */
export function wrongImportsOfCard(files: readonly ProjectFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    importsOf(text)
      .map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name))
      .filter((target) => !sharedWithCard.has(target) && !/^(card\/|lit\/)/.test(target))
      .map((target) => `${path} imports ${target}: the dashboard’s file holds its own code, Lit and amounts`),
  );
}

/** The same graph, rooms in place of files. */
export function graphOfRooms(graph: ImportGraph): ImportGraph {
  const rooms = new Map<string, string[]>();
  for (const [path, targets] of graph) {
    const room = roomOf(path);
    const known = rooms.get(room) ?? [];
    const others = targets.filter((target) => target.startsWith('src/')).map(roomOf);
    rooms.set(room, [...known, ...others.filter((other) => other !== room)]);
  }
  return rooms;
}

/** Cycles, each written as the way round; at least one for every group of files that hang in a circle. */
export function cyclesOf(graph: ImportGraph): readonly string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (done.has(path) || way.includes(path)) return;
    way.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    way.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return cycles;
}
