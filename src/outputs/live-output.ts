import { createNotifier } from '../async.ts';
import type { Output, Snapshot } from './output.ts';

/** Passes every snapshot to the pages that are open, through the private listener. */
export interface LiveOutput extends Output {
  /** The latest snapshot; null before the first one. */
  newest(): Snapshot | null;
  /** Calls back with every snapshot from now on, until the returned function is called. The watcher must not throw. */
  watch(watcher: (snapshot: Snapshot) => void): () => void;
}

export function createLiveOutput(): LiveOutput {
  const shown = createNotifier<Snapshot>();
  let isClosed = false;
  let newest: Snapshot | null = null;
  return {
    name: 'live',
    show: (snapshot) => {
      newest = snapshot;
      if (!isClosed) shown.notify(snapshot);
    },
    newest: () => newest,
    watch: (watcher) => shown.subscribe(watcher),
    health: () => ({ part: 'live', state: 'ok', sentence: null }),
    close: async () => {
      isClosed = true;
    },
  };
}
