import { createNotifier } from '../../async.ts';
import type { Clock, Monotonic } from '../../clock.ts';
import type { Announcement, Announcements } from '../home-assistant-presence.ts';
import type { Connection } from './connection.ts';
import type { IncomingMessage } from './topics.ts';

/** `unknown` until Home Assistant publishes its status on this connection: there may be no Home Assistant at all. */
export type HomeAssistantStatus = 'unknown' | 'here' | 'away';

/** Home Assistant as its birth and will messages on the broker show it. */
export interface StatusWatch {
  status(): HomeAssistantStatus;
  /** When its will came. */
  awaySince(): Monotonic;
  /** For how many milliseconds it has been here: since its last birth. 0 where it is not. */
  hereFor(): number;
  /** Home Assistant has started, or is back on the broker. Calls back with the status until then. */
  onBirth(listener: (before: HomeAssistantStatus) => void): void;
  /** Home Assistant has just left the broker. */
  onWill(listener: () => void): void;
  /** The bridge has lost the broker. Calls back with the status until then. */
  onLost(listener: (before: HomeAssistantStatus) => void): void;
  /** The messages that are taken for its birth and will. */
  announcements(): Announcements;
  /** Listens for these from now on. */
  follow(announcements: Announcements): void;
  /** Home Assistant was seen to have come back after its will, without a birth. */
  forgetWill(): void;
  /** Whether anything else came on their topics. */
  isStrange(): boolean;
}

export interface StatusOptions {
  readonly connection: Connection;
  readonly announcements: Announcements;
  readonly clock: Clock;
}

/**
 * Follows Home Assistant's birth and will messages. By default neither is retained, so what happened while the bridge had
 * no connection is unknown. The broker's stored copy of one says only what was once: either of them may be retained without
 * the other, so that neither is the newest for certain.
 */
export function watchStatus({ connection, announcements, clock }: StatusOptions): StatusWatch {
  const births = createNotifier<HomeAssistantStatus>();
  const wills = createNotifier();
  const losses = createNotifier<HomeAssistantStatus>();
  let status: HomeAssistantStatus = 'unknown';
  let awaySince: Monotonic = 0;
  let hereSince: Monotonic = 0;
  const become = (next: HomeAssistantStatus): HomeAssistantStatus => {
    const before = status;
    status = next;
    return before;
  };
  connection.onDown(() => losses.notify(become('unknown')));
  const onMessage = (message: IncomingMessage) => {
    if (message.retain || message.payload === '') return;
    if (isFrom(followed.birth, message)) {
      hereSince = clock.monotonic();
      births.notify(become('here'));
    } else if (!isFrom(followed.will, message)) isStrange = true;
    else if (become('away') !== 'away') {
      awaySince = clock.monotonic();
      wills.notify();
    }
  };
  const listen = () => {
    const filters = new Set([followed.birth, followed.will].flatMap((found) => found?.topic ?? []));
    return [...filters].map((filter) => connection.listen({ filter, onMessage }));
  };
  let followed = announcements;
  let isStrange = false;
  let stops = listen();
  return {
    announcements: () => followed,
    follow: (next) => {
      if (JSON.stringify(next) === JSON.stringify(followed)) return;
      followed = next;
      isStrange = false;
      become('unknown');
      // In this order, so that a topic that stays is not unsubscribed in between.
      const before = stops;
      stops = listen();
      for (const stop of before) stop();
    },
    forgetWill: () => {
      if (status === 'away') become('unknown');
    },
    isStrange: () => isStrange,
    status: () => status,
    awaySince: () => awaySince,
    hereFor: () => (status === 'here' ? clock.monotonic() - hereSince : 0),
    onBirth: (listener) => void births.subscribe(listener),
    onWill: (listener) => void wills.subscribe(listener),
    onLost: (listener) => void losses.subscribe(listener),
  };
}

function isFrom(announcement: Announcement | null, { topic, payload }: IncomingMessage): boolean {
  return (
    announcement !== null && announcement.topic === topic && bare(announcement.payload) === bare(payload)
  );
}

function bare(payload: string): string {
  return payload.trim().toLowerCase();
}
