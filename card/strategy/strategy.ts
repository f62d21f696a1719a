import type { Hass } from '../hass.ts';
import { pageOf, readHousehold, signatureOf } from '../household.ts';
import type { Registration } from '../registration.ts';
import { textsIn } from '../texts.ts';
import { dashboardOf, type StrategySettings } from './dashboard.ts';
import { StrategyEditor, strategyEditorTag } from './strategy-editor.ts';
import { strategyTexts } from './strategy-texts.ts';

/** `custom:monzo`: a dashboard of the whole household, drawn from the devices. */
class MonzoStrategy extends HTMLElement {
  /** A new pot, a renamed account or a hidden entity draws it again; what changes about other devices does not. */
  static shouldRegenerate(_settings: StrategySettings, before: Hass, now: Hass): boolean {
    const isSame =
      before.devices === now.devices && before.entities === now.entities && before.language === now.language;
    return !isSame && signatureOf(before) !== signatureOf(now);
  }

  static async generate(settings: StrategySettings, hass: Hass) {
    const household = await readHousehold(hass);
    const components = new Set(hass.config.components);
    return dashboardOf(household, settings, {
      texts: textsIn(hass, strategyTexts),
      currencyOf: (entityId) => {
        const unit = hass.states[entityId]?.attributes['unit_of_measurement'];
        return typeof unit === 'string' ? unit : '';
      },
      pageOf: (device) => pageOf(hass, device),
      has: (integration) => components.has(integration),
    });
  }

  static getConfigElement() {
    return document.createElement(strategyEditorTag);
  }

  static getCreateSuggestions(hass: Hass) {
    return { title: textsIn(hass, strategyTexts).title, icon: 'mdi:bank' };
  }
}

export const strategy: readonly Registration[] = [
  { tag: strategyEditorTag, element: StrategyEditor },
  {
    tag: 'll-strategy-dashboard-monzo',
    element: MonzoStrategy,
    strategy: {
      type: 'monzo',
      strategyType: 'dashboard',
      name: 'Monzo',
      description: 'Accounts with pots, what needs attention, and recent transactions.',
    },
  },
];
