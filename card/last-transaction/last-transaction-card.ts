import { html, nothing } from 'lit/html.js';
import { toMajorText } from '../../src/domain/values.ts';
import { strangerInList } from '../../web/parts/stranger.ts';
import { CardElement, css, type Changed } from '../card-element.ts';
import { momentText } from '../dates.ts';
import { tell, type EntityState, type Hass } from '../hass.ts';
import { moneyText } from '../money.ts';
import { shared } from '../parts/styles.ts';
import type { Registration } from '../registration.ts';
import type { LastTransactionSettings } from '../settings.ts';

/**
 * The newest transaction of an account, from its event entity; a tap shows all of it. Core's tile knows no currency there.
 * It is not there before the first transaction.
 */
class LastTransactionCard extends CardElement {
  static override readonly properties = ['hass', 'settings'];
  declare hass?: Hass;
  declare settings: LastTransactionSettings;

  setConfig(settings: LastTransactionSettings): void {
    this.settings = settings;
  }

  protected override shouldUpdate(changed: Changed): boolean {
    const before = changed.get('hass') as Hass | undefined;
    const { entity } = this.settings;
    return before?.states[entity] !== this.hass?.states[entity] || before?.locale !== this.hass?.locale;
  }

  protected override render() {
    const { hass } = this;
    const event = hass?.states[this.settings.entity];
    const { merchant, counterparty, description, created } = event?.attributes ?? {};
    const isThere = hass && event && typeof created === 'string';
    this.show(isThere);
    if (!isThere) return nothing;
    const who = [merchant, counterparty, description].find(Boolean);
    return html`<ha-card>
      <button @click=${() => tell(this, 'hass-more-info', { entityId: event.entity_id })}>
        <ha-icon icon="mdi:credit-card-outline"></ha-icon>
        <span>
          ${strangerInList(typeof who === 'string' ? who : '')}
          <span class="soft">${this.#amount(event, hass)} · ${momentText(hass, created)}</span>
        </span>
      </button>
    </ha-card>`;
  }

  #amount({ attributes }: EntityState, { locale }: Hass): string {
    const { amount_minor: minor, currency } = attributes;
    if (this.settings.hide_amounts || typeof minor !== 'number' || typeof currency !== 'string') return '•••';
    return moneyText(toMajorText(minor, currency), currency, locale);
  }

  static override readonly styles = [
    shared,
    css`
      button {
        display: flex;
        gap: 14px;
        align-items: center;
        width: 100%;
        min-block-size: 56px;
        padding: 0 18px;
        text-align: start;
      }
      ha-icon {
        color: var(--state-icon-color);
      }
      span {
        font-weight: var(--ha-font-weight-medium, 500);
      }
      .soft {
        display: block;
        font-weight: normal;
      }
    `,
  ];
}

export const lastTransaction: readonly Registration[] = [
  { tag: 'monzo-last-transaction', element: LastTransactionCard },
];
