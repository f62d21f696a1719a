import type { EntityState, Hass, RegistryDevice } from '../../card/hass.ts';

export interface SampleDevice {
  readonly kind: string;
  /** The device's id in Home Assistant; the bridge's identifier is made of it. */
  readonly id: string;
  readonly name?: string;
  readonly below?: string;
  /** States of its entities by key: `{ balance: '50.00' }`. */
  readonly states?: Readonly<Record<string, string | Partial<EntityState>>>;
  readonly more?: Partial<RegistryDevice>;
  /** Keys of entities that a person has hidden. */
  readonly hidden?: readonly string[];
}

export interface SampleHass extends Hass {
  /** The entity ids of every question to the registry. */
  readonly asked: readonly (readonly string[])[];
}

let houses = 0;

/** A `hass` with the bridge's devices, whose entity ids say nothing, as where people have renamed them. */
export function sampleHass(devices: readonly SampleDevice[], more: Partial<Hass> = {}): SampleHass {
  houses += 1;
  const house = houses;
  const asked: (readonly string[])[] = [];
  const uniqueIds = new Map<string, string>();
  const states: Record<string, EntityState> = {};
  const entities: Record<string, { entity_id: string; device_id: string; hidden: boolean }> = {};
  const registry: Record<string, RegistryDevice> = {};
  for (const { kind, id, name = id, below, states: given = {}, more: rest = {}, hidden = [] } of devices) {
    const identifiers = [['mqtt', `monzo_${id}`]] as const;
    registry[id] = { id, name, identifiers, model_id: kind, via_device_id: below ?? null, ...rest };
    for (const [key, state] of Object.entries(given)) {
      const entity_id = `sensor.house_${house}_number_${uniqueIds.size}`;
      uniqueIds.set(entity_id, `${kind === 'bridge' ? 'monzo_' : ''}${id}_${key}`);
      const plain = { entity_id, state: '', attributes: {}, last_changed: new Date().toISOString() };
      states[entity_id] = { ...plain, ...(typeof state === 'string' ? { state } : state) };
      entities[entity_id] = { entity_id, device_id: id, hidden: hidden.includes(key) };
    }
  }
  const callWS = async <Answer>(message: Readonly<Record<string, unknown>>) => {
    const ids = message['entity_ids'] as readonly string[];
    asked.push(ids);
    return Object.fromEntries(ids.map((id) => [id, { unique_id: uniqueIds.get(id) }])) as Answer;
  };
  const locale = { language: 'en-GB', number_format: 'language', time_format: '24' };
  return {
    asked,
    states,
    entities,
    devices: registry,
    services: {},
    language: 'en-GB',
    locale: { ...locale, date_format: 'language', time_zone: 'server' },
    config: { time_zone: 'Europe/London', components: ['history', 'recorder'] },
    user: { id: 'alex', name: 'Alex', is_admin: true },
    connected: true,
    localize: (key) => key,
    formatEntityState: ({ state }) => `£${state}`,
    callService: async () => ({}),
    callWS,
    ...more,
  };
}
