import type { Connection } from './connection.ts';

/** `unknown` until Home Assistant says something on this connection: it may not exist at all. */
export type Presence = 'unknown' | 'here' | 'away';

export interface HomeAssistantWatch {
  presence(): Presence;
  /** Called when Home Assistant has started and listens. */
  onBirth(listener: () => void): void;
}

/**
 * Follows Home Assistant's birth and will messages. By default neither is retained, so what happened while we were
 * cut off is unknown; a retained "online" is old news and no birth.
 */
export function watchHomeAssistant(connection: Connection, statusTopic: string): HomeAssistantWatch {
  const births: (() => void)[] = [];
  let presence: Presence = 'unknown';
  connection.onDown(() => {
    presence = 'unknown';
  });
  connection.listen({
    filter: statusTopic,
    onMessage: ({ payload, retain }) => {
      if (payload === 'offline') presence = 'away';
      if (payload !== 'online') return;
      presence = 'here';
      if (!retain) for (const listener of births) listener();
    },
  });
  return {
    presence: () => presence,
    onBirth: (listener) => births.push(listener),
  };
}
