import { connectAsync } from 'mqtt';
import { z } from 'zod';
import { addressFor, isLoopback, type DemoBroker } from './demo-broker.ts';

export interface DemoAddresses {
  readonly uiUrl: string;
  /** Signs one browser in to the page. */
  readonly signInLink: string;
  readonly phoneUrl: string;
  readonly brokerHost: string;
  readonly brokerPort: number;
  readonly broker: DemoBroker['kind'];
  readonly tokenFile: string;
}

export interface DemoView {
  readonly logins: readonly { readonly name: string; readonly state: string }[];
  readonly accounts: readonly { readonly name: string }[];
  readonly pots: readonly { readonly name: string }[];
}

/** The first screen: what runs where, what is connected, and how to connect Home Assistant. */
export function firstScreen(addresses: DemoAddresses, view: DemoView): string {
  const { uiUrl, signInLink, phoneUrl, brokerPort, tokenFile } = addresses;
  const brokerHost = addressFor({ host: addresses.brokerHost });
  const broker = `${brokerHost.includes(':') ? `[${brokerHost}]` : brokerHost}:${brokerPort}`;
  const people = view.logins.map(({ name, state }) => `${name} (${state})`).join(', ');
  return `
  monzo-bridge demo: a simulated bank with an active household. No real account, no real money.

  Connected   ${people}
  Accounts    ${view.accounts.map(({ name }) => name).join(', ')}
  Pots        ${view.pots.map(({ name }) => name).join(', ')}

  The page    ${signInLink}     (good for one use, within ten minutes)
  HTTP API    ${uiUrl}/api/accounts     (bearer token in ${tokenFile})
  The phone   ${phoneUrl}     (approve, as in the Monzo app)
  MQTT        mqtt://${broker}     (topics monzo/# and homeassistant/device/#)

${homeAssistant(addresses)}
  Events as they happen (Ctrl-C stops everything and leaves nothing behind):
`;
}

/** As the forms of Home Assistant 2026.11 are. */
function homeAssistant({ broker, brokerHost, brokerPort }: DemoAddresses): string {
  const address = addressFor({ host: brokerHost });
  const lines = [
    `Home Assistant: Settings, Devices & services, Add integration, MQTT; broker ${address}, port ${brokerPort}.`,
  ];
  if (broker === 'built_in')
    lines.push(
      'Below the port choose MQTT protocol 3.1.1, the only one that the built-in broker speaks. Home Assistant then shows the',
      'repair "MQTT protocol migration failed", which is true and does no harm here. With Mosquitto installed, the demo uses it,',
      'and the protocol can stay 5.',
    );
  if (isLoopback(brokerHost))
    lines.push(
      'A Home Assistant in a container or on another machine cannot reach this broker until you start the demo with',
      '"npm run demo -- --broker-host 0.0.0.0". Then everyone in your network can.',
    );
  return lines.map((line) => `  ${line}\n`).join('');
}

const eventMessage = z.object({
  event_type: z.string(),
  amount: z.number().optional(),
  currency: z.string().optional(),
  merchant: z.string().nullish(),
  description: z.string().nullish(),
  balance: z.number().nullish(),
});

/** Prints a line for every event that the bridge publishes. Returns what ends the subscription. */
export async function printEvents(url: string, print: (line: string) => void): Promise<() => Promise<void>> {
  const client = await connectAsync(url, { protocolVersion: 4 });
  client.on('message', (_topic, payload) => print(eventLine(payload.toString())));
  await client.subscribeAsync('monzo/+/event', { qos: 1 });
  return () => client.endAsync(true);
}

function eventLine(payload: string): string {
  const event = eventMessage.safeParse(JSON.parse(payload));
  if (!event.success) return `  ${payload}`;
  const { event_type, amount = 0, currency = '', merchant, description, balance } = event.data;
  const money = `${amount.toFixed(2)} ${currency}`.padStart(13);
  const after = typeof balance === 'number' ? `balance ${balance.toFixed(2)}` : '';
  return `  ${event_type.padEnd(17)}${money}  ${(merchant ?? description ?? '').slice(0, 32).padEnd(32)}  ${after}`;
}
