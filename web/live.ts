import type { Snapshot } from './api/contract.ts';

export interface Listener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** The connection is alive. */
  readonly onBeat: () => void;
  /** The connection is lost, or was never opened. */
  readonly onLost: () => void;
}

/** Opens a connection to the bridge; returns what closes it. */
export type Listen = (listener: Listener) => () => void;

/** Calls once after so many milliseconds; returns what cancels it. */
export type Later = (act: () => void, ms: number) => () => void;

/** One pending call; a new one replaces it. */
export function createAlarm(later: Later) {
  let off = () => {};
  return {
    off: () => off(),
    set: (act: () => void, ms: number) => {
      off();
      off = later(act, ms);
    },
  };
}

/** The bridge sends something every 15 seconds; after this long the connection counts as lost. */
const silence = 45_000;

export interface Line {
  open(): void;
  close(): void;
}

/** The connection to the bridge, which notices silence. */
export function createLine(
  { listen, later }: { readonly listen: Listen; readonly later: Later },
  listener: Listener,
): Line {
  let hangUp: (() => void) | null = null;
  const alarm = createAlarm(later);
  const close = () => {
    alarm.off();
    hangUp?.();
    hangUp = null;
  };
  const lost = () => {
    if (hangUp === null) return;
    close();
    listener.onLost();
  };
  const heard = () => alarm.set(lost, silence);
  return {
    close,
    open: () => {
      if (hangUp !== null) return;
      hangUp = listen({
        onSnapshot: (snapshot) => {
          heard();
          listener.onSnapshot(snapshot);
        },
        onBeat: () => {
          heard();
          listener.onBeat();
        },
        onLost: lost,
      });
      heard();
    },
  };
}
