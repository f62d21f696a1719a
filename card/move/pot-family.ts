import type { Hass, RegistryDevice } from '../hass.ts';
import { entitiesOf, kindOf, nameOf, type Part } from '../household.ts';

/** A pot with what matters for moving its money: its account, and the bridge that would do it, where they are known. */
export interface PotFamily {
  readonly pot: Part;
  readonly account: Part | undefined;
  readonly bridge: Part | undefined;
}

/** Null where the device is no pot of the bridge's. Rejects as `callWS` does. */
export async function familyOf(hass: Hass, device: string): Promise<PotFamily | null> {
  const above = (lower: RegistryDevice | undefined) => hass.devices[lower?.via_device_id ?? ''];
  const devices = [hass.devices[device], above(hass.devices[device]), above(above(hass.devices[device]))];
  const kinds = devices.map((one) => (one ? kindOf(one) : null));
  if (kinds[0] !== 'pot') return null;
  const parts = devices.map((one) => (one ? partOf(hass, one) : undefined));
  const [pot, account, bridge] = await Promise.all(parts);
  return pot ? { pot, account, bridge } : null;
}

async function partOf(hass: Hass, device: RegistryDevice): Promise<Part> {
  return { id: device.id, name: nameOf(device), entities: await entitiesOf(hass, device) };
}

/**
 * Why no money can be moved now, as far as Home Assistant knows; null where nothing speaks against it. The bridge's limits
 * have the last word. `missing`: there is no such action; `away`: the bridge is not there; `paused`: someone paused all
 * moves.
 */
export function obstacleTo(
  hass: Hass,
  bridge: Part | undefined,
): 'disconnected' | 'missing' | 'away' | 'paused' | null {
  const { connectivity = '', paused = '' } = bridge?.entities ?? {};
  if (!hass.connected) return 'disconnected';
  if (!hass.services['script']?.['monzo_pot_transfer']) return 'missing';
  if ((hass.states[connectivity]?.state ?? 'on') !== 'on') return 'away';
  return hass.states[paused]?.state === 'on' ? 'paused' : null;
}
