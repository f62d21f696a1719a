import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { blueprintIndex } from '../../scripts/blueprints.ts';
import {
  blueprintsSchema,
  type BlueprintItem,
  type BlueprintList,
} from '../../src/contract/blueprint-data.ts';
import type { Crashes } from '../support/crash.ts';
import type { FakeBlueprints } from '../support/fake-blueprints.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { createWorld, type World } from '../support/world.ts';
import { until } from './money-dashboard-scene.ts';

export const path = '/api/home-assistant/blueprints';
export const names = ['low_balance', 'money_in', 'reward'] as const;
const kept = join(import.meta.dirname, '../../blueprints/automation');

/** Where the bridge puts one. */
export const place = (name: string) => `monzo-bridge/${name}.yaml`;

/** The whole bridge in front of a Home Assistant, with three blueprints. */
export interface Scene {
  readonly world: World;
  readonly fake: FakeHomeAssistant;
  /** What Home Assistant has of blueprints. */
  readonly there: FakeBlueprints;
  /** Stops the bridge and starts another version of it, with other blueprints. */
  upgrade(version: string, change?: (write: Write) => void): Promise<void>;
  /** Where the bridge’s blueprints are. */
  readonly directory: string;
}

/** Changes what one of the bridge’s blueprints says. */
type Write = (name: string, change: (yaml: string) => string) => void;

interface SceneOptions {
  readonly prepare?: (fake: FakeHomeAssistant) => void | Promise<void>;
  readonly fake?: FakeHomeAssistant;
  readonly crashes?: Crashes;
  readonly version?: string;
}

/** As `npm run docs` does it. */
export function writeIndex(directory: string): void {
  const index = blueprintIndex(join(directory, 'automation/monzo-bridge'));
  writeFileSync(join(directory, 'index.json'), index);
}

export async function startScene(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const fake = options.fake ?? (await startFakeHomeAssistant());
  if (!options.fake) t.after(() => fake.stop());
  await options.prepare?.(fake);
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-blueprints-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const fileOf = (name: string) => join(directory, 'automation', place(name));
  for (const name of names) cpSync(join(kept, place(name)), fileOf(name));
  writeIndex(directory);
  let version = options.version ?? '1.0.0';
  const world = await createWorld({
    blueprintsDirectory: directory,
    version: () => version,
    homeAssistant: fake,
    ...(options.crashes && { crashes: options.crashes }),
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    },
  });
  t.after(() => world.stop());
  const write: Write = (name, change) => {
    const file = fileOf(name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
  const upgrade: Scene['upgrade'] = async (next, change) => {
    version = next;
    change?.(write);
    writeIndex(directory);
    await world.restart();
  };
  return { world, fake, there: fake.world.blueprints, upgrade, directory };
}

type Asked = Pick<Scene, 'world'>;

export const show = async ({ world }: Asked): Promise<BlueprintList> =>
  blueprintsSchema.parse(await (await world.api(path)).json());

/** Resolves once the bridge has carried out in this session what there was to do. */
export const connected = (scene: Scene) =>
  until(scene, 'it is connected', async () => (await show(scene)).connection === 'ok');

export const post = ({ world }: Asked, what: 'install' | 'remove', body: object) =>
  world.api(`${path}/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const listed = async (response: Promise<Response>): Promise<BlueprintList> =>
  blueprintsSchema.parse(await (await response).json());
export const install = (scene: Asked, ...which: readonly string[]) =>
  listed(post(scene, 'install', which.length === 0 ? {} : { names: which }));
export const replace = (scene: Asked, ...which: readonly string[]) =>
  listed(post(scene, 'install', { names: which, replace: true }));
export const remove = (scene: Asked, ...which: readonly string[]) =>
  listed(post(scene, 'remove', { names: which }));

export function itemOf({ blueprints }: BlueprintList, name: string): BlueprintItem {
  const found = blueprints.find((blueprint) => blueprint.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

/** The states of one’s copies, the bridge’s own place first. */
export const states = (list: BlueprintList, name: string) =>
  itemOf(list, name).copies?.map(({ state }) => state) ?? null;

/** The same for all. */
export const allStates = (list: BlueprintList) =>
  Object.fromEntries(names.map((name) => [name, states(list, name)?.join() ?? null]));

/** What a blueprint in Home Assistant says of itself. */
export const aboutOf = ({ there }: Scene, at: string) => there.files.get(at)?.blueprint ?? {};

/** Changes what a person sees while filling one in. */
export const reword = (yaml: string) => yaml.replace('Tells when a balance', 'Tells at once when a balance');
/** Changes what one does. */
export const rework = (yaml: string) => yaml.replace('timedelta(hours=12)', 'timedelta(hours=6)');

export const reconnected = async (scene: Scene) => {
  const before = scene.fake.of('blueprint/list').length;
  scene.fake.cut();
  await until(scene, 'it looks again', () => scene.fake.of('blueprint/list').length > before);
  await connected(scene);
};
