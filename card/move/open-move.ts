import type { Hass } from '../hass.ts';
import type { Direction } from './outcome.ts';
import { PotDialog } from './pot-dialog.ts';

/** Below the page's own element: Home Assistant draws a dashboard again when it likes, and the dialog must outlive that. */
let open: PotDialog | null = null;

/** Opens the dialog to move money of a pot. While one is open, a second tap opens no other. */
export function openMove(hass: Hass, pot: string, direction: Direction): void {
  if (open?.isConnected) return;
  open = Object.assign(new PotDialog(), { hass, pot, direction });
  document.body.append(open);
}

/** Hands the newest `hass` to an open dialog; every card and tile of the file does so. */
export function freshen(hass: Hass): void {
  if (open?.isConnected) open.hass = hass;
}
