import { createNotifier } from '../async.ts';

/** `gone`: a person said that Home Assistant is not coming back. */
export type PresenceState = 'never_seen' | 'seen' | 'gone';

/** Values on disk, by key. */
export interface Memory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** Whether there is a Home Assistant to keep events for; remembered on disk. Throws where the disk refuses. */
export interface HomeAssistantPresence {
  state(): PresenceState;
  /** Whether events are kept while Home Assistant is away. */
  isExpected(): boolean;
  /** Home Assistant was there just now. */
  markSeen(): void;
  /** Something that only a Home Assistant leaves behind was found. Does not overrule a person's "gone". */
  markSeenUnlessGone(): void;
  markGone(): void;
  onChange(listener: () => void): void;
}

const key = 'home_assistant';

export function createHomeAssistantPresence(memory: Memory): HomeAssistantPresence {
  const changed = createNotifier();
  const stored = memory.get(key);
  let current: PresenceState = stored === 'seen' || stored === 'gone' ? stored : 'never_seen';
  const become = (next: PresenceState) => {
    if (next === current) return;
    current = next;
    changed.notify();
    memory.set(key, next);
  };
  return {
    state: () => current,
    isExpected: () => current === 'seen',
    markSeen: () => become('seen'),
    markSeenUnlessGone: () => {
      if (current === 'never_seen') become('seen');
    },
    markGone: () => become('gone'),
    onChange: (listener) => void changed.subscribe(listener),
  };
}

/** A message with which Home Assistant says on the broker that it has come or left. */
export interface Announcement {
  readonly topic: string;
  readonly payload: string;
}

/** How Home Assistant announces itself on the broker: its birth and will messages. Null where one is switched off. */
export interface Announcements {
  readonly birth: Announcement | null;
  readonly will: Announcement | null;
}

/** How Home Assistant announces itself, as it says itself. */
export interface AnnouncementSource {
  /** Null where the bridge cannot read it. */
  current(): Announcements | null;
  onChange(listener: () => void): void;
}

/** What Home Assistant publishes unless someone changed it there, whatever its discovery prefix. */
export const usualAnnouncements = {
  birth: { topic: 'homeassistant/status', payload: 'online' },
  will: { topic: 'homeassistant/status', payload: 'offline' },
} as const satisfies Announcements;
