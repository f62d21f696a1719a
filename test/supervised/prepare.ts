import { ensureBrowser } from '../browser/chromium.ts';
import { installHomeAssistant } from '../home-assistant/install.ts';
import { prepareTemplate } from '../home-assistant/instance.ts';
import { findMosquitto } from '../home-assistant/mosquitto.ts';
import { findProgram, installPackages, isRoot, run } from '../home-assistant/processes.ts';

// The network has no way out: everything is installed before.
if (!isRoot())
  throw new Error('npm run test:app needs root: it makes a network of its own. Run it with sudo.');
if ((await findProgram('ip')) === undefined) await installPackages(['iproute2']);
const ip = (await findProgram('ip')) ?? 'ip';
await run({ file: 'unshare', args: ['--net', '--mount', ip, 'link', 'set', 'lo', 'up'] }).catch(
  (thrown: unknown) => {
    throw new Error('This machine does not let root make a network and mounts of its own.', {
      cause: thrown,
    });
  },
);
ensureBrowser();
await findMosquitto();
const installation = await installHomeAssistant();
if (installation.way === 'container')
  throw new Error(
    'A container engine starts Home Assistant in the network of the machine. Set HASS_PYTHON to a Python 3.14, and MONZO_BRIDGE_HASS_CACHE to an empty directory.',
  );
await prepareTemplate(installation);
