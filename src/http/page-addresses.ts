import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces, release, type NetworkInterfaceInfo } from 'node:os';
import type { Finding } from '../domain/check.ts';
import type { HttpConfig } from './api.ts';
import { webAddress } from './server.ts';

/** Where browsers on this machine and on other devices in the home open the page. */

/** What of this machine decides that. */
export interface Machine {
  readonly hostName: string;
  /** Its network interfaces with their addresses, as they are now. */
  readonly interfaces: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** Whether this is the inside of a container: its name and addresses then mean nothing to other devices. */
  readonly isContainer: boolean;
  /** Whether it is the Linux inside Windows (WSL), which may be behind Windows as if that were a router. */
  readonly isInWindows: boolean;
}

/** Docker and Podman leave one of these files; other engines start our image, which says in its variables what it is. */
const marksOfContainers = ['/.dockerenv', '/run/.containerenv'];

/** They hold a whole system, with a name and addresses that the home network knows. */
const wholeSystems = /^(lxc|lxc-libvirt|systemd-nspawn|wsl|)$/;

export function systemMachine(
  environment: Readonly<Record<string, string | undefined>>,
  { exists = existsSync, kernel = release() } = {},
): Machine {
  const isContainer =
    !wholeSystems.test(environment['container'] ?? '') || marksOfContainers.some((path) => exists(path));
  const isInWindows = /microsoft/i.test(kernel);
  return { hostName: hostname(), interfaces: networkInterfaces, isContainer, isInWindows };
}

export interface PageAddresses {
  /** The best first, without a slash at the end. One holds `<this machine>` where nothing is known about the machine. */
  readonly shown: readonly string[];
  /** The best one for another device; null where none is known. */
  readonly forOthers: string | null;
  /** The best one that is complete. */
  readonly complete: string;
  /** What a person should know or do about them; null where there is nothing to say. */
  readonly advice: string | null;
}

export interface PagePlace {
  readonly config: Pick<HttpConfig, 'UI_HOST' | 'UI_HOSTS' | 'UI_URL'>;
  /** Whether Home Assistant runs it as an app. */
  readonly isApp: boolean;
  readonly machine: Machine;
  /** The port that the private listener is bound to. */
  readonly port: number;
}

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]']);

/** Whether the private listener takes connections on every address of the machine. */
export function isOnAllAddresses(host: string): boolean {
  return everywhere.has(host);
}

/** The addresses of the page, from what was set and from what the machine says about itself. */
export function pageAddresses({ config, isApp, machine, port }: PagePlace): PageAddresses {
  const { UI_URL: set, UI_HOST: host, UI_HOSTS: names } = config;
  const local = webAddress(host, port);
  const at = (name: string) => webAddress(name, port);
  if (isApp) return { shown: [], forOthers: null, complete: local, advice: advice.app };
  if (set !== null) return reachable([set], null);
  if (isLoopback(host)) return { ...onlyAt(local), advice: advice.loopback };
  if (machine.isContainer) {
    const [name] = names;
    if (name !== undefined) return reachable([at(name)], advice.containerName);
    const shown = [`http://<this machine>:${port}`];
    return { shown, forOthers: null, complete: local, advice: advice.container };
  }
  if (!isOnAllAddresses(host)) return reachable([local], null);
  const addresses = addressesOf(machine);
  const usable = addresses.filter((address) => host !== '0.0.0.0' || isIP(address) === 4);
  if (usable.length > 0) return reachable(namesWith(usable, machine).map(at), null);
  const why = addresses.length > 0 ? 'onlyIpv6' : machine.isInWindows ? 'windows' : 'noNetwork';
  return { ...onlyAt(local), advice: advice[why] };
}

/** Where other devices open the page, for a person who looks. */
export function pageFinding({ shown, forOthers, complete, advice: given }: PageAddresses): Finding {
  const where =
    forOthers === null
      ? shown.length === 0
        ? []
        : [`On this machine the page is at ${complete}.`]
      : [`Other devices in your network open the page at ${shown.join(' or ')}.`];
  return { state: 'ok', sentence: [...where, ...(given === null ? [] : [given])].join(' ') };
}

/** For a page that is at one address and nowhere else. */
export function onlyAt(address: string): PageAddresses {
  return { shown: [address], forOthers: null, complete: address, advice: null };
}

function reachable(shown: readonly string[], given: string | null): PageAddresses {
  const [first = ''] = shown;
  return { shown, forOthers: first, complete: first, advice: given };
}

/** Those that other devices may reach. */
function addressesOf({ interfaces, isInWindows }: Machine): readonly string[] {
  return Object.entries(interfaces())
    .filter(([name]) => !inner.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !linkLocal.test(address))
    .filter(({ address, netmask }) => !(isInWindows && behindWindows.test(`${address}/${netmask}`)))
    .map(({ address }) => address);
}

/** IPv4 addresses first, because they always work within a home, then the name that the machine announces. */
function namesWith(addresses: readonly string[], { hostName }: Machine): readonly string[] {
  const ofVersion = (version: number) => addresses.filter((address) => isIP(address) === version);
  const [label = ''] = hostName.toLowerCase().split('.');
  const announced = /^(?!localhost$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label) ? [`${label}.local`] : [];
  return [...new Set([...ofVersion(4), ...announced, ...ofVersion(6)])];
}

/** The network that Windows makes for WSL, unless both share Windows’ own addresses. */
const behindWindows = /^172\.(1[6-9]|2\d|3[01])\.[\d.]+\/255\.255\.240\.0$/;

/** Interfaces of container engines and virtual machines, whose addresses exist on this machine alone. */
const inner =
  /^(docker\d|br-[0-9a-f]{12}$|veth|virbr|vmnet|vboxnet|podman\d|cni|flannel|lxcbr|lxdbr|incusbr|hassio$|vEthernet \((WSL|Default Switch))/;

/** Nobody types the zone that such an address needs, and browsers do not accept it. */
const linkLocal = /^(169\.254\.|fe[89ab])/i;

function isLoopback(host: string): boolean {
  return /^(localhost|127\.[\d.]+|\[?::1\]?)$/i.test(host);
}

const advice = {
  app: 'Open the bridge in the sidebar of Home Assistant.',
  loopback:
    'Only this machine can open the page. To open it on a phone, a tablet or another computer in your home, set MONZO_BRIDGE_UI_HOST=0.0.0.0 and restart the bridge. Everyone on your network can then reach the sign-in page, and because it is plain HTTP, they could read along: do this only in a network you trust, and never forward its port to the internet.',
  container:
    'Replace <this machine> with the name or the IP address of the machine that runs the container, and the port if you published another one. Set MONZO_BRIDGE_UI_URL to that address, and it will be printed here and opened by “Visit” in Home Assistant.',
  containerName:
    'This is the first name in MONZO_BRIDGE_UI_HOSTS with the port inside the container. If the page is at another address, set MONZO_BRIDGE_UI_URL to it.',
  onlyIpv6:
    'This machine has IPv6 addresses alone, and the bridge listens on IPv4. Set MONZO_BRIDGE_UI_HOST=:: and restart the bridge, and other devices can open the page.',
  windows:
    'Only this computer can open the page, because Windows keeps the network of WSL to itself. To open it on other devices, set networkingMode=mirrored below [wsl2] in the file .wslconfig in your Windows user folder, let Windows’ firewall pass the port, and restart WSL with: wsl --shutdown',
  noNetwork: 'This machine has no network address at the moment, so no other device can open the page.',
} as const;
