import { connectAlex, openBank, type BankOptions, type OpenBank } from './bank.ts';
import { installBridge, type Bridge, type StartBridge } from './bridge.ts';
import type { Program } from './program.ts';

/** A bridge in its own process, connected to the bank, the broker and the subscriber of this one. */
export interface Scene extends OpenBank {
  readonly bridge: Bridge;
  /** Starts it again on the same data, once it has stopped. */
  readonly start: StartBridge;
}

export interface SceneOptions extends BankOptions {
  readonly mqttUrl: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Fills the data directory before the first start. */
  readonly fill?: (directory: string) => Promise<void>;
}

/** Opens it, with Alex connected and everything read. */
export async function openScene(
  everything: AsyncDisposableStack,
  program: Program,
  { mqttUrl, settings = {}, fill = () => Promise.resolve(), ...options }: SceneOptions,
): Promise<Scene> {
  const bank = await openBank(everything, options);
  const { start, directory } = await installBridge(everything, program, (publicUrl) => ({
    MONZO_BRIDGE_MQTT_URL: mqttUrl,
    MONZO_BRIDGE_PUBLIC_URL: publicUrl,
    MONZO_BRIDGE_MONZO_API_URL: bank.served.apiUrl,
    MONZO_BRIDGE_MONZO_AUTH_URL: bank.served.authUrl,
    ...settings,
  }));
  await fill(directory);
  const bridge = start();
  await bridge.serves();
  await connectAlex(bank, bridge);
  return { ...bank, bridge, start };
}
