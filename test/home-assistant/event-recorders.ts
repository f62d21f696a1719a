import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { z } from 'zod';
import { eventually } from './processes.ts';
import type { Rig } from './rig.ts';

/** Automations inside Home Assistant that write each event they see into files, which outlive a kill. */
export interface EventRecorders {
  /** The event ids that arrived, in order, repeats included. */
  seen(where: Place): Promise<readonly string[]>;
}

/** `bus`: as `monzo_event`; `entity`: as a change of the event entity; `trigger`: at the device trigger. */
export const places = ['bus', 'entity', 'trigger'] as const;
export type Place = (typeof places)[number];

const script = 'echo "$3" >> "$1/seen-$2.txt"\n';
/** `inside` is the configuration directory as Home Assistant knows it, which may live in a root of its own. */
const command = (inside: string) =>
  `shell_command:\n  note: sh ${inside}/note.sh ${inside} {{ where }} {{ event_id }}\n`;

/** Lets automations write files; restarts Home Assistant. */
export async function allowFileWriting(rig: Rig): Promise<void> {
  const { configDirectory } = rig.homeAssistant;
  await writeFile(join(configDirectory, 'note.sh'), script);
  for (const place of places) await writeFile(fileOf(configDirectory, place), '');
  const { config_dir: inside } = await rig.client.command(
    { type: 'get_config' },
    z.looseObject({ config_dir: z.string() }),
  );
  await appendFile(join(configDirectory, 'configuration.yaml'), command(inside));
  await rig.restartHomeAssistant();
}

/** Records what reaches the first event entity and the device trigger "transaction created" of each account, and the bus. */
export async function addEventRecorders(
  { client, homeAssistant, mqttUrl }: Rig,
  accountIds: readonly string[],
): Promise<EventRecorders> {
  const entities: string[] = [];
  const triggers: object[] = [];
  for (const id of accountIds) {
    const device = await eventually('the device', () => client.mqttDevice(`monzo_${id}`));
    const entity = await eventually('the entity', () => client.mqttEntity(`${id}_transaction`));
    const created = await eventually('the trigger', async () =>
      (await client.deviceTriggers(device.id)).find(({ type }) => type === 'transaction created'),
    );
    entities.push(entity.entity_id);
    triggers.push(created);
  }
  const record = async (where: Place, trigger: readonly object[], eventId: string) => {
    await client.rest(
      {
        method: 'POST',
        path: `/api/config/automation/config/event_recorder_${where}`,
        body: {
          alias: `Event recorder ${where}`,
          mode: 'queued',
          max: 10_000,
          triggers: trigger,
          actions: [{ action: 'shell_command.note', data: { where, event_id: eventId } }],
        },
      },
      z.unknown(),
    );
  };
  await record('trigger', triggers, '{{ trigger.payload_json.event_id }}');
  await record('bus', [{ trigger: 'event', event_type: 'monzo_event' }], '{{ trigger.event.data.event_id }}');
  await record(
    'entity',
    [{ trigger: 'state', entity_id: entities }],
    '{{ trigger.to_state.attributes.event_id }}',
  );
  const written = (where: Place) => readFile(fileOf(homeAssistant.configDirectory, where), 'utf8');
  await untilAttached({ client, mqttUrl }, { accountIds, written });
  return {
    seen: async (where) => {
      const text = await written(where);
      return text.split('\n').filter((id) => id.startsWith('tx_'));
    },
  };
}

interface Trials {
  readonly accountIds: readonly string[];
  readonly written: (where: Place) => Promise<string>;
}

/** An automation is there before Home Assistant has subscribed to what triggers it: each is tried until it writes. */
async function untilAttached(
  { client, mqttUrl }: Pick<Rig, 'client' | 'mqttUrl'>,
  { accountIds, written }: Trials,
): Promise<void> {
  const mqtt = await connectAsync(mqttUrl);
  const trials = accountIds.map((id) => `trial_${id}\n`);
  const event = { type: 'fire_event', event_type: 'monzo_event', event_data: { event_id: 'trial' } };
  const areAttached = async () => {
    for (const id of accountIds) await tryOut(mqtt, id);
    await client.command(event, z.unknown());
    const [bus, entity, trigger] = await Promise.all(places.map(written));
    return bus?.includes('trial\n') && trials.every((id) => entity?.includes(id) && trigger?.includes(id));
  };
  try {
    await eventually('the automations listen', areAttached, { everyMs: 500 });
  } finally {
    await mqtt.endAsync(true);
  }
}

/** Publishes what looks like an event of the account, and is none of its transactions. */
async function tryOut(mqtt: MqttClient, accountId: string): Promise<void> {
  const trial = { event_id: `trial_${accountId}` };
  const created = { type: 'transaction.created', kind: 'other', ...trial };
  await mqtt.publishAsync(`monzo/${accountId}/transaction`, JSON.stringify(created), { qos: 1 });
  const typed = { event_type: 'other', ...trial };
  await mqtt.publishAsync(`monzo/${accountId}/event`, JSON.stringify(typed), { qos: 1 });
}

const fileOf = (directory: string, place: Place) => join(directory, `seen-${place}.txt`);
