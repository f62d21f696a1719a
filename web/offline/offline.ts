import { createCall, type Call } from '../api/client.ts';
import { installShell } from './install.ts';
import { createKept } from './kept.ts';
import { createKeptFetch } from './kept-fetch.ts';
import type { Memory } from '../store.ts';
import { createMemory } from './memory.ts';
import { createSignOuts } from './sign-out.ts';

export interface OfflineOptions {
  /** Another build of the page has been installed while this one is open. */
  readonly onUpdated: () => void;
  /** Another tab has signed this browser out. */
  readonly onSignedOut: () => void;
  /** Asks whether the bridge answers nothing at all now. */
  readonly isAway: () => Promise<boolean>;
  /** Something that was heard then is shown again. */
  readonly onRecalled: (at: number) => void;
}

export interface Offline {
  readonly memory: Memory;
  /** For what the pages show: what was kept stands in for an answer while the bridge gives none. */
  readonly call: Call;
}

/** What this browser offers for the time without the bridge; where it offers nothing, the open page keeps what it shows. */
export function createOffline({ onUpdated, onSignedOut, isAway, onRecalled }: OfflineOptions): Offline {
  const base = document.baseURI;
  const now = () => Date.now();
  const kept = createKept({ caches: offered(() => globalThis.caches), base, now });
  const signOuts = createSignOuts({
    base,
    memory: () => localStorage,
    watch: (onChange) => window.addEventListener('storage', onChange),
    onSignedOut,
  });
  const install = () => installShell({ workers: serviceWorkers(), base, onUpdated });
  const fetchKept = createKeptFetch({
    fetch: (input, init) => fetch(input, init),
    base,
    kept,
    isAway,
    onRecalled,
  });
  return {
    memory: createMemory({ kept, signOuts, install, now }),
    call: createCall(fetchKept, base),
  };
}

export function serviceWorkers(): ServiceWorkerContainer | undefined {
  return offered(() => navigator.serviceWorker);
}

/** Browsers leave out what an address or a window is not allowed to have, or throw. */
function offered<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
