import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { DashboardOrders } from '../http/services.ts';
import type { DashboardSettings, Order } from '../outputs/home-assistant/dashboard/money-dashboard.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant-output.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Settings } from '../store/bridge-records.ts';

/** What people ask for on the page about the Money dashboard in Home Assistant. */

const key = 'home_assistant_dashboard';
const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add'), viewers: z.enum(['administrators', 'everyone']), replace: z.boolean() }),
  z.object({ kind: z.literal('remove') }),
]);

function orderIn(settings: Settings): Order | null {
  return orderSchema.safeParse(settings.get(key)).data ?? null;
}

/** Where an order is kept until it is carried out. */
export function createOrderMemory(settings: Settings): Pick<DashboardSettings, 'order' | 'settle'> {
  return {
    order: () => orderIn(settings),
    settle: (order) => {
      if (isDeepStrictEqual(order, orderIn(settings))) settings.delete(key);
    },
  };
}

/** Reads the file that draws the dashboard each time: it is rarely needed. Null where it was not built. */
export function createFileReader(path: string): DashboardSettings['readFile'] {
  return async () => {
    try {
      return await readFile(path, 'utf8');
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
      throw thrown;
    }
  };
}

type Shown = Awaited<ReturnType<DashboardOrders['show']>>;

interface OrdersParts {
  readonly settings: Settings;
  readonly homeAssistant: HomeAssistantOutput | null;
  readonly readFile: DashboardSettings['readFile'];
}

const withoutHomeAssistant: Shown = {
  connection: 'none',
  order: null,
  file: 'unknown',
  dashboard: 'missing',
  path: null,
  viewers: null,
  sentence: null,
  yaml: '',
};

/** Shows the status of the dashboard on the page, and takes orders about it. */
export function createDashboardOrders(parts: OrdersParts): DashboardOrders {
  const { settings, homeAssistant } = parts;
  const dashboard = () => {
    if (homeAssistant === null) throw refuse('no_home_assistant', {});
    return homeAssistant.dashboard;
  };
  const shown = (): Shown => {
    const { isConnected, ...status } = dashboard().status();
    const order = orderIn(settings)?.kind ?? null;
    return { ...status, connection: isConnected ? 'ok' : 'away', order };
  };
  const looked = async () => {
    await dashboard().look();
    return shown();
  };
  const carryOut = async (order: Order) => {
    settings.set(key, order);
    await dashboard().reconcile();
    return shown();
  };
  const file = async () => {
    const content = await parts.readFile();
    if (content === null) throw refuse('dashboard_not_built', {});
    return content;
  };
  return {
    file,
    show: async () => (homeAssistant === null ? withoutHomeAssistant : looked()),
    add: async ({ viewers, replace }) => {
      const found = await looked();
      if (found.file === 'unsupported') throw refuse('no_dashboards', {});
      if (found.file === 'by_hand' && found.path === null) throw refuse('dashboard_file_by_hand', {});
      if (found.file !== 'elsewhere') await file();
      return carryOut({ kind: 'add', viewers, replace });
    },
    remove: async () => {
      const found = await looked();
      if (found.file === 'other_bridge') throw refuse('dashboard_of_another_bridge', {});
      return carryOut({ kind: 'remove' });
    },
  };
}
