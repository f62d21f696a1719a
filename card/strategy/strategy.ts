import type { Registration } from '../registration.ts';
import type { Hass } from '../hass.ts';

/** `custom:monzo`: draws a dashboard of the whole household from the devices. */
class MonzoStrategy extends HTMLElement {
  static async generate(_config: object, _hass: Hass): Promise<object> {
    return { views: [] };
  }
}

export const strategy: readonly Registration[] = [
  {
    tag: 'll-strategy-dashboard-monzo',
    element: MonzoStrategy,
    strategy: {
      type: 'monzo',
      strategyType: 'dashboard',
      name: 'Monzo',
      description: 'Accounts, pots and transactions of the Monzo bridge.',
    },
  },
];
