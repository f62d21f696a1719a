import type { Clock } from '../../../clock.ts';
import type { PartHealth } from '../../../domain/view.ts';
import { isNewer } from '../../../domain/version.ts';
import type { BridgeError } from '../../../errors.ts';
import { refuse } from '../../../refusals/refuse.ts';
import type { OutputLog } from '../../output.ts';
import { refusalCode } from '../connection-failures.ts';
import type { HomeAssistantClient } from '../home-assistant-client.ts';
import { createReconciler } from '../reconciler.ts';
import type { Session } from '../websocket-session.ts';
import {
  areRunning,
  createBlueprint,
  deleteBlueprint,
  overwriteBlueprint,
  rereadBlueprints,
} from './blueprint-api.ts';
import { markedUrl, pathOf, type Blueprint } from './blueprint-file.ts';
import { takeInventory, type Copy, type CopyState, type Inventory } from './blueprint-inventory.ts';

/** What a person asked for about one blueprint. It is kept until it is done; from then on only Home Assistant says what there is. */
export type Order =
  | {
      readonly kind: 'install';
      /** Whether it also takes the place of one that is not as the bridge wrote it. */
      readonly replace: boolean;
    }
  | { readonly kind: 'remove' };

/** What the blueprints need beyond a connection to Home Assistant. */
export interface BlueprintSettings {
  readonly version: string;
  /** Those of this version. Throws `no_blueprint_files`. */
  readonly blueprints: () => readonly Blueprint[];
  /** Whether no event is on its way to Home Assistant: automations miss those that come while they are loaded anew. */
  readonly isQuiet: () => boolean;
  /** By the name of the blueprint. */
  readonly orders: () => ReadonlyMap<string, Order>;
  /** Forgets an order that was carried out, unless another has taken its place. */
  readonly settle: (name: string, order: Order) => void;
}

interface DeliveryOptions extends BlueprintSettings {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly onChange: () => void;
}

export interface BlueprintsStatus {
  readonly isConnected: boolean;
  /** What prevents the bridge from installing them, and what to do; null where nothing does. */
  readonly sentence: string | null;
  /** What Home Assistant has, by the name of the blueprint; null where that is not known yet. */
  readonly copies: Inventory['copies'] | null;
}

/** The bridge’s blueprints in Home Assistant. */
export interface BlueprintDelivery {
  status(): BlueprintsStatus;
  /** Why this Home Assistant cannot have any; null where it can, or is away. */
  obstacle(): BridgeError | null;
  /** What keeps those that people want from being installed and current; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  /** Carries out the orders, and keeps current what is as a bridge wrote it. Resolves like `look`. */
  reconcile(): Promise<void>;
  /** Looks at what Home Assistant has, and changes nothing unless an order waits. Resolves at once while it is away; never throws. */
  look(): Promise<void>;
}

/** Installs the blueprints when a person asks for it, keeps them current, and removes them. It touches no others. */
export function createBlueprintDelivery(options: DeliveryOptions): BlueprintDelivery {
  const { client, orders, version } = options;
  let known: Inventory | null = null;
  let isPutOff = false;
  const { reconcile, failure } = createReconciler<'look' | 'bring'>({
    ...options,
    what: 'the blueprints',
    usual: 'bring',
    bring: async (session, wish) => {
      const look = () => takeInventory(session, { blueprints: options.blueprints(), version });
      known = await look();
      if (wish === 'look' && orders().size === 0) return;
      isPutOff = false;
      const plans = plansFor(known, options);
      if (plans.every(({ order, tasks }) => order === null && tasks.length === 0)) return;
      try {
        isPutOff = await carryOut(session, plans, options);
      } finally {
        known = await look();
      }
    },
    isOff: () => isPutOff,
  });
  const obstacle = () => (known === null ? null : obstacleIn(known, options.blueprints()));
  return {
    obstacle,
    reconcile: () => reconcile('bring'),
    look: () => reconcile('look'),
    trouble: () => {
      const said = failure();
      // Of a failure those hear who have some or want them.
      const isWanted = orders().size > 0 || copiesIn(known).some(({ state }) => kept.has(state));
      return said === null || !isWanted ? null : { state: 'degraded', sentence: said };
    },
    status: () => {
      const isConnected = client.session() !== null;
      const sentence = isConnected ? (failure() ?? obstacle()?.message ?? null) : client.health().sentence;
      return { isConnected, sentence, copies: known?.copies ?? null };
    },
  };
}

function copiesIn(known: Inventory | null): readonly Copy[] {
  return [...(known?.copies.values() ?? [])].flat();
}

/** What the bridge keeps current, or would. */
const kept: ReadonlySet<CopyState> = new Set(['current', 'outdated']);
/** As a bridge wrote it or has it: nothing of a person’s is lost with it. */
const unedited: ReadonlySet<CopyState> = new Set(['current', 'imported', 'outdated', 'newer']);

/** Whether removing it loses nothing that a person wrote. */
export function isUnedited({ state }: Copy): boolean {
  return unedited.has(state);
}

function obstacleIn({ house }: Inventory, blueprints: readonly Blueprint[]): BridgeError | null {
  if (!house.hasAutomations) return refuse('no_automations', {});
  const needs = blueprints.map(({ minVersion }) => minVersion).find((least) => isNewer(least, house.version));
  return needs === undefined ? null : refuse('home_assistant_too_old', { needs, version: house.version });
}

type Task =
  | { readonly kind: 'create' | 'overwrite'; readonly blueprint: Blueprint; readonly path: string }
  | { readonly kind: 'delete'; readonly path: string };

interface Plan {
  readonly name: string;
  readonly order: Order | null;
  readonly tasks: readonly Task[];
}

/** Resolves with whether something was put off. Throws the first failure, after everything else was tried. */
async function carryOut(
  session: Session,
  planned: readonly Plan[],
  options: DeliveryOptions,
): Promise<boolean> {
  let plans = await undisturbing(session, planned, options);
  const due = new Set(plans.map(({ name }) => name));
  if (plans.some(mayLose)) {
    // Home Assistant shows files as they were when it loaded them: one that was edited since must not be lost.
    await rereadBlueprints(session);
    const found = await takeInventory(session, { ...options, blueprints: options.blueprints() });
    plans = plansFor(found, options).filter(({ name }) => due.has(name));
  }
  const failures: unknown[] = [];
  const done: string[] = [];
  for (const plan of plans)
    try {
      for (const task of plan.tasks) if (await perform(session, task, options)) done.push(task.path);
      if (plan.order !== null) options.settle(plan.name, plan.order);
    } catch (thrown) {
      // Another blueprint may be taken; without an answer nothing can be.
      if (refusalCode(thrown) === null) throw thrown;
      failures.push(thrown);
    }
  if (done.length > 0) options.log.info('Changed blueprints in Home Assistant', { paths: done });
  if (failures.length > 0) throw failures[0];
  return due.size < planned.length;
}

/** Without the renewals that nobody asked for, while they would stop an automation that runs, or have it miss an event. */
async function undisturbing(
  session: Session,
  plans: readonly Plan[],
  { isQuiet }: DeliveryOptions,
): Promise<readonly Plan[]> {
  const renewals = plans.filter(({ order, tasks }) => order === null && tasks.length > 0);
  if (renewals.length === 0) return plans;
  const paths = renewals.flatMap(({ tasks }) => tasks.map(({ path }) => path));
  if (isQuiet() && !(await areRunning(session, paths))) return plans;
  return plans.filter((plan) => !renewals.includes(plan));
}

/** Whether it does away with what is there without a person having said so of this very content. */
function mayLose({ order, tasks }: Plan): boolean {
  const isAsked = order?.kind === 'install' && order.replace;
  return !isAsked && tasks.some(({ kind }) => kind !== 'create');
}

function plansFor(found: Inventory, options: DeliveryOptions): readonly Plan[] {
  const blueprints = options.blueprints();
  const orders = options.orders();
  const obstacle = obstacleIn(found, blueprints);
  const isHeldUp = [...orders.values()].some(({ kind }) => kind === 'install' || !found.house.hasAutomations);
  if (obstacle !== null && isHeldUp) throw obstacle;
  return blueprints.map((blueprint) => {
    const { name } = blueprint;
    const order = orders.get(name) ?? null;
    const copies = found.copies.get(name) ?? [];
    const tasks = obstacle !== null && order === null ? [] : tasksFor(blueprint, order, copies);
    return { name, order, tasks };
  });
}

function tasksFor(blueprint: Blueprint, order: Order | null, copies: readonly Copy[]): readonly Task[] {
  const overwriting = (isDue: (copy: Copy) => boolean) =>
    copies.filter(isDue).map(({ path }) => ({ kind: 'overwrite', blueprint, path }) as const);
  if (order === null) return overwriting(({ isBehind }) => isBehind);
  if (order.kind === 'remove')
    return copies
      .filter((copy) => isUnedited(copy) && (copy.automations ?? []).length === 0)
      .map(({ path }) => ({ kind: 'delete', path }));
  if (copies.length === 0) return [{ kind: 'create', blueprint, path: pathOf(blueprint.name) }];
  return overwriting(({ state }) => state === 'outdated' || (order.replace && state !== 'current'));
}

/** False where Home Assistant kept what was to be deleted. */
async function perform(session: Session, task: Task, { version }: DeliveryOptions): Promise<boolean> {
  const { path } = task;
  if (task.kind === 'delete') return deleteBlueprint(session, path);
  const { yaml } = task.blueprint;
  const file = { path, yaml, sourceUrl: markedUrl(task.blueprint, version) };
  await (task.kind === 'create' ? createBlueprint(session, file) : overwriteBlueprint(session, file));
  return true;
}

const onPage = 'on the bridge’s page';
const deleteThere = 'in Home Assistant under Settings → Automations & scenes → Blueprints';
const orDelete = `choose “Replace with ours” ${onPage}, or delete it ${deleteThere}`;

const sentences: Readonly<Partial<Record<CopyState, string>>> = {
  imported: `It was imported by its link, so the bridge does not update it. To have it updated, choose “Keep it current” ${onPage}.`,
  outdated: `It comes from another version of the bridge. Choose “Update” ${onPage}.`,
  newer: 'It comes from a newer version of the bridge, so this one leaves it as it is.',
  edited: `It is no longer as the bridge wrote it: it was changed in Home Assistant, or imported there again. So the bridge leaves it as it is. To get this version’s, ${orDelete}.`,
  different: `It differs from the one of this version of the bridge: it may be older, or changed by you. So the bridge leaves it as it is. To get this version’s, ${orDelete}.`,
  broken: `Home Assistant cannot use this file. To repair it, ${orDelete}.`,
};

/** What a person should know about one that is there, and what to do; null where all is well. */
export function explanationOf({ state }: Copy): string | null {
  return sentences[state] ?? null;
}

/** The same where there are several of one kind. */
export function explanationOfSeveral(copies: readonly Copy[]): string | null {
  const [first, ...more] = copies;
  if (first === undefined) return null;
  if (more.length === 0) return explanationOf(first);
  const paths = copies.map(({ path }) => path).join(', ');
  return `Home Assistant has it ${copies.length} times: ${paths}. Delete those that you do not need, ${deleteThere}.`;
}
