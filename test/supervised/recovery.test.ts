import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { connectHomeAssistant } from '../home-assistant/client.ts';
import { eventually } from '../home-assistant/processes.ts';
import { home } from './addresses.ts';
import { startMachine } from './machine.ts';

it('a Home Assistant in recovery mode counts as not running, and its administrator is let in', async () => {
  await using everything = new AsyncDisposableStack();
  const { bridge, homeAssistant, supervisor } = everything.use(await startMachine());
  const log = () => readFileSync(bridge.logFile, 'utf8');
  const file = join(homeAssistant.configDirectory, 'configuration.yaml');
  const good = readFileSync(file, 'utf8');
  appendFileSync(file, '\nautomation: [\n');
  await homeAssistant.restart('stop');
  await bridge.start();
  await eventually('it is said', () => /Home Assistant is in recovery mode/.test(log()));
  {
    await using client = await connectHomeAssistant(homeAssistant);
    const ask = { type: 'supervisor/api', endpoint: '/ingress/session', method: 'post' };
    const { session } = await client.command(ask, z.object({ session: z.string() }));
    const address = `${home}/api/hassio_ingress/${supervisor.world.app.ingressToken}/api/session`;
    const answer = await fetch(address, { headers: { cookie: `ingress_session=${session}` } });
    assert.deepEqual(await answer.json(), { signed_in: true, how: 'ingress' });
  }
  assert.doesNotMatch(log(), /Connected to Home Assistant/);
  writeFileSync(file, good);
  await homeAssistant.restart('stop');
  await eventually('it is back', () => /Connected to Home Assistant/.test(log()));
  assert.equal(await bridge.stop(), 0);
});
