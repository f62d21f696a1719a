import { writeDiscoveryKeys } from '../test/home-assistant/discovery-keys.ts';
import { extractDiscoveryKeys } from '../test/home-assistant/discovery-schema.ts';

// Takes the keys MQTT discovery declares out of a real Home Assistant and keeps them for the ordinary unit tests.
const keys = await extractDiscoveryKeys();
await writeDiscoveryKeys(keys);
console.log(`Kept the discovery keys of Home Assistant ${keys.home_assistant}.`);
