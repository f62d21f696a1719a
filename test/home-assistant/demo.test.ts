import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { z } from 'zod';
import { freePort } from '../support/port.ts';
import { connectHomeAssistant } from './client.ts';
import { installHomeAssistant } from './install.ts';
import { startHomeAssistant } from './instance.ts';
import { findMosquitto } from './mosquitto.ts';
import { addMqtt } from './onboarding.ts';
import { acceptsConnections, eventually } from './processes.ts';

const issuesSchema = z.object({
  issues: z.array(z.object({ domain: z.string(), translation_key: z.string() })),
});

test('with the built-in broker, Home Assistant connects and complains as the demo says', async () => {
  await using demo = await startDemo('--built-in-broker');
  assert.match(demo.screen, /Below the port choose MQTT protocol 3\.1\.1/);
  await using homeAssistant = await startHomeAssistant(await installHomeAssistant());
  const [, host = '', port = ''] = /broker (\S+), port (\d+)\./.exec(demo.screen) ?? [];
  assert.equal(host, '127.0.0.1');
  await addMqtt(homeAssistant, Number(port), { protocol: '3.1.1' });
  await using client = await connectHomeAssistant(homeAssistant);
  await eventually('an account', async () =>
    Boolean(await client.state('sensor.monzo_alex_current_account_balance')),
  );
  const { issues } = await client.command({ type: 'repairs/list_issues' }, issuesSchema);
  const [, repair = ''] = /repair "([^"]+)"/.exec(demo.screen.replaceAll(/\s+/g, ' ')) ?? [];
  const text = {
    type: 'frontend/get_translations',
    language: 'en',
    category: 'issues',
    integration: ['mqtt'],
  };
  const { resources } = await client.command(text, z.object({ resources: z.record(z.string(), z.string()) }));
  assert.equal(resources['component.mqtt.issues.protocol_5_migration.title'], repair);
  assert.ok(issues.some(({ translation_key: key }) => key === 'protocol_5_migration'));
});

test('with Mosquitto installed the demo uses it, and takes it along even when it is killed', async () => {
  await findMosquitto();
  await using demo = await startDemo('--broker-host', '0.0.0.0');
  assert.doesNotMatch(demo.screen, /3\.1\.1|cannot reach/);
  assert.doesNotMatch(demo.screen, /broker 0\.0\.0\.0/);
  const client = await connectAsync(`mqtt://127.0.0.1:${demo.brokerPort}`, { protocolVersion: 5 });
  const seen = new Promise((resolve) => client.once('message', resolve));
  await client.subscribeAsync('homeassistant/device/+/config');
  await seen;
  await client.endAsync(true);
  demo.process.kill('SIGKILL');
  await eventually('the broker to end', async () => !(await acceptsConnections(demo.brokerPort)));
});

interface Demo extends AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly brokerPort: number;
  /** What it printed first. */
  readonly screen: string;
}

async function startDemo(...options: readonly string[]): Promise<Demo> {
  const main = join(import.meta.dirname, '../../sim/demo/main.ts');
  const [broker, ui, open] = [await freePort(), await freePort(), await freePort()];
  const ports = [`--broker-port=${broker}`, `--ui-port=${ui}`, `--public-port=${open}`];
  const demo = spawn(process.execPath, [main, ...ports, ...options]);
  const ended = once(demo, 'exit');
  let screen = '';
  demo.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  demo.stderr.pipe(process.stderr);
  await eventually('the first screen', () => screen.includes('Events as they happen'));
  return {
    process: demo,
    brokerPort: broker,
    screen,
    [Symbol.asyncDispose]: async () => {
      demo.kill('SIGTERM');
      await ended;
    },
  };
}
