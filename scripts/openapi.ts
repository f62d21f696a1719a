import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { createCommands, type CommandTools } from '../src/commands/table.ts';
import { createPrivateApp } from '../src/http/private.ts';
import type { Services } from '../src/http/services.ts';
import { silentLog } from '../src/log.ts';
import { versionOfPackage } from '../src/environment.ts';

/** The OpenAPI document of the private API as it is committed. No route is called, so there is nothing behind them. */
export async function openApiPage(): Promise<string> {
  const services = {
    about: { version: versionOfPackage(), fingerprintOf: () => '' },
    bank: {},
    homeAssistant: {},
    money: {},
    commands: createCommands({} as CommandTools),
    store: { sessions: { of: () => [] } },
  } as unknown as Services;
  const config = {
    UI_HOST: '127.0.0.1',
    UI_HOSTS: [],
    PUBLIC_URL: null,
    PUBLIC_PORT: 8098,
    TIME_ZONE: 'Europe/London',
  };
  const app = await createPrivateApp({
    services,
    adminToken: '',
    config,
    clock: systemClock,
    log: silentLog,
    webDirectory: '/nowhere',
  });
  await app.ready();
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  return text;
}

if (import.meta.main)
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'openapi.json'), await openApiPage());
