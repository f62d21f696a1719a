import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectPerson } from '../sim/demo/connect.ts';
import { seededRandom } from '../sim/fake-clock.ts';
import { createFaults, type Faults } from '../sim/faults.ts';
import { alex, household, joint } from '../sim/household.ts';
import { serveBank, type ServedBank } from '../sim/server.ts';
import { startWebhookSender } from '../sim/webhooks.ts';
import { systemClock } from '../src/clock.ts';
import { until } from '../test/support/until.ts';
import { adminToken, type Bridge } from './bridge.ts';
import { callsOver } from './http.ts';

/** The account whose purchases are measured. */
export const account = alex.current;

const year = 365 * 86_400_000;

/** Eight years of the household, up to three months ago, in so many transactions. */
export const yearsOf = (rows: number) => ({
  rows,
  accounts: [alex.current, joint.account],
  pots: Object.values(alex.pots),
  until: systemClock.now() - year / 4,
  reach: 8 * year,
});

type Household = ReturnType<typeof household>;

/** Alex's bank in this process, which answers over HTTP and rings. */
export interface OpenBank {
  readonly bank: Household;
  readonly faults: Faults;
  readonly served: ServedBank;
  /** How many calls it has answered. */
  readonly calls: () => number;
}

/** Few connections, kept open: the bridge is to have a core of its own. */
const callHook = callsOver(new Agent({ keepAlive: true, maxSockets: 64 }));

/** Opens it with a past, and so many rows of the account in the last two hours. */
export async function openBank(
  everything: AsyncDisposableStack,
  { recentRows = 10, watch = (faults) => faults, onHook = () => {} }: BankOptions,
): Promise<OpenBank> {
  const bank = household({ now: () => systemClock.now(), random: seededRandom(2) });
  bank.addHistory(account, { days: 60, perDay: 4 });
  addRecentRows(bank, recentRows);
  const faults = createFaults({ wait: (pause) => systemClock.wait(pause) });
  const served = await serveBank({ bank, faults: watch(faults) });
  everything.defer(() => served.close());
  const hook: typeof fetch = (input, init) => callHook(input, init).finally(onHook);
  const sender = startWebhookSender({ bank, faults, clock: systemClock, fetch: hook });
  everything.defer(() => sender.stop());
  return { bank, faults, served, calls: () => bank.calls.length };
}

export interface BankOptions {
  readonly recentRows?: number;
  /** Wraps what every call passes through. */
  readonly watch?: (faults: Faults) => Faults;
  /** The bridge has answered a webhook's call. */
  readonly onHook?: () => void;
}

const recent = 2 * 3_600_000;

function addRecentRows(bank: Household, rows: number): void {
  const now = systemClock.now();
  const { balance } = bank.account(account);
  for (let row = 0; row < rows; row += 1) {
    const createdMs = now - recent + Math.floor((recent * (row + 0.5)) / rows);
    bank.purchase(account, { amount: 120, merchant: 'Corner Shop', createdMs, settledMs: now, quiet: true });
  }
  bank.account(account).balance = balance;
  bank.model.pastBalances.delete(account);
}

/** A purchase of 1.20, whose webhook is called at once. Returns the id of its event. */
export const buy = ({ bank }: OpenBank): string =>
  `${bank.purchase(account, { amount: 120, merchant: 'Corner Shop' })}:created`;

/** Connects Alex, and waits until the bank rings for the account and everything has been read. */
export async function connectAlex(open: OpenBank, { uiUrl }: Pick<Bridge, 'uiUrl'>): Promise<void> {
  await connectPerson(open.bank, { uiUrl, adminToken }, { name: 'Alex', ...alex });
  await until('the bank rings', () => {
    // Through Home Assistant the sign-in ends a moment after the answer: the tap in the app has to come after that.
    open.bank.approve(alex.userId);
    return [...open.bank.model.webhooks.values()].some(({ accountId }) => accountId === account);
  });
  await quietBank(open);
}

/** Waits until the bank has not been called for a while. */
export async function quietBank({ calls }: OpenBank, silence = 3_000): Promise<void> {
  for (let before = -1; before !== calls(); await sleep(silence)) before = calls();
}

interface Activity {
  readonly logins: readonly { readonly budget: { readonly available: number; readonly capacity: number } }[];
}

/** Waits until all calls that can be saved up are there, and the bridge is at rest. */
export async function fullBudget({ api }: Bridge): Promise<void> {
  await until(
    'the budget is full',
    async () => {
      const { logins } = (await (await api('/api/activity')).json()) as Activity;
      return logins.every(({ budget }) => budget.available >= budget.capacity - 1);
    },
    { between: () => sleep(1_000) },
  );
  await sleep(1_000);
}
