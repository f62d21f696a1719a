import { z } from 'zod';
import { idOfDevice } from '../../domain/device.ts';
import type { HomeAssistantClient } from './client.ts';
import { away } from './failure.ts';
import type { Session } from './session.ts';

/** The Monzo id behind a device or an entity of Home Assistant's; null for what is no such id, or none of ours. */
export type FindTarget = (id: string) => Promise<string | null>;

const devicesSchema = z.array(
  z.object({ id: z.string(), identifiers: z.array(z.array(z.string())).catch([]) }),
);
const entitiesSchema = z.array(
  z.object({ entity_id: z.string(), platform: z.string(), device_id: z.string().nullable() }),
);

/** Device ids are 32 hexadecimal digits; entity ids a domain and a name. */
const shaped = /^([0-9a-f]{32}|[a-z_]+\.[a-z0-9_]+)$/;

const changes = ['device_registry_updated', 'entity_registry_updated'] as const;

type Registry = ReadonlyMap<string, string>;

/**
 * Looks into Home Assistant's registries, which are kept until Home Assistant says that they changed, and read again
 * for an id that is not in them. The function throws the retryable `home_assistant_away` when it cannot look.
 */
export function findTargets(client: HomeAssistantClient): FindTarget {
  let known: { readonly session: Session; readonly registry: Promise<Registry> } | null = null;
  const forget = () => {
    known = null;
  };
  client.onSession((session) => {
    for (const event_type of changes)
      session.subscribe({ type: 'subscribe_events', event_type }, forget).catch(() => {});
  });
  const read = (session: Session) => {
    const registry = readRegistry(session);
    known = { session, registry };
    registry.catch(forget);
    return registry;
  };
  return async (id) => {
    if (!shaped.test(id)) return null;
    const session = client.session();
    if (session === null) throw away();
    if (known?.session === session) {
      const found = (await known.registry).get(id);
      if (found !== undefined) return found;
    }
    return (await read(session)).get(id) ?? null;
  };
}

async function readRegistry(session: Session): Promise<Registry> {
  const [devices, entities] = await Promise.all([
    session.command({ type: 'config/device_registry/list' }),
    session.command({ type: 'config/entity_registry/list' }),
  ]);
  const registry = new Map<string, string>();
  for (const { id, identifiers } of devicesSchema.parse(devices)) {
    const identifier = identifiers.find(([domain]) => domain === 'mqtt')?.[1];
    const ours = identifier === undefined ? null : idOfDevice(identifier);
    if (ours !== null) registry.set(id, ours);
  }
  for (const { entity_id: entityId, platform, device_id: deviceId } of entitiesSchema.parse(entities)) {
    const ours = registry.get(deviceId ?? '');
    if (platform === 'mqtt' && ours !== undefined) registry.set(entityId, ours);
  }
  return registry;
}
