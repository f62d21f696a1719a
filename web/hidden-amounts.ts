import { createChoice, type Browser } from './choice.ts';
import { hideAmounts } from './format.ts';

/** Whether the page hides every amount. */
export interface HiddenAmounts {
  readonly isOn: boolean;
  readonly toggle: () => void;
}

export function createHiddenAmounts(browser: Browser, onChange: () => void): HiddenAmounts {
  const choice = createChoice<boolean>(browser, {
    key: 'monzo-bridge.amounts',
    first: false,
    read: (text) => text === 'hidden',
    write: (isOn) => (isOn ? 'hidden' : 'shown'),
    onChange: (isOn) => {
      hideAmounts(isOn);
      onChange();
    },
  });
  return {
    get isOn() {
      return choice.value;
    },
    toggle: () => choice.set(!choice.value),
  };
}
