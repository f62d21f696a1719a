import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { dashboardSchema, type DashboardItem } from '../../src/contract/home-assistant-data.ts';
import type { Crashes } from '../support/crash.ts';
import type { FakeDashboards, FakeResource } from '../support/fake-dashboards.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { inSteps, until as untilThere } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

export const path = '/api/home-assistant/dashboard';

/** The whole bridge in front of a Home Assistant, and the private API’s part about the Money dashboard. */
export interface Scene {
  readonly world: World;
  readonly fake: FakeHomeAssistant;
  /** What Home Assistant has of dashboards and their files. */
  readonly there: FakeDashboards;
  /** Writes another version of the file that draws the dashboard; null: there is none. */
  build(content: string | null): void;
}

type Asked = Pick<Scene, 'world'>;

interface SceneOptions {
  readonly prepare?: (fake: FakeHomeAssistant) => void | Promise<void>;
  readonly fake?: FakeHomeAssistant;
  readonly crashes?: Crashes;
}

export async function startScene(
  t: TestContext,
  { prepare, crashes, ...given }: SceneOptions = {},
): Promise<Scene> {
  const fake = given.fake ?? (await startFakeHomeAssistant());
  if (!given.fake) t.after(() => fake.stop());
  await prepare?.(fake);
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-card-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const dashboardFile = join(directory, 'monzo-bridge.js');
  const build: Scene['build'] = (content) =>
    content === null ? rmSync(dashboardFile, { force: true }) : writeFileSync(dashboardFile, content);
  build('one');
  const world = await createWorld({
    dashboardFile,
    homeAssistant: fake,
    ...(crashes && { crashes }),
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    },
  });
  t.after(() => world.stop());
  return { world, fake, there: fake.world.dashboards, build };
}

export const until = (
  { world }: Asked,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> =>
  untilThere(what, async () => (await world.revived(), condition()), { between: inSteps(world.clock, 500) });

const answered = async ({ world }: Asked, init: RequestInit = {}) => world.api(path, init);
export const show = async (scene: Asked): Promise<DashboardItem> =>
  dashboardSchema.parse(await (await answered(scene)).json());
export const connected = (scene: Scene) =>
  until(scene, 'it is connected', async () => (await show(scene)).connection === 'ok');
export const put = (scene: Asked, body: object) =>
  answered(scene, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
export const add = async (
  scene: Scene,
  viewers = 'administrators',
  replace = false,
): Promise<DashboardItem> => dashboardSchema.parse(await (await put(scene, { viewers, replace })).json());
export const remove = (scene: Asked) => answered(scene, { method: 'DELETE' });
export const removed = async (scene: Scene): Promise<DashboardItem> =>
  dashboardSchema.parse(await (await remove(scene)).json());

const problemSchema = z.object({ status: z.number(), code: z.string(), detail: z.string() });
export const problemOf = async (response: Promise<Response>) =>
  problemSchema.parse(await (await response).json());

/** The text of a file whose address holds it. */
export function textOf({ url }: FakeResource): string {
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString('utf8');
}
export const texts = ({ there }: Scene) => there.resources.map(textOf);
export const reconnected = async (scene: Scene) => {
  const before = scene.fake.of('lovelace/resources').length;
  scene.fake.cut();
  await until(scene, 'it looks again', () => scene.fake.of('lovelace/resources').length > before);
  await connected(scene);
};
export const health = ({ world }: Asked) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'home_assistant');
