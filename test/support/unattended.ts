import { createHomeAssistantPresence } from '../../src/outputs/home-assistant-presence.ts';
import { noObserver } from '../../src/outputs/mqtt/event-sink.ts';

/** A Home Assistant that cannot be asked how it announces itself. */
const noSource = { current: () => null, onChange: () => {} };

/** What an MQTT output needs to know about a Home Assistant that was never seen and cannot be asked. */
export function unattended() {
  return {
    presence: createHomeAssistantPresence({ get: () => null, set: () => {} }),
    observer: noObserver,
    unconfirmed: { trust: () => {}, sendAgain: () => {} },
    memory: { get: () => null, set: () => {} },
    announcements: null,
    announcementSource: noSource,
  };
}
