/** Signing out reaches every tab, and a bridge that does not answer is told once it does. */

export interface SignOuts {
  /** Whether the bridge has still to be told that this browser signed out. */
  isOwed(): boolean;
  /** Signs out in this browser, in all of its tabs. */
  begin(): void;
  /** The bridge knows. */
  told(): void;
}

/** Of something that is kept: its name, and what it is now. */
interface Change {
  readonly key: string | null;
  readonly newValue: string | null;
}

export interface SignOutOptions {
  /** The address of the page. */
  readonly base: string;
  /** Throws where the browser refuses to keep anything; a tab then remembers for itself. */
  readonly memory: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Calls when another tab has changed what is kept. */
  readonly watch: (onChange: (change: Change) => void) => void;
  /** Another tab has signed out. */
  readonly onSignedOut: () => void;
}

export function createSignOuts({ base, memory, watch, onSignedOut }: SignOutOptions): SignOuts {
  const key = `monzo-bridge.signed-out ${new URL('./', base).pathname}`;
  let isOwedHere = false;
  watch((change) => {
    if (change.key === key && change.newValue !== null) onSignedOut();
  });
  const remember = (isOwed: boolean) => {
    isOwedHere = false;
    try {
      if (isOwed) memory().setItem(key, 'owed');
      else memory().removeItem(key);
    } catch {
      // Refused: this tab remembers it as long as it is open.
      isOwedHere = isOwed;
    }
  };
  return {
    isOwed() {
      try {
        return isOwedHere || memory().getItem(key) !== null;
      } catch {
        return isOwedHere;
      }
    },
    begin: () => remember(true),
    told: () => remember(false),
  };
}
