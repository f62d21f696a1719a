import { html, nothing } from 'lit/html.js';
import { toMajorText } from '../../src/domain/values.ts';
import { strangerInList } from '../../web/parts/stranger.ts';
import { CardElement, css, type Changed } from '../card-element.ts';
import { momentText } from '../dates.ts';
import { tell, type EntityState, type Hass } from '../hass.ts';
import { moneyText } from '../money.ts';
import type { Registration } from '../registration.ts';
import type { LastTransactionSettings } from '../settings.ts';
import { textsIn, type Texts } from '../texts.ts';

interface LastTexts {
  readonly heading: string;
  readonly hidden: string;
  readonly declined: string;
  readonly noEntity: string;
}

const texts: Texts<LastTexts> = {
  en: {
    heading: 'Last transaction',
    hidden: 'amount hidden',
    declined: 'declined',
    noEntity: 'Choose the event entity “Transaction” of an account: entity.',
  },
  de: {
    heading: 'Letzter Umsatz',
    hidden: 'Betrag verborgen',
    declined: 'abgelehnt',
    noEntity: 'Wähle die Ereignis-Entität „Transaction“ eines Kontos: entity.',
  },
};

/** The newest transaction of an account, from its event entity: core's tile knows no currency there. Not there before the first one. */
class LastTransactionCard extends CardElement {
  static override readonly properties = ['hass', 'preview', 'settings'];
  declare hass?: Hass;
  declare preview: boolean;
  declare settings?: LastTransactionSettings;

  setConfig(settings: LastTransactionSettings): void {
    if (typeof settings.entity !== 'string') throw new Error(texts.en.noEntity);
    this.settings = settings;
  }

  getCardSize(): number {
    return 1;
  }

  getGridOptions() {
    return { columns: 12, rows: 1, min_columns: 6, min_rows: 1 };
  }

  protected override shouldUpdate(changed: Changed): boolean {
    const before = changed.get('hass') as Hass | undefined;
    const entity = this.settings?.entity ?? '';
    return (
      changed.size > 1 ||
      !before ||
      before.states[entity] !== this.hass?.states[entity] ||
      before.locale !== this.hass?.locale
    );
  }

  protected override willUpdate(): void {
    this.show(this.preview || typeof this.#event()?.attributes['amount_minor'] === 'number');
  }

  protected override render() {
    const { hass } = this;
    const event = this.#event();
    if (!hass || !event) return nothing;
    return html`<ha-card>
      <button @click=${() => tell(this, 'hass-more-info', { entityId: event.entity_id })}>
        <ha-icon icon="mdi:credit-card-outline" aria-hidden="true"></ha-icon>
        <span>
          <strong>${textsIn(hass, texts).heading}: ${strangerInList(whoOf(event))}</strong>
          <span class="more">${this.#amount(event, hass)} · ${whenOf(event, hass)}</span>
        </span>
      </button>
    </ha-card>`;
  }

  #event(): EntityState | undefined {
    return this.hass?.states[this.settings?.entity ?? ''];
  }

  #amount({ attributes }: EntityState, hass: Hass) {
    const { hidden, declined } = textsIn(hass, texts);
    if (attributes['event_type'] === 'declined') return declined;
    if (this.settings?.hide_amounts) return html`<span role="img" aria-label=${hidden}>•••</span>`;
    const { amount_minor: minor, currency } = attributes;
    if (typeof minor !== 'number' || typeof currency !== 'string') return '–';
    return moneyText(toMajorText(minor, currency), currency, hass.locale);
  }

  static override readonly styles = css`
    ha-card {
      height: 100%;
      overflow: hidden;
    }
    button {
      display: flex;
      align-items: center;
      gap: 20px;
      box-sizing: border-box;
      width: 100%;
      height: 100%;
      min-height: 56px;
      padding: 0 18px;
      border: 0;
      background: none;
      color: var(--primary-text-color);
      font: inherit;
      font-size: var(--ha-font-size-m, 14px);
      text-align: start;
      cursor: pointer;
    }
    button:focus-visible {
      outline: 2px solid var(--primary-color);
      outline-offset: -2px;
    }
    ha-icon {
      color: var(--state-icon-color);
    }
    button > span {
      min-width: 0;
    }
    strong,
    .more {
      display: block;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
      font-weight: var(--ha-font-weight-medium, 500);
      line-height: 20px;
    }
    .more {
      font-size: var(--ha-font-size-s, 12px);
      font-weight: normal;
      line-height: 16px;
    }
  `;
}

function whoOf({ attributes }: EntityState): string {
  const names = ['merchant', 'counterparty', 'description'].map((key) => attributes[key]);
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? '–';
}

function whenOf({ attributes, state }: EntityState, hass: Hass): string {
  const { created } = attributes;
  return momentText(hass, typeof created === 'string' ? created : state);
}

export const lastTransaction: readonly Registration[] = [
  { tag: 'monzo-last-transaction', element: LastTransactionCard },
];
