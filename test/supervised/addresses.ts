import { networkInterfaces } from 'node:os';

/** The addresses that the Supervisor gives out on the network of its apps, and two apps that it has started. */
export const addresses = {
  core: '172.30.32.1',
  supervisor: '172.30.32.2',
  app: '172.30.33.2',
  broker: '172.30.33.5',
} as const;

/** The machine's address in the network of the household, where browsers find it. */
export const homeAddress = '192.168.1.20';

/** Home Assistant's own ports and names, as on a machine that somebody has just installed. */
export const corePort = 8123;
export const coreName = 'homeassistant.local';
export const home = `http://${coreName}:${corePort}`;

/** What the containers of such a machine find in /etc/hosts, with the name by which browsers reach Home Assistant. */
export function hostsFile(): string {
  const lines: readonly (readonly [address: string, ...names: string[]])[] = [
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost'],
    [homeAddress, coreName],
    [addresses.core, 'homeassistant'],
    [addresses.supervisor, 'supervisor', 'hassio'],
    [addresses.broker, 'core-mosquitto'],
  ];
  return lines.map((words) => `${words.join(' ')}\n`).join('');
}

/** Throws where this process is not in the network of the apps. */
export function assertInside(): void {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  if (own.some(({ address }) => address === addresses.supervisor)) return;
  throw new Error('These tests need a network of their own: run npm run test:app.');
}
