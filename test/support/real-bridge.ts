import { connectPerson } from '../../sim/demo/connect.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { pairBank } from './pair.ts';
import { freePort } from './port.ts';
import { startBridge, temporaryDirectory, type BridgeProcess, type Cleaner } from './process.ts';
import { until } from './until.ts';

export const accounts = [alex.current, joint.account, sam.current] as const;

const adminToken = 'the-admin-token-of-these-campaigns';

/** Two people's bank that answers and rings over the network. */
export async function openBank(t: Cleaner) {
  const bank = pairBank(() => systemClock.now());
  const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
  const served = await serveBank({ bank, faults });
  const webhookSender = startWebhookSender({ bank, faults, clock: systemClock, fetch });
  t.after(async () => {
    webhookSender.stop();
    await served.close();
  });
  const transactions: string[] = [];
  bank.listen(({ what, transaction }) => {
    if (what === 'created') transactions.push(transaction.id);
  });
  return { bank, faults, served, transactions };
}

export type OpenBank = Awaited<ReturnType<typeof openBank>>;

/** The real process on fixed ports and one data directory, to be killed and started again. */
export interface RealBridge {
  readonly uiUrl: string;
  readonly adminToken: string;
  start(): BridgeProcess;
  /** `kill -9`, or in peace; resolves when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  readonly isServing: () => Promise<boolean>;
  readonly api: (path: string, init?: RequestInit) => Promise<Response>;
  /** Connects both people, and waits until the bank rings for every account. */
  connect(): Promise<void>;
}

export async function installBridge(
  t: Cleaner,
  { bank, served, transactions }: OpenBank,
  settings: (publicUrl: string) => Readonly<Record<string, string>>,
): Promise<RealBridge> {
  const [uiPort, publicPort] = [await freePort(), await freePort()];
  const directory = temporaryDirectory(t);
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const api: RealBridge['api'] = (path, init) => fetch(uiUrl + path, { ...init, headers });
  let bridge: BridgeProcess | null = null;
  return {
    uiUrl,
    adminToken,
    start: () =>
      (bridge = startBridge(t, directory, {
        MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
        MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
        MONZO_BRIDGE_UI_PORT: String(uiPort),
        MONZO_BRIDGE_PUBLIC_PORT: String(publicPort),
        MONZO_BRIDGE_ADMIN_TOKEN: adminToken,
        ...settings(`http://127.0.0.1:${publicPort}`),
      })),
    end: async (signal) => {
      bridge?.child.kill(signal);
      await bridge?.ended;
    },
    isServing: () =>
      fetch(`${uiUrl}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    api,
    connect: async () => {
      for (const [name, person] of [
        ['Alex', alex],
        ['Sam', sam],
      ] as const)
        await connectPerson(bank, { uiUrl, adminToken }, { name, ...person });
      await until('the bank rings for every account', () => {
        // Through Home Assistant the sign-in ends a moment after the answer: the tap in the app has to come after that.
        for (const { userId } of [alex, sam]) bank.approve(userId);
        const rung = new Set([...bank.model.webhooks.values()].map(({ accountId }) => accountId));
        return accounts.every((id) => rung.has(id));
      }).catch(async (thrown: unknown) => {
        for (const path of ['/api/health', '/api/logins'])
          process.stdout.write(`${await (await api(path)).text()}\n`);
        throw thrown;
      });
      transactions.splice(0);
    },
  };
}
