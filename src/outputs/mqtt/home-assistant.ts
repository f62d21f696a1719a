import type { Clock } from '../../clock.ts';
import type { Instant } from '../../domain/values.ts';
import type { Connection } from './connection.ts';

/** `unknown` until Home Assistant says something on this connection: it may not exist at all. */
export type Presence = 'unknown' | 'here' | 'away';

export interface HomeAssistantListener {
  /** Home Assistant has started, or is back on the broker, and listens. `before` is what was known until then. */
  readonly onBirth?: (before: Presence) => void;
  /** It has just left the broker. */
  readonly onWill?: () => void;
  /** We have lost the broker ourselves. */
  readonly onLost?: (before: Presence) => void;
}

export interface HomeAssistantWatch {
  presence(): Presence;
  /** When it was last heard that it is away. */
  awaySince(): Instant;
  follow(listener: HomeAssistantListener): void;
}

export interface WatchOptions {
  readonly connection: Connection;
  readonly statusTopic: string;
  readonly clock: Clock;
}

/**
 * Follows Home Assistant's birth and will messages. By default neither is retained, so what happened while we were
 * cut off is unknown. A retained "online" is old news and no birth; a retained "offline" is what has held since.
 */
export function watchHomeAssistant({ connection, statusTopic, clock }: WatchOptions): HomeAssistantWatch {
  const listeners: HomeAssistantListener[] = [];
  let presence: Presence = 'unknown';
  let awaySince: Instant = 0;
  const become = (next: Presence): Presence => {
    const before = presence;
    presence = next;
    return before;
  };
  connection.onDown(() => {
    const before = become('unknown');
    for (const listener of listeners) listener.onLost?.(before);
  });
  connection.listen({
    filter: statusTopic,
    onMessage: ({ payload, retain }) => {
      if (payload === 'online' && !retain) {
        const before = become('here');
        for (const listener of listeners) listener.onBirth?.(before);
      } else if (payload === 'offline' && become('away') !== 'away') {
        awaySince = clock.now();
        if (!retain) for (const listener of listeners) listener.onWill?.();
      }
    },
  });
  return {
    presence: () => presence,
    awaySince: () => awaySince,
    follow: (listener) => listeners.push(listener),
  };
}
