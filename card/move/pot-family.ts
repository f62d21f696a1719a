import type { Hass } from '../hass.ts';
import { readHousehold, type Part } from '../household.ts';

/** A pot with what matters for moving its money: its account, and the bridge that would do it, where that is known. */
export interface PotFamily {
  readonly pot: Part;
  readonly account: Part;
  readonly bridge: Part | undefined;
}

/** Undefined where the device is no pot of an account. Rejects as `callWS` does. */
export async function familyOf(hass: Hass, device: string): Promise<PotFamily | undefined> {
  const { accounts, bridges } = await readHousehold(hass);
  const families = accounts.flatMap((account) => account.pots.map((pot) => ({ account, pot })));
  const family = families.find(({ pot }) => pot.id === device);
  const above = hass.devices[family?.account.id ?? '']?.via_device_id;
  return family && { ...family, bridge: bridges.find(({ id }) => id === above) };
}

/**
 * Why no money can be moved now, as far as Home Assistant knows; undefined where nothing speaks against it. The bridge's
 * limits have the last word. `missing`: there is no such action; `away`: the bridge is not there; `paused`: someone paused
 * all moves.
 */
export function obstacleTo(hass: Hass, bridge: Part | undefined) {
  const { connectivity = '', paused = '' } = bridge?.entities ?? {};
  if (!hass.connected) return 'disconnected';
  if (!hass.services['script']?.['monzo_pot_transfer']) return 'missing';
  if ((hass.states[connectivity]?.state ?? 'on') !== 'on') return 'away';
  return hass.states[paused]?.state === 'on' ? 'paused' : undefined;
}
