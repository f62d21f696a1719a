import {
  createDeletedDevices,
  createHomeAssistantPresence,
} from '../../src/outputs/home-assistant-presence.ts';
import { noObserver } from '../../src/outputs/mqtt/event-sink.ts';

/** A Home Assistant that cannot be asked how it announces itself. */
const noSource = { current: () => null, onChange: () => {} };

/** What an MQTT output needs to know about a Home Assistant that was never seen and cannot be asked. */
export function unattended() {
  const stored = new Map<string, unknown>();
  const memory = {
    get: (key: string) => stored.get(key) ?? null,
    set: (key: string, value: unknown) => void stored.set(key, value),
  };
  return {
    presence: createHomeAssistantPresence(memory),
    deletedDevices: createDeletedDevices(memory),
    observer: noObserver,
    unconfirmed: { trust: () => {}, sendAgain: () => {}, sendUnheardAgain: () => 0 },
    memory,
    announcements: null,
    announcementSource: noSource,
  };
}
