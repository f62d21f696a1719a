import type { Hass, RegistryDevice, RegistryEntity } from './hass.ts';

/** Which of Home Assistant's devices are the bridge's, what hangs below what, and which entity is which. */

export type Kind = 'bridge' | 'login' | 'account' | 'pot';

/** The ends of the unique ids of the bridge's entities: people may rename everything else. */
export type EntityKey =
  | 'balance'
  | 'total_balance'
  | 'spent_today'
  | 'spent_this_month'
  | 'left_to_move_today'
  | 'low_balance'
  | 'transaction'
  | 'transaction_update'
  | 'goal'
  | 'goal_reached'
  | 'locked'
  | 'state'
  | 'problem'
  | 'approval_lapses'
  | 'connectivity'
  | 'undelivered'
  | 'paused'
  | 'pause';

/** A device of the bridge with those of its entities that are enabled and not hidden, by key. */
export interface Part {
  readonly id: string;
  readonly name: string;
  readonly entities: Readonly<Partial<Record<EntityKey, string>>>;
}

export interface Account extends Part {
  readonly pots: readonly Part[];
}

/** All that one Home Assistant knows of one or more bridges, each list in the order of the names. */
export interface Household {
  readonly bridges: readonly Part[];
  readonly logins: readonly Part[];
  readonly accounts: readonly Account[];
}

const kinds: ReadonlySet<string> = new Set<Kind>(['bridge', 'login', 'account', 'pot']);
const prefix = 'monzo_';

/** What the device is; null where it is not the bridge's, as with Home Assistant's own Monzo integration, or disabled. */
export function kindOf(device: RegistryDevice | undefined): Kind | null {
  const kind = device?.model_id;
  if (!device || device.disabled_by || !kind || !kinds.has(kind)) return null;
  return identifierOf(device) === undefined ? null : (kind as Kind);
}

/** The device of an entity, where it is one of the bridge's devices of this kind. */
export function deviceOf(hass: Hass, entityId: string, kind: Kind): RegistryDevice | null {
  const device = hass.devices[hass.entities[entityId]?.device_id ?? ''];
  return device && kindOf(device) === kind ? device : null;
}

/** The name that the person gave the device, else its own. */
export function nameOf(device: RegistryDevice): string {
  return device.name_by_user || device.name || '';
}

/** Enabled entities of a device that are not hidden, by key. Asks Home Assistant once for every entity. Rejects as `callWS` does. */
export async function entitiesOf(hass: Hass, device: RegistryDevice): Promise<Part['entities']> {
  const keys = await keysOf(hass, shownEntities(hass, new Set([device.id])));
  return byKey(device, keys);
}

/** Reads all devices and entities of the bridges. Asks Home Assistant once for every entity. Rejects as `callWS` does. */
export async function readHousehold(hass: Hass): Promise<Household> {
  const devices = Object.values(hass.devices).flatMap((device) => {
    const kind = kindOf(device);
    return device && kind ? [{ device, kind }] : [];
  });
  const keys = await keysOf(hass, shownEntities(hass, new Set(devices.map(({ device }) => device.id))));
  const parts = (wanted: Kind, below?: string): readonly Part[] =>
    devices
      .filter(
        ({ device, kind }) => kind === wanted && (below === undefined || device.via_device_id === below),
      )
      .map(({ device }) => ({ id: device.id, name: nameOf(device), entities: byKey(device, keys) }))
      .sort((one, other) => one.name.localeCompare(other.name, hass.language));
  return {
    bridges: parts('bridge'),
    logins: parts('login'),
    accounts: parts('account').map((account) => ({ ...account, pots: parts('pot', account.id) })),
  };
}

function identifierOf({ identifiers }: RegistryDevice): string | undefined {
  return identifiers.find(([domain, id]) => domain === 'mqtt' && id.startsWith(prefix))?.[1];
}

function shownEntities(hass: Hass, devices: ReadonlySet<string>): readonly RegistryEntity[] {
  return Object.values(hass.entities).filter(
    (entity): entity is RegistryEntity =>
      entity !== undefined && !entity.hidden && devices.has(entity.device_id ?? ''),
  );
}

interface Keyed {
  readonly entityId: string;
  readonly deviceId: string;
  readonly uniqueId: string;
}

/** Unique ids never change, entity ids do: an answer is good for as long as the entity id is the same. */
const known = new Map<string, string>();

async function keysOf(hass: Hass, entities: readonly RegistryEntity[]): Promise<readonly Keyed[]> {
  const missing = entities.map(({ entity_id: id }) => id).filter((id) => !known.has(id));
  if (missing.length > 0) {
    const found = await hass.callWS<Readonly<Record<string, { readonly unique_id: string } | null>>>({
      type: 'config/entity_registry/get_entries',
      entity_ids: missing,
    });
    for (const [id, entry] of Object.entries(found)) if (entry) known.set(id, entry.unique_id);
  }
  return entities.map(({ entity_id: entityId, device_id: deviceId }) => ({
    entityId,
    deviceId: deviceId ?? '',
    uniqueId: known.get(entityId) ?? '',
  }));
}

function byKey(device: RegistryDevice, keys: readonly Keyed[]): Part['entities'] {
  const identifier = identifierOf(device) ?? '';
  const heads = [`${identifier}_`, `${identifier.slice(prefix.length)}_`];
  const found = keys
    .filter(({ deviceId }) => deviceId === device.id)
    .flatMap(({ entityId, uniqueId }) => {
      const head = heads.find((head) => uniqueId.startsWith(head));
      return head === undefined ? [] : [[uniqueId.slice(head.length), entityId] as const];
    });
  return Object.fromEntries(found);
}

/** Where the bridge's page shows a device, for those whom it lets in; null where Home Assistant has no address for it. */
export function pageOf({ devices, user }: Hass, device: string): string | null {
  const address = devices[device]?.configuration_url;
  if (!address || !user?.is_admin) return null;
  const place = address.replace(/^homeassistant:\//, '');
  return /^(\/|https?:\/\/)/.test(place) ? place : null;
}

/** All that a drawing of the household depends on: the same text means the same drawing. */
export function signatureOf(hass: Hass): string {
  const devices = Object.values(hass.devices).filter((device) => kindOf(device));
  const ids = new Set(devices.flatMap((device) => (device ? [device.id] : [])));
  return JSON.stringify([
    hass.language,
    devices.map((device) => device && [device.id, nameOf(device), device.via_device_id]),
    shownEntities(hass, ids).map(({ entity_id: id }) => id),
  ]);
}
