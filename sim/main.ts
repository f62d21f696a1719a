import { parseArgs } from 'node:util';
import { systemClock } from '../src/clock.ts';
import { seededRandom } from './fake-clock.ts';
import { createFaults } from './faults.ts';
import { alex, household, joint, sam } from './household.ts';
import { startActivity } from './activity.ts';
import { startWebhookSender } from './webhooks.ts';
import { serveBank } from './server.ts';

/** The simulated bank as a process: one listener, and webhooks over the network. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      /** The mean pause between two events in milliseconds; 0 for no activity. */
      pace: { type: 'string', default: '0' },
      /** The days of past transactions of each current account. */
      history: { type: 'string', default: '0' },
      /** A further redirect URL to register with both clients. May be repeated. */
      redirect: { type: 'string', multiple: true, default: [] },
    },
  });
  const random = seededRandom(Number(values.seed));
  const bank = household({ now: () => systemClock.now(), random });
  for (const url of values.redirect) {
    for (const { clientId } of [alex, sam]) bank.registerRedirect(clientId, url);
  }
  for (const id of [alex.current, sam.current, joint.account]) {
    bank.addHistory(id, { days: Number(values.history), perDay: 4 });
  }
  const faults = createFaults(systemClock);
  const webhookSender = startWebhookSender({ bank, faults, clock: systemClock, fetch });
  const served = await serveBank({ bank, faults, host: values.host, port: Number(values.port) });
  const pace = Number(values.pace);
  const activity = pace > 0 ? startActivity({ bank, clock: systemClock, random, pace }) : undefined;
  const { apiUrl, authUrl, phoneUrl, controlUrl } = served;
  process.stdout.write(`${JSON.stringify({ apiUrl, authUrl, phoneUrl, controlUrl })}\n`);
  const stop = async () => {
    await activity?.stop();
    webhookSender.stop();
    await served.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

await main();
