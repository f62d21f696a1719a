import { randomUUID } from 'node:crypto';
import type { Answer, Result } from './fake-answers.ts';

export interface FakeResource {
  readonly id?: string;
  readonly type: string;
  readonly url: string;
}

export interface FakeDashboard {
  readonly id?: string;
  readonly url_path: string;
  readonly title: string;
  readonly require_admin: boolean;
  readonly mode: 'storage' | 'yaml';
  readonly icon?: string;
  readonly show_in_sidebar?: boolean;
}

/** The dashboards of a Home Assistant, and the files that its pages load. Changed by tests at any time. */
export interface FakeDashboards {
  /** False without that integration: every command of it is unknown. */
  isLoaded: boolean;
  resourceMode: 'storage' | 'yaml';
  isSafeMode: boolean;
  resources: readonly FakeResource[];
  dashboards: readonly FakeDashboard[];
  /** What each shows, by its address; the first one's is the empty text. */
  readonly contents: Map<string, unknown>;
  /** What else has an address in the sidebar. */
  readonly panels: Set<string>;
  /** What was written, in order, such as `dashboards/create`. */
  readonly writes: string[];
}

export function createFakeDashboards(): FakeDashboards {
  return {
    isLoaded: true,
    resourceMode: 'storage',
    isSafeMode: false,
    resources: [],
    dashboards: [],
    contents: new Map(),
    panels: new Set(['lovelace', 'config', 'profile']),
    writes: [],
  };
}

const done: Answer = { result: null };
const unknown: Answer = { refuse: 'unknown_command' };
const notFound: Answer = { refuse: 'not_found' };

/** What the commands about dashboards are answered with, as Home Assistant 2026.11 answers them. */
export function dashboardResults(world: FakeDashboards): ReadonlyMap<string, Result> {
  const ofCollections = new Map([...resourceResults(world), ...dashboardsResults(world)]);
  const results = new Map<string, Result>([
    ['info', () => ({ result: { resource_mode: world.resourceMode } })],
    [
      'config',
      ({ url_path: path }) => {
        const content = world.contents.get(typeof path === 'string' ? path : '');
        return content === undefined ? { refuse: 'config_not_found' } : { result: content };
      },
    ],
    [
      'config/save',
      ({ url_path: path, config }) => {
        const isThere = world.dashboards.some(({ url_path: known }) => known === path);
        if (!isThere) return { refuse: 'config_not_found' };
        world.contents.set(String(path), config);
        return done;
      },
    ],
    ...ofCollections,
  ]);
  const isWrite = (type: string) => /\/(create|update|delete|save)$/.test(type);
  const lovelace = [...results].map(([type, answer]): [string, Result] => [
    `lovelace/${type}`,
    (command) => {
      if (!world.isLoaded) return unknown;
      const given = answer(command);
      if (isWrite(type) && given !== 'silence' && 'result' in given) world.writes.push(type);
      return given;
    },
  ]);
  const panels = () => [...world.panels, ...world.dashboards.map(({ url_path: path }) => path)];
  return new Map([
    ...lovelace,
    ['get_panels', () => ({ result: Object.fromEntries(panels().map((path) => [path, {}])) })],
  ]);
}

function resourceResults(world: FakeDashboards): readonly (readonly [string, Result])[] {
  const write =
    (how: Result): Result =>
    (command) =>
      world.resourceMode === 'storage' ? how(command) : unknown;
  return [
    ['resources', () => ({ result: world.isSafeMode ? [] : world.resources })],
    [
      'resources/create',
      write(({ res_type: type, url }) => {
        const resource = { id: randomUUID().replaceAll('-', ''), type: String(type), url: String(url) };
        world.resources = [...world.resources, resource];
        return { result: resource };
      }),
    ],
    [
      'resources/update',
      write(({ resource_id: id, res_type: type, url }) => {
        const held = world.resources.find((resource) => resource.id === id);
        if (!held) return notFound;
        const changed = { ...held, type: String(type), url: String(url) };
        world.resources = world.resources.map((resource) => (resource === held ? changed : resource));
        return { result: changed };
      }),
    ],
    [
      'resources/delete',
      write(({ resource_id: id }) => {
        const left = world.resources.filter((resource) => resource.id !== id);
        if (left.length === world.resources.length) return notFound;
        world.resources = left;
        return done;
      }),
    ],
  ];
}

function dashboardsResults(world: FakeDashboards): readonly (readonly [string, Result])[] {
  return [
    ['dashboards/list', () => ({ result: world.dashboards })],
    [
      'dashboards/create',
      ({ url_path: path, title, icon, show_in_sidebar: isShown, require_admin: isForAdministrators }) => {
        const address = String(path);
        if (!address.includes('-')) return { refuse: 'invalid_format' };
        const isTaken =
          world.panels.has(address) || world.dashboards.some((held) => held.url_path === address);
        if (isTaken) return { refuse: 'home_assistant_error' };
        const dashboard: FakeDashboard = {
          id: address.replaceAll('-', '_'),
          url_path: address,
          title: String(title),
          icon: String(icon),
          show_in_sidebar: isShown === true,
          require_admin: isForAdministrators === true,
          mode: 'storage',
        };
        world.dashboards = [...world.dashboards, dashboard];
        return { result: dashboard };
      },
    ],
    [
      'dashboards/update',
      ({ dashboard_id: id, require_admin: isForAdministrators }) => {
        const held = world.dashboards.find((dashboard) => dashboard.id === id);
        if (!held) return notFound;
        const changed = { ...held, require_admin: isForAdministrators === true };
        world.dashboards = world.dashboards.map((dashboard) => (dashboard === held ? changed : dashboard));
        return { result: changed };
      },
    ],
    [
      'dashboards/delete',
      ({ dashboard_id: id }) => {
        const held = world.dashboards.find((dashboard) => dashboard.id === id);
        if (!held) return notFound;
        world.dashboards = world.dashboards.filter((dashboard) => dashboard !== held);
        world.contents.delete(held.url_path);
        return done;
      },
    ],
  ];
}
