import { html, nothing } from 'lit/html.js';
import { CardElement } from '../card-element.ts';
import { tell, type Hass } from '../hass.ts';
import { textsIn } from '../texts.ts';
import type { StrategySettings } from './dashboard.ts';
import { strategyTexts, type StrategyTexts } from './strategy-texts.ts';

export const strategyEditorTag = 'monzo-strategy-editor';

const accountFilter = { integration: 'mqtt', manufacturer: 'Monzo', model_id: 'account' };
const schema = [
  { name: 'accounts', selector: { device: { multiple: true, filter: [accountFilter] } } },
  { name: 'hide_amounts', selector: { boolean: {} } },
];

const labels: Readonly<Record<string, readonly [label: keyof StrategyTexts, help: keyof StrategyTexts]>> = {
  accounts: ['accounts', 'accountsHelp'],
  hide_amounts: ['hideAmounts', 'hideAmountsHelp'],
};

/** The form behind "Edit dashboard" of a dashboard that the strategy draws. */
export class StrategyEditor extends CardElement {
  static override readonly properties = ['hass', 'settings'];
  declare hass?: Hass;
  declare settings?: StrategySettings;

  setConfig(settings: StrategySettings): void {
    this.settings = settings;
  }

  protected override render() {
    const { hass, settings } = this;
    if (!hass || !settings) return nothing;
    const texts = textsIn(hass, strategyTexts);
    const textOf = (part: 0 | 1) => (field: { readonly name: string }) => {
      const key = labels[field.name]?.[part];
      return key === undefined ? '' : texts[key];
    };
    return html`<ha-form
      .hass=${hass}
      .data=${settings}
      .schema=${schema}
      .computeLabel=${textOf(0)}
      .computeHelper=${textOf(1)}
      @value-changed=${(event: CustomEvent<{ readonly value: StrategySettings }>) => {
        event.stopPropagation();
        tell(this, 'config-changed', { config: event.detail.value });
      }}
    ></ha-form>`;
  }
}
