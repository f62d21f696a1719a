import { hideAmounts } from './format.ts';

/** Whether the page hides every amount. Each browser keeps it for itself, over reloads and in all of its tabs. */
export interface HiddenAmounts {
  readonly isOn: boolean;
  readonly toggle: () => void;
}

export interface HiddenAmountsOptions {
  /** Throws where the browser refuses to keep anything; the choice then lasts as long as the page. */
  readonly memory: () => Pick<Storage, 'getItem' | 'setItem'>;
  /** Calls when another tab has changed what is kept. */
  readonly watch: (onChange: () => void) => void;
  readonly onChange: () => void;
}

const key = 'monzo-bridge.amounts';
const hidden = 'hidden';

export function createHiddenAmounts({ memory, watch, onChange }: HiddenAmountsOptions): HiddenAmounts {
  let isOn = false;
  const become = (next: boolean) => {
    isOn = next;
    hideAmounts(next);
  };
  const kept = (): boolean => {
    try {
      return memory().getItem(key) === hidden;
    } catch {
      return isOn;
    }
  };
  const keep = () => {
    try {
      memory().setItem(key, isOn ? hidden : 'shown');
    } catch {
      // Refused: the choice lasts as long as the page.
    }
  };
  become(kept());
  watch(() => {
    if (kept() === isOn) return;
    become(kept());
    onChange();
  });
  return {
    get isOn() {
      return isOn;
    },
    toggle: () => {
      become(!isOn);
      keep();
      onChange();
    },
  };
}
