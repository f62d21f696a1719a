import { html, nothing } from 'lit/html.js';
import { CardElement, css } from '../card-element.ts';
import type { Hass } from '../hass.ts';
import { deviceOf, nameOf } from '../household.ts';
import { shared } from '../parts/styles.ts';
import type { Registration } from '../registration.ts';
import type { MoveFeatureSettings } from '../settings.ts';
import { moveButtons } from './move-buttons.ts';
import { freshen } from './open-move.ts';
import { PotDialog } from './pot-dialog.ts';

interface Context {
  readonly entity_id?: string;
}

/** Two buttons on the tile of a pot's balance. */
class MoveFeature extends CardElement {
  static override readonly properties = ['hass', 'context'];
  static override readonly styles = [
    shared,
    css`
      .act {
        padding: 0;
        min-block-size: var(--feature-height, 42px);
        border-radius: var(--feature-border-radius, 12px);
      }
    `,
  ];
  declare hass?: Hass;
  declare context?: Context;

  static getStubConfig(): MoveFeatureSettings {
    return { type: 'custom:monzo-move-money' };
  }

  setConfig(): void {}

  protected override render() {
    const { hass, context } = this;
    if (!hass || !context) return nothing;
    freshen(hass);
    const pot = potBehind(hass, context);
    if (pot === null) return nothing;
    return html`<div class="moves">${moveButtons(hass, { id: pot.id, name: nameOf(pot) })}</div>`;
  }
}

/** The device of a pot whose balance the entity is; a goal is money, too, and has no state class. */
function potBehind(hass: Hass, { entity_id: id = '' }: Context) {
  return hass.states[id]?.attributes['state_class'] ? deviceOf(hass, id, 'pot') : null;
}

export const moving: readonly Registration[] = [
  { tag: 'monzo-move-dialog', element: PotDialog },
  {
    tag: 'monzo-move-money',
    element: MoveFeature,
    feature: {
      type: 'monzo-move-money',
      name: 'Move money',
      isSupported: (hass, context) => potBehind(hass, context) !== null,
    },
  },
];
