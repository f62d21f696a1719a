import { ensureBrowser } from '../browser/chromium.ts';
import { furtherIntegrations, furtherPackages } from './further-packages.ts';
import { installHomeAssistant } from './install.ts';
import { prepareTemplate } from './instance.ts';
import { findMosquitto } from './mosquitto.ts';

// Installs everything before the test files run side by side: two installations at once would break each other.
ensureBrowser();
await findMosquitto();
const installation = await installHomeAssistant();
await prepareTemplate(installation);
await furtherPackages(installation, furtherIntegrations);
