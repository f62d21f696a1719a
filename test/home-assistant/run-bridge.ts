import { randomBytes } from 'node:crypto';
import { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createLog, createSecrets } from '../../src/log.ts';
import type { Bank } from '../../sim/bank.ts';
import type { Faults } from '../../sim/faults.ts';
import { bankFetch } from '../../sim/server.ts';

export interface BridgeOptions {
  readonly directory: string;
  readonly bank: Bank;
  readonly faults: Faults;
  readonly settings: Readonly<Record<string, string>>;
}

/** The real composition in front of a simulated bank, on the real clock. */
export function startBridge({ directory, bank, faults, settings }: BridgeOptions): Promise<App> {
  const config = readConfig({
    environment: {
      MONZO_BRIDGE_DATA_DIR: directory,
      MONZO_BRIDGE_MONZO_API_URL: 'http://api.bank.invalid',
      MONZO_BRIDGE_MONZO_AUTH_URL: 'http://auth.bank.invalid',
      MONZO_BRIDGE_UI_PORT: '0',
      MONZO_BRIDGE_PUBLIC_PORT: '0',
      ...settings,
    },
    readFile: () => '',
  });
  const secrets = createSecrets();
  const log = createLog({
    level: 'error',
    format: 'json',
    secrets,
    write: (line) => void process.stderr.write(line),
  });
  return App.start({
    config,
    clock: systemClock,
    log,
    secrets,
    random: Math.random,
    randomBytes,
    version: '0.0.0',
    fetch: bankFetch(bank, faults),
  });
}
