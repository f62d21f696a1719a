import { ExpectedHomeAssistant } from '../../src/outputs/expected.ts';
import { nobody } from '../../src/outputs/mqtt/event-sink.ts';

/** What an MQTT output needs to know about a Home Assistant that was never seen and cannot be asked. */
export function unattended() {
  return {
    expected: new ExpectedHomeAssistant({ get: () => null, set: () => {} }),
    observer: nobody,
    unproven: { trust: () => {}, sendAgain: () => {} },
  };
}
