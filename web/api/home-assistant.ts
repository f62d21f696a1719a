import type {
  ActionsDecisionInput,
  ActionsItem,
  DashboardItem,
  DashboardOrderInput,
  DeletedDevicesItem,
  OptionalEntitiesChange,
  OptionalEntitiesDocument,
} from '../../src/contract/home-assistant-data.ts';
import type { Call } from './client.ts';
import { every, flag, listOf, map, oneOf, orNull, partOf, text, type Guarded } from './guards.ts';

/** The actions and the dashboard in Home Assistant, as the page shows them and decides about them. */

const isAction = partOf<ActionsItem['actions'][number]>()({
  name: text,
  description: text,
  state: oneOf(
    every<ActionsItem['actions'][number]['state']>({
      unknown: true,
      missing: true,
      current: true,
      outdated: true,
      edited: true,
      edited_outdated: true,
      foreign: true,
      other_bridge: true,
      not_loaded: true,
    }),
  ),
  sentence: orNull(text),
});

const isActions = partOf<ActionsItem>()({
  connection: oneOf(every<ActionsItem['connection']>({ none: true, away: true, ok: true })),
  setting: oneOf(every<ActionsItem['setting']>({ ask: true, on: true, off: true })),
  decision: oneOf(every<ActionsItem['decision']>({ not_asked: true, agreed: true, declined: true })),
  readers: oneOf(every<ActionsItem['readers']>({ administrators: true, everyone: true })),
  sentence: orNull(text),
  actions: listOf(isAction),
  yaml: text,
});

export type Action = Guarded<typeof isAction>;
export type ActionState = Action['state'];
export type Actions = Guarded<typeof isActions>;
export type Readers = Actions['readers'];
export type ActionsDecision = Readonly<ActionsDecisionInput>;

const isDeletedDevice = partOf<DeletedDevicesItem['items'][number]>()({ id: text, kind: text, name: text });
const areDeletedDevices = partOf<DeletedDevicesItem>()({ items: listOf(isDeletedDevice) });

export type DeletedDevice = Guarded<typeof isDeletedDevice>;

const deletedPath = 'api/home-assistant/deleted-devices';

/** The devices that were deleted in Home Assistant and stay away from it. */
export async function readDeletedDevices(call: Call, signal: AbortSignal): Promise<readonly DeletedDevice[]> {
  const { items } = await call(deletedPath, { signal, answer: areDeletedDevices });
  return items;
}

export async function restoreDevices(call: Call, ids: readonly string[]): Promise<void> {
  await call(`${deletedPath}/restore`, { method: 'POST', body: { ids }, answer: areDeletedDevices });
}

const areOptional = partOf<OptionalEntitiesDocument>()({
  low_balance: map(text),
  feed_posts: flag,
  update_check: orNull(flag),
});

export type OptionalEntities = Guarded<typeof areOptional>;

const optionalPath = 'api/optional-entities';

/** The entities that are absent from Home Assistant until a person asks for them. */
export function readOptionalEntities(call: Call, signal: AbortSignal): Promise<OptionalEntities> {
  return call(optionalPath, { signal, answer: areOptional });
}

/** What is left out stays as it is; a threshold of null is taken away. */
export async function setOptionalEntities(call: Call, body: Readonly<OptionalEntitiesChange>): Promise<void> {
  await call(optionalPath, { method: 'PUT', body, answer: areOptional });
}

const path = 'api/home-assistant/actions';

export function readActions(call: Call, signal: AbortSignal): Promise<Actions> {
  return call(path, { signal, answer: isActions });
}

/** Says who may read the household's money through an action. */
export function allowReading(call: Call, readers: Readers): Promise<Actions> {
  return call('api/home-assistant/readers', { method: 'PUT', body: { readers }, answer: isActions });
}

export function decideActions(call: Call, body: ActionsDecision): Promise<Actions> {
  return call(path, { method: 'PUT', body, answer: isActions });
}

const isViewers = oneOf(
  every<NonNullable<DashboardItem['viewers']>>({ administrators: true, everyone: true }),
);
const isDashboard = partOf<DashboardItem>()({
  connection: oneOf(every<DashboardItem['connection']>({ none: true, away: true, ok: true })),
  order: orNull(oneOf(every<NonNullable<DashboardItem['order']>>({ add: true, remove: true }))),
  file: oneOf(
    every<DashboardItem['file']>({
      unknown: true,
      missing: true,
      current: true,
      outdated: true,
      other_bridge: true,
      elsewhere: true,
      by_hand: true,
      unsupported: true,
    }),
  ),
  dashboard: oneOf(
    every<DashboardItem['dashboard']>({ missing: true, unfinished: true, current: true, edited: true }),
  ),
  path: orNull(text),
  viewers: orNull(isViewers),
  sentence: orNull(text),
  yaml: text,
});

export type Dashboard = Guarded<typeof isDashboard>;
export type FileState = Dashboard['file'];
export type Viewers = NonNullable<Dashboard['viewers']>;
export type DashboardOrder = Readonly<DashboardOrderInput>;

const dashboardPath = 'api/home-assistant/dashboard';

/** Where a browser finds the file that draws the dashboard. */
export const dashboardFile = `${dashboardPath}/monzo-bridge.js`;

/** The Money dashboard, as Home Assistant has it now. */
export function readDashboard(call: Call, signal: AbortSignal): Promise<Dashboard> {
  return call(dashboardPath, { signal, answer: isDashboard });
}

/** Adds the dashboard, or changes who has it in the sidebar. */
export function addDashboard(call: Call, body: DashboardOrder): Promise<Dashboard> {
  return call(dashboardPath, { method: 'PUT', body, answer: isDashboard });
}

export function removeDashboard(call: Call): Promise<Dashboard> {
  return call(dashboardPath, { method: 'DELETE', answer: isDashboard });
}
