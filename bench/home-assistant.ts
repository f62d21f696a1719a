import { createConnection, createLongLivedTokenAuth } from 'home-assistant-js-websocket';
import { isHomeAssistantInstalled } from '../test/home-assistant/install.ts';
import { eventually } from '../test/home-assistant/processes.ts';
import { startRig, type Rig } from '../test/home-assistant/rig.ts';
import { account } from './bank.ts';
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

/** When the event entity showed each event, and which balance was shown then. */
async function follow({ homeAssistant, client }: Rig) {
  const idOf = async (key: string) =>
    (await eventually(key, () => client.mqttEntity(`${account}_${key}`))).entity_id;
  const [event, balance] = [await idOf('transaction'), await idOf('balance')];
  const auth = createLongLivedTokenAuth(homeAssistant.url, homeAssistant.token);
  const connection = await createConnection({ auth });
  const arrived = new Map<string, number>();
  const shown = { balance: '' };
  const balances = new Map<string, string>();
  await connection.subscribeMessage<Changes>(
    ({ a = {}, c = {} }) => {
      const at = performance.now();
      shown.balance = c[balance]?.['+']?.s ?? a[balance]?.s ?? shown.balance;
      const id = c[event]?.['+']?.a?.event_id;
      if (id === undefined || arrived.has(id)) return;
      arrived.set(id, at);
      balances.set(id, shown.balance);
    },
    { type: 'subscribe_entities', entity_ids: [event, balance] },
  );
  return { arrived, balances, close: () => connection.close() };
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
    const { arrived, balances, close } = await follow(rig);
    everything.defer(close);
    const owed = new Map<string, string>();
    scene.bank.listen(({ what, transaction }) => {
      const { id } = transaction;
      if (what === 'created') owed.set(`${id}:created`, String(scene.bank.account(account).balance / 100));
    });
    slowed(scene, setting);
    const lines = await measureRings({ ...scene, arrived }, where, setting);
    const early = [...owed].filter(([id, most]) => Number(balances.get(id)) > Number(most)).length;
    const what = `${where}: events before their balance`;
    return [...lines, { what, goal: '0', figures: [{ value: early, unit: 'times' }] }];
  };
}
