import { z } from 'zod';
import { createNotifier } from '../async.ts';

/** `gone`: a person said that Home Assistant is not coming back. */
export type PresenceState = 'never_seen' | 'seen' | 'gone';

/** Values on disk, by key. */
export interface Memory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/**
 * Writes a value down, and returns whether that was possible. A disk that refuses is told by what has something to record;
 * what is only remembered better with it goes on.
 */
export function keepIfPossible(memory: Memory, key: string, value: unknown): boolean {
  try {
    memory.set(key, value);
    return true;
  } catch {
    return false;
  }
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

/** A device that a person deleted in Home Assistant, as it was announced. */
export interface DeletedDevice {
  /** Its identifier in Home Assistant. */
  readonly id: string;
  /** Its model id, such as `pot`. */
  readonly kind: string;
  readonly name: string;
}

/** The devices that stay away from Home Assistant until someone asks for them again; remembered on disk. */
export interface DeletedDevices {
  all(): readonly DeletedDevice[];
  has(id: string): boolean;
  /** Where the disk refuses, it is remembered until the bridge stops. */
  add(device: DeletedDevice): void;
  /** Has these announced again. Returns how many there were. Throws where the disk refuses. */
  restore(ids: readonly string[]): number;
  /** Forgets those that are gone altogether. */
  keep(existing: ReadonlySet<string>): void;
  onChange(listener: () => void): void;
}

const deletedKey = 'deleted_devices';
const deletedSchema = z.array(z.object({ id: z.string(), kind: z.string(), name: z.string() })).catch([]);

export function createDeletedDevices(memory: Memory): DeletedDevices {
  const changed = createNotifier();
  const devices = new Map(deletedSchema.parse(memory.get(deletedKey) ?? []).map((each) => [each.id, each]));
  const stored = () => [...devices.values()];
  return {
    all: stored,
    has: (id) => devices.has(id),
    add: (device) => {
      devices.set(device.id, device);
      keepIfPossible(memory, deletedKey, stored());
      changed.notify();
    },
    restore: (ids) => {
      const restored = ids.filter((id) => devices.delete(id)).length;
      if (restored === 0) return 0;
      memory.set(deletedKey, stored());
      changed.notify();
      return restored;
    },
    keep: (existing) => {
      const gone = [...devices.keys()].filter((id) => !existing.has(id));
      for (const id of gone) devices.delete(id);
      if (gone.length > 0) keepIfPossible(memory, deletedKey, stored());
    },
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
