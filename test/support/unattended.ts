import { createHomeAssistantPresence } from '../../src/outputs/home-assistant-presence.ts';
import { noObserver } from '../../src/outputs/mqtt/event-sink.ts';

/** What an MQTT output needs to know about a Home Assistant that was never seen and cannot be asked. */
export function unattended() {
  return {
    presence: createHomeAssistantPresence({ get: () => null, set: () => {} }),
    observer: noObserver,
    unconfirmed: { trust: () => {}, sendAgain: () => {} },
  };
}
