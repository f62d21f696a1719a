import type { Snapshot } from './api/contract.ts';

export interface Listener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** The line is still good. */
  readonly onBeat: () => void;
  /** The line is dead, or was never opened. */
  readonly onLost: () => void;
}

/** Opens a line to the bridge; returns the way to close it. */
export type Listen = (listener: Listener) => () => void;

/** Calls once after so many milliseconds; returns the way to call it off. */
export type Later = (act: () => void, ms: number) => () => void;

/** One thing that is still to come; another one takes its place. */
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

/** The bridge says something every 15 seconds; after so long the line is dead. */
const silence = 45_000;

export interface Line {
  open(): void;
  close(): void;
}

/** The line to the bridge, that knows when it has gone silent. */
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
