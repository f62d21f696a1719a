import { html, nothing } from 'lit/html.js';
import type { Hass } from '../hass.ts';

/** Amounts that a card hides until someone taps: dashboards hang on walls. */
export interface Hiding {
  readonly hass: Hass;
  /** Whether the amounts are hidden now; undefined where they never are. */
  readonly isHidden: boolean | undefined;
  readonly toggle: () => void;
}

/** The button beside the heading; nothing where the card shows amounts anyway. */
export function amountsButton({ hass, isHidden, toggle }: Hiding) {
  if (isHidden === undefined) return nothing;
  const label = hass.localize(`ui.common.${isHidden ? 'show' : 'hide'}`);
  return html`<button aria-label=${label} title=${label} @click=${toggle}>
    <ha-icon icon=${isHidden ? 'mdi:eye' : 'mdi:eye-off'}></ha-icon>
  </button>`;
}

/** An amount, or dots in its place. A tap on them shows it; with the keyboard, the button beside the heading does. */
export function amount(text: string, { isHidden, toggle }: Hiding) {
  return isHidden
    ? html`<span class="amount" aria-hidden="true" @click=${toggle}>•••</span>`
    : html`<span class="amount">${text}</span>`;
}
