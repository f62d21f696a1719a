import { html, nothing } from 'lit/html.js';
import { CardElement } from '../card-element.ts';
import { tell, type Hass } from '../hass.ts';
import { formFor } from '../parts/settings-form.ts';
import type { StrategySettings } from './dashboard.ts';

export const strategyEditorTag = 'monzo-strategy-editor';

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
    const { schema, computeLabel } = formFor('accounts', 'hide_amounts');
    return html`<ha-form
      .hass=${hass}
      .data=${settings}
      .schema=${schema}
      .computeLabel=${computeLabel}
      @value-changed=${(event: CustomEvent<{ readonly value: StrategySettings }>) => {
        event.stopPropagation();
        tell(this, 'config-changed', { config: event.detail.value });
      }}
    ></ha-form>`;
  }
}
