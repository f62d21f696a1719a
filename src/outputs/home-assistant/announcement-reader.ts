import { z } from 'zod';
import { coalesced, createNotifier } from '../../async.ts';
import { deviceIdentifier } from '../../domain/names.ts';
import {
  usualAnnouncements,
  type Announcement,
  type Announcements,
  type AnnouncementSource,
} from '../home-assistant-presence.ts';
import type { DeliveryObserver } from '../output.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import { askRest, type RestOptions } from './rest.ts';
import type { Session } from './websocket-session.ts';

export interface AnnouncementReaderOptions extends RestOptions {
  readonly client: HomeAssistantClient;
  readonly observer: Pick<DeliveryObserver, 'onReturn'>;
}

const devicesSchema = z.array(
  z.object({ id: z.string(), identifiers: z.array(z.array(z.unknown())).default([]) }),
);
const entriesSchema = z.array(z.object({ entry_id: z.string() }));
const messageSchema = z.object({ topic: z.string().optional(), payload: z.coerce.string().default('') });
const optionsSchema = z.object({
  birth_message: messageSchema.optional(),
  will_message: messageSchema.optional(),
});
/** Earlier versions have the options beside the data. */
const diagnosticsSchema = z.object({
  data: z.object({ mqtt_config: z.object({ options: optionsSchema }).or(optionsSchema) }),
});

/**
 * Reads from the diagnostics of Home Assistant's MQTT integration how its birth and will messages are set: the only place
 * that tells. Reads again whenever it has reloaded. Without the diagnostics integration nothing is known.
 */
export function createAnnouncementReader(options: AnnouncementReaderOptions): AnnouncementSource {
  const { client, observer } = options;
  const changes = createNotifier();
  let current: Announcements | null = null;
  const read = coalesced(async () => {
    const session = client.session();
    if (session === null) return;
    const found = await readFrom(options, session).catch(() => null);
    if (found === null || JSON.stringify(found) === JSON.stringify(current)) return;
    current = found;
    changes.notify();
  });
  client.onSession(() => void read());
  observer.onReturn(() => void read());
  return {
    current: () => current,
    onChange: (listener) => void changes.subscribe(listener),
  };
}

/** Null where Home Assistant does not tell. Throws where it does not answer. */
async function readFrom(options: RestOptions, session: Session): Promise<Announcements | null> {
  const ask = { type: 'config_entries/get', domain: 'mqtt' };
  const [entry] = entriesSchema.parse(await session.command(ask));
  if (entry === undefined) return null;
  const devices = devicesSchema.parse(await session.command({ type: 'config/device_registry/list' }));
  // The diagnostics of one device are small; those of the whole integration hold every device's last messages.
  const ours = devices.find(({ identifiers }) => identifiers.some(isBridge));
  const one = ours === undefined ? '' : `/device/${encodeURIComponent(ours.id)}`;
  const path = `diagnostics/config_entry/${encodeURIComponent(entry.entry_id)}${one}`;
  const { status, content } = await askRest(options, { method: 'GET', path });
  const told = diagnosticsSchema.safeParse(content).data?.data.mqtt_config;
  if (status !== 200 || told === undefined) return null;
  const { birth_message: birth, will_message: will } = 'options' in told ? told.options : told;
  return {
    birth: messageOf(birth, usualAnnouncements.birth),
    will: messageOf(will, usualAnnouncements.will),
  };
}

/** Any bridge's device will do. */
function isBridge([domain, id]: readonly unknown[]): boolean {
  return domain === 'mqtt' && String(id).startsWith(deviceIdentifier('bridge'));
}

/** Home Assistant stores nothing for the usual message, and an empty one where it is switched off. */
function messageOf(
  stored: z.output<typeof messageSchema> | undefined,
  usual: Announcement,
): Announcement | null {
  if (stored === undefined) return usual;
  return stored.topic === undefined ? null : { topic: stored.topic, payload: stored.payload };
}
