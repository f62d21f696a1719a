import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { BlueprintOrders } from '../http/services.ts';
import { once } from '../memo.ts';
import {
  explanationOf,
  explanationOfSeveral,
  isUnedited,
  type BlueprintSettings,
  type Order,
} from '../outputs/home-assistant/blueprints/blueprint-delivery.ts';
import { pathOf, readIndex, type Blueprint } from '../outputs/home-assistant/blueprints/blueprint-file.ts';
import type { Copy } from '../outputs/home-assistant/blueprints/blueprint-inventory.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant-output.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Settings } from '../store/bridge-records.ts';

/** What people ask for about the blueprints in Home Assistant. */

type Shown = Awaited<ReturnType<BlueprintOrders['show']>>;
type ShownBlueprint = Shown['blueprints'][number];

const key = 'home_assistant_blueprints';
const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('install'), replace: z.boolean() }),
  z.object({ kind: z.literal('remove') }),
]);
const ordersSchema = z.array(z.tuple([z.string(), orderSchema])).catch([]);

function ordersIn(settings: Settings): Map<string, Order> {
  return new Map(ordersSchema.parse(settings.get(key) ?? []));
}

function keep(settings: Settings, orders: ReadonlyMap<string, Order>): void {
  if (orders.size === 0) settings.delete(key);
  else settings.set(key, [...orders]);
}

/** Where orders are kept until they are carried out. */
export function createBlueprintMemory(settings: Settings): Pick<BlueprintSettings, 'orders' | 'settle'> {
  return {
    orders: () => ordersIn(settings),
    settle: (name, order) => {
      const orders = ordersIn(settings);
      if (!isDeepStrictEqual(order, orders.get(name))) return;
      orders.delete(name);
      keep(settings, orders);
    },
  };
}

/** Reads the files when they are first needed, and once. Throws `no_blueprint_files`. */
export function createBlueprintReader(directory: string): BlueprintSettings['blueprints'] {
  const textOf = (...path: readonly string[]) => readFileSync(join(directory, ...path), 'utf8');
  return once(() => {
    try {
      return readIndex(textOf('index.json'), (name) => textOf('automation', pathOf(name)));
    } catch (thrown) {
      throw refuse('no_blueprint_files', {}, { cause: thrown });
    }
  });
}

interface OrdersParts {
  readonly settings: Settings;
  readonly homeAssistant: HomeAssistantOutput | null;
  readonly blueprints: BlueprintSettings['blueprints'];
}

const withoutToken =
  'Without a token for Home Assistant the bridge cannot install them: import them by their links, or set MONZO_BRIDGE_HOME_ASSISTANT_URL and MONZO_BRIDGE_HOME_ASSISTANT_TOKEN and restart the bridge.';

/** Shows on the page which blueprints Home Assistant has, and takes orders about them. */
export function createBlueprintOrders(parts: OrdersParts): BlueprintOrders {
  const { settings, homeAssistant, blueprints } = parts;
  const delivery = () => {
    if (homeAssistant === null) throw refuse('no_home_assistant', {});
    return homeAssistant.blueprints;
  };
  const looked = async () => {
    await homeAssistant?.blueprints.look();
    return homeAssistant?.blueprints.status().copies ?? new Map<string, readonly Copy[]>();
  };
  const carryOut = async (names: readonly string[], order: Order) => {
    const orders = ordersIn(settings);
    for (const name of names) orders.set(name, order);
    keep(settings, orders);
    await delivery().reconcile();
    return shown(parts);
  };
  return {
    show: async () => {
      await looked();
      return shown(parts);
    },
    install: async ({ names, replace }) => {
      const wanted = knownNames(blueprints(), names);
      await delivery().look();
      const obstacle = delivery().status().isConnected ? delivery().obstacle() : null;
      if (obstacle !== null) throw obstacle;
      return carryOut(wanted, { kind: 'install', replace });
    },
    remove: async ({ names }) => {
      const own = blueprints();
      const unwanted = knownNames(own, names);
      delivery();
      const copies = await looked();
      if (delivery().status().isConnected) refuseRemoval(own, unwanted, copies);
      const { connection, blueprints: left } = await carryOut(unwanted, { kind: 'remove' });
      if (connection === 'ok') {
        // Home Assistant may have learnt meanwhile of a change or of an automation, or does not tell before.
        refuseRemoval(own, unwanted, delivery().status().copies ?? new Map());
        refuseKept(left.filter(({ name, order }) => order === null && unwanted.includes(name)));
      }
      return shown(parts);
    },
  };
}

function knownNames(blueprints: readonly Blueprint[], names?: readonly string[]): readonly string[] {
  const all = blueprints.map(({ name }) => name);
  if (names?.every((name) => all.includes(name)) === false)
    throw refuse('unknown_blueprint', { known: all.toSorted().join(', ') });
  return names ?? all;
}

function refuseRemoval(
  blueprints: readonly Blueprint[],
  names: readonly string[],
  copies: ReadonlyMap<string, readonly Copy[]>,
): void {
  const unwanted = blueprints
    .filter(({ name }) => names.includes(name))
    .map(({ name, title }) => ({ title, copies: copies.get(name) ?? [] }));
  const uses = unwanted.flatMap(({ title, copies: found }) => {
    const automations = found.flatMap((copy) => copy.automations ?? []);
    return automations.length === 0 ? [] : [`“${title}” by ${automations.join(', ')}`];
  });
  if (uses.length > 0) throw refuse('blueprint_in_use', { uses: uses.join('; ') });
  const edited = unwanted.filter(({ copies: found }) => found.some((copy) => !isUnedited(copy)));
  if (edited.length > 0)
    throw refuse('blueprint_edited', { titles: edited.map(({ title }) => `“${title}”`).join(', ') });
}

function refuseKept(left: readonly ShownBlueprint[]): void {
  const kept = left.filter(({ copies }) => (copies ?? []).length > 0);
  if (kept.length > 0)
    throw refuse('blueprint_in_use', { uses: kept.map(({ title }) => `“${title}”`).join(', ') });
}

function shown({ settings, homeAssistant, blueprints }: OrdersParts): Shown {
  const orders = ordersIn(settings);
  const status = homeAssistant?.blueprints.status();
  const connection = status === undefined ? 'none' : status.isConnected ? 'ok' : 'away';
  return {
    connection,
    sentence: status === undefined ? withoutToken : status.sentence,
    blueprints: blueprints().map(({ name, title, description, importUrl }) => {
      const copies = status?.copies?.get(name) ?? null;
      return {
        name,
        title,
        description,
        import_url: importUrl,
        order: orders.get(name)?.kind ?? null,
        copies: copies?.map(shownCopy) ?? null,
        sentence: explanationOfSeveral(copies ?? []),
      };
    }),
  };
}

function shownCopy(copy: Copy): NonNullable<ShownBlueprint['copies']>[number] {
  const { path, state, automations } = copy;
  return { path, state, automations: automations && [...automations], sentence: explanationOf(copy) };
}
