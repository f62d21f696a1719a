import { writeDiscoveryKeys } from '../test/home-assistant/discovery-keys.ts';
import { extractDiscoveryKeys } from '../test/home-assistant/discovery-schema.ts';

// Reads the keys of MQTT discovery from a real Home Assistant and stores them for the unit tests.
const keys = await extractDiscoveryKeys();
await writeDiscoveryKeys(keys);
console.log(`Stored the discovery keys of Home Assistant ${keys.home_assistant}.`);
