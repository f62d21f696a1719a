import { readYaml } from '../../scripts/blueprints.ts';
import type { Answer, Received, Result } from './fake-answers.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A file below Home Assistant’s folder of blueprints for automations, as its parser reads it; null where it cannot. */
export type FakeBlueprint = { readonly blueprint: Fields; readonly [key: string]: unknown } | null;

export interface FakeAutomation {
  readonly alias: string;
  readonly path: string;
  /** How often it runs at this moment. */
  readonly current?: number;
}

/** The blueprints of a Home Assistant, and the automations that use them. Changed by tests at any time. */
export interface FakeBlueprints {
  /** Of Home Assistant itself. */
  version: string;
  readonly files: Map<string, FakeBlueprint>;
  /** By their entity ids. */
  readonly automations: Map<string, FakeAutomation>;
  /** Whether it has its search, which tells what uses a blueprint. */
  hasSearch: boolean;
  /** What was written, in order, such as `save monzo-bridge/reward.yaml`. */
  readonly writes: string[];
  /** A file that was changed on the disk counts only from then on. */
  reload(): void;
  /** As the disk has it, and not yet Home Assistant. */
  edit(path: string, change: (file: NonNullable<FakeBlueprint>) => FakeBlueprint): void;
}

const loadedOf = new WeakMap<FakeBlueprints, Map<string, FakeBlueprint>>();

export function createFakeBlueprints(): FakeBlueprints {
  const loaded = new Map<string, FakeBlueprint>();
  const files: FakeBlueprints['files'] = new Map();
  const world: FakeBlueprints = {
    version: '2026.11.0',
    files,
    automations: new Map(),
    hasSearch: true,
    writes: [],
    reload: () => loaded.clear(),
    edit: (path, change) => {
      const file = files.get(path);
      if (file) files.set(path, change(file));
    },
  };
  loadedOf.set(world, loaded);
  return world;
}

const done: Answer = { result: null };

/** What the commands about blueprints are answered with, as Home Assistant 2026.11 answers them. */
export function blueprintResults(world: FakeBlueprints): ReadonlyMap<string, Result> {
  const { files, automations } = world;
  const loaded = loadedOf.get(world) ?? new Map<string, FakeBlueprint>();
  const loadedAt = (path: string): FakeBlueprint => {
    const known = loaded.get(path) ?? files.get(path) ?? null;
    loaded.set(path, known);
    return known;
  };
  const isUsed = (path: string) => [...automations.values()].some((automation) => automation.path === path);
  return new Map<string, Result>([
    [
      'blueprint/list',
      () => {
        const listed = [...files.keys()].map((path) => {
          const file = loadedAt(path);
          return [path, file ? { metadata: file.blueprint } : { error: 'Failed to load blueprint' }];
        });
        return { result: Object.fromEntries(listed) };
      },
    ],
    ['blueprint/substitute', (command) => substituted(loadedAt(String(command['path'])), command)],
    [
      'blueprint/save',
      (command) => {
        const { path, allow_override: isOver } = command;
        const place = String(path);
        if (files.has(place) && isOver !== true) return { refuse: 'already_exists' };
        const isOverwritten = files.has(place);
        files.set(place, savedFile(command));
        loaded.set(place, files.get(place) ?? null);
        if (isOverwritten) world.reload();
        world.writes.push(`save ${place}`);
        return { result: { overrides_existing: isOverwritten } };
      },
    ],
    [
      'blueprint/delete',
      ({ path }) => {
        const place = String(path);
        if (isUsed(place)) return { refuse: 'home_assistant_error' };
        if (!files.delete(place)) return { refuse: 'unknown_error' };
        loaded.delete(place);
        world.writes.push(`delete ${place}`);
        return done;
      },
    ],
    [
      'get_states',
      () => ({
        result: [
          { entity_id: 'sun.sun', attributes: {} },
          ...[...automations].map(([id, { current = 0 }]) => ({ entity_id: id, attributes: { current } })),
        ],
      }),
    ],
    ['search/related', ({ item_id: path }) => related(world, path)],
    [
      'automation/config',
      ({ entity_id: id }) => {
        const found = automations.get(String(id));
        return found ? { result: { config: { alias: found.alias } } } : { refuse: 'not_found' };
      },
    ],
  ]);
}

function related({ hasSearch, automations }: FakeBlueprints, path: unknown): Answer {
  if (!hasSearch) return { refuse: 'unknown_command' };
  const ids = [...automations].filter(([, automation]) => automation.path === path).map(([id]) => id);
  return { result: ids.length === 0 ? {} : { automation: ids } };
}

function substituted(file: FakeBlueprint, { input }: Received): Answer {
  if (file === null) return { refuse: 'unknown_error' };
  const { blueprint: _about, ...body } = file;
  const inputs = new Map(Object.entries(input as Fields));
  const put = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(put);
    if (typeof value !== 'object' || value === null) return value;
    const used = (value as Fields)['input'];
    if (Object.keys(value).length === 1 && typeof used === 'string') return inputs.get(used);
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, put(member)]));
  };
  return { result: { substituted_config: put(body) } };
}

function savedFile({ yaml, source_url: address }: Received): FakeBlueprint {
  const file = readYaml(String(yaml)) as NonNullable<FakeBlueprint>;
  const { input = {}, ...about } = file.blueprint;
  return {
    ...file,
    blueprint: {
      ...about,
      ...(typeof address === 'string' && { source_url: address }),
      input: savedInputs(input as Fields),
    },
  };
}

function savedInputs(inputs: Fields): Fields {
  const entries = Object.entries(inputs).map(([name, given]) => {
    const input = given as Fields;
    if ('input' in input) return [name, { ...input, input: savedInputs(input['input'] as Fields) }];
    return [name, { ...input, selector: savedSelector(input['selector'] as Fields) }];
  });
  return Object.fromEntries(entries) as Fields;
}

/** What Home Assistant adds to a selector where a file says nothing. */
const defaults: Readonly<Record<string, Fields>> = {
  text: { multiline: false, multiple: false },
  entity: { multiple: false, reorder: false },
  select: { multiple: false, custom_value: false, sort: false },
  device: { multiple: false },
  duration: { enable_second: true },
};

function savedSelector(selector: Fields): Fields {
  return Object.fromEntries(
    Object.entries(selector).map(([kind, given]) => {
      const options: Fields = { ...defaults[kind], ...(given as Fields | null) };
      const filters = options['filter'];
      if (!Array.isArray(filters)) return [kind, options];
      return [kind, { ...options, filter: (filters as readonly Fields[]).map(savedFilter) }];
    }),
  );
}

function savedFilter(filter: Fields): Fields {
  const listed = Object.entries(filter).map(([key, value]) => {
    const isListed = key === 'domain' || key === 'device_class';
    return [key, isListed && !Array.isArray(value) ? [value] : value];
  });
  return Object.fromEntries(listed) as Fields;
}
