import { createConnection, createLongLivedTokenAuth } from 'home-assistant-js-websocket';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterStart } from '../src/limits.ts';
import { isHomeAssistantInstalled } from '../test/home-assistant/install.ts';
import { eventually } from '../test/home-assistant/processes.ts';
import { startRig, type Rig } from '../test/home-assistant/rig.ts';
import { account } from './bank.ts';
import { toMinor, type Receiver } from './broker.ts';
import type { Line } from './measure.ts';
import type { Program } from './program.ts';
import { measureRings, slowed, titleOf, type RingSetting } from './rings.ts';
import { openScene } from './scene.ts';

/** The states at first and what changes of them, as Home Assistant shortens them. */
interface Changes {
  readonly a?: Readonly<Record<string, { readonly s?: string }>>;
  readonly c?: Readonly<
    Record<string, { readonly '+'?: { readonly s?: string; readonly a?: { readonly event_id?: string } } }>
  >;
}

/** What its entities show, over its websocket. */
async function follow(everything: AsyncDisposableStack, { homeAssistant, client }: Rig): Promise<Receiver> {
  const idOf = async (key: string) =>
    (await eventually(key, () => client.mqttEntity(`${account}_${key}`))).entity_id;
  const [event, balance] = [await idOf('transaction'), await idOf('balance')];
  const auth = createLongLivedTokenAuth(homeAssistant.url, homeAssistant.token);
  const connection = await createConnection({ auth });
  everything.defer(() => connection.close());
  const arrived = new Map<string, number>();
  const balances = new Map<string, number>();
  let shown = Number.NaN;
  await connection.subscribeMessage<Changes>(
    ({ a = {}, c = {} }) => {
      const at = performance.now();
      const text = c[balance]?.['+']?.s ?? a[balance]?.s;
      if (text !== undefined) shown = toMinor(Number(text));
      const id = c[event]?.['+']?.a?.event_id;
      if (id === undefined || arrived.has(id)) return;
      arrived.set(id, at);
      balances.set(id, shown);
    },
    { type: 'subscribe_entities', entity_ids: [event, balance] },
  );
  return { arrived, balances };
}

/** From a ring to its event in Home Assistant, over Mosquitto; only where the rig of the tests is installed. */
export function deliveryToHomeAssistant(setting: RingSetting) {
  const where = titleOf('Home Assistant', setting);
  return async (program: Program): Promise<readonly Line[]> => {
    if (!(await isHomeAssistantInstalled()))
      return [{ what: where, figures: 'not measured: npm run test:home-assistant installs it' }];
    await using everything = new AsyncDisposableStack();
    const rig = everything.use(await startRig());
    const scene = await openScene(everything, program, {
      ...setting,
      mqttUrl: rig.mqttUrl,
      settings: {
        MONZO_BRIDGE_HOME_ASSISTANT_URL: rig.homeAssistant.url,
        MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: rig.homeAssistant.token,
      },
    });
    const receiver = await follow(everything, rig);
    await sleep(2 * afterStart);
    slowed(scene, setting);
    return await measureRings({ ...scene, ...receiver }, where, setting);
  };
}
