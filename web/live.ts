import type { Snapshot } from './api/contract.ts';

export interface Listener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** The connection is alive; `at` is when the bridge said so, in milliseconds since the epoch by its own clock. */
  readonly onBeat: (at: number) => void;
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

/**
 * How late something may arrive. The bridge sends a first snapshot at once: what is later was held back on the way, by a
 * proxy that collects answers, and is no longer true.
 */
const mostDelay = 10_000;

export interface LineListener {
  /** `isLive`: whatever changes next is likely to come through in time, too. */
  readonly onSnapshot: (snapshot: Snapshot, isLive: boolean) => void;
  readonly onBeat: () => void;
  /** Where nothing was live before, asking just goes on; a connection that broke may be back at once. */
  readonly onLost: () => void;
}

export interface Line {
  open(): void;
  close(): void;
}

export interface LineOptions {
  readonly listen: Listen;
  readonly later: Later;
  readonly now: () => number;
}

/** The connection to the bridge, which notices silence, and gives up where what it brings was held back on the way. */
export function createLine({ listen, later, now }: LineOptions, listener: LineListener): Line {
  let hangUp: (() => void) | null = null;
  /** Something on the way held back what was pushed, and no beat has come through in time since. */
  let isHeldBack = false;
  /** By how much the page's clock is ahead of the bridge's, as told by what came first. */
  let ahead: number | null = null;
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
  const heldBack = () => {
    isHeldBack = true;
    lost();
  };
  const heard = (at: number, tell: () => void) => {
    const difference = now() - at;
    ahead ??= difference;
    // Also where the bridge's clock was put back: a new connection then tells its time anew.
    if (difference - ahead > mostDelay) return heldBack();
    alarm.set(heldBack, silence);
    tell();
  };
  return {
    close,
    open: () => {
      if (hangUp !== null) return;
      ahead = null;
      hangUp = listen({
        onSnapshot: (snapshot) =>
          heard(Date.parse(snapshot.at), () => listener.onSnapshot(snapshot, !isHeldBack)),
        onBeat: (at) =>
          heard(at, () => {
            isHeldBack = false;
            listener.onBeat();
          }),
        onLost: lost,
      });
      alarm.set(heldBack, mostDelay);
    },
  };
}
