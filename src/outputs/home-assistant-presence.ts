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
