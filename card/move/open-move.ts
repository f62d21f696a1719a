import type { Hass } from '../hass.ts';
import type { Direction } from './outcome.ts';
import { PotDialog } from './pot-dialog.ts';

/** Below the page's own element: Home Assistant draws a dashboard again when it likes, and the dialog must outlive that. */
let open: PotDialog | null = null;

/** Opens the dialog to move money of a pot, from an element. While one is open, a second tap opens no other. */
export function openMove(
  from: Element,
  move: { readonly hass: Hass; readonly pot: string; readonly direction: Direction },
): void {
  if (open?.isConnected) return;
  // Home Assistant gives the direction of the text to its own element alone.
  const { direction: dir } = getComputedStyle(from);
  open = Object.assign(new PotDialog(), { ...move, dir });
  document.body.append(open);
}

/** Hands the newest `hass` to an open dialog; every card and tile of the file does so. */
export function freshen(hass: Hass): void {
  if (open?.isConnected) open.hass = hass;
}

/** Whether the dialog of this pot is open. */
export function isShown(pot: string): boolean {
  return open?.isConnected === true && open.pot === pot;
}
