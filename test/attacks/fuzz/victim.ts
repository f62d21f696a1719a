import assert from 'node:assert/strict';
import { alex, sam } from '../../../sim/household.ts';
import { startMosquitto } from '../../home-assistant/mosquitto.ts';
import {
  accounts,
  installBridge,
  openBank,
  type OpenBank,
  type RealBridge,
} from '../../support/real-bridge.ts';
import type { Cleaner } from '../../support/process.ts';
import { until } from '../../support/until.ts';

/** The names of the two pots under attack. */
export const pots = { holiday: 'pot_0000Holiday', bike: 'pot_0000Bike' } as const;

export interface Victim {
  readonly bridge: RealBridge;
  readonly opened: OpenBank;
  readonly brokerUrl: string;
  /** Ends a pause, as the page does. */
  resume(): Promise<void>;
  /**
   * That it is as it was: serves, both people are connected, the bank's money adds up and each of its moves was made
   * once, for a transfer that says so.
   */
  assertUnharmed(): Promise<void>;
}

/** A bridge that leaks runs into this limit and ends, whatever the machine. In megabytes. */
const mostHeap = 192;

/** The real process with a real broker and two people's bank, every door open. */
export async function startVictim(t: Cleaner): Promise<Victim> {
  const opened = await openBank(t);
  const { bank } = opened;
  bank.openPot(alex.current, { id: pots.holiday, name: 'Holiday', balance: 50_000 });
  bank.openPot(sam.current, { id: pots.bike, name: 'Bike', balance: 7_500 });
  const broker = await startMosquitto();
  t.after(() => broker.dispose());
  const bridge = await installBridge(t, opened, (publicUrl) => ({
    MONZO_BRIDGE_MQTT_URL: broker.url,
    MONZO_BRIDGE_MQTT_COMMANDS: 'money',
    MONZO_BRIDGE_PUBLIC_URL: publicUrl,
    NODE_OPTIONS: `--max-old-space-size=${mostHeap}`,
  }));
  const started = bridge.start();
  await until('it serves', bridge.isServing);
  await bridge.connect();
  for (const [index, accountId] of accounts.entries())
    bank.purchase(accountId, { amount: 100 + index, merchant: 'Blue Door Coffee' });
  const before = moneyAt(opened);
  const list = async <Item>(path: string) => {
    const { items } = (await (await bridge.api(path)).json()) as { readonly items: readonly Item[] };
    return items;
  };
  return {
    bridge,
    opened,
    brokerUrl: broker.url,
    async resume() {
      const headers = { authorization: `Bearer ${bridge.adminToken}` };
      const answer = await fetch(`${bridge.uiUrl}/api/commands/resume`, { method: 'POST', headers });
      assert.equal(answer.status, 200);
    },
    async assertUnharmed() {
      assert.equal(started.child.exitCode, null, started.errors());
      assert.equal(moneyAt(opened), before, 'the money at the bank no longer adds up');
      const logins = await list<{ readonly state: string }>('/api/logins');
      assert.ok(logins.filter(({ state }) => state === 'active').length >= 2, JSON.stringify(logins));
      await assertBooks(opened, () => transfersOf(bridge));
      const errors = started
        .output()
        .split('\n')
        .filter((line) => line.includes('"level":50'));
      assert.deepEqual(errors, [], 'an error in the log');
    },
  };
}

/** The sum of all accounts and pots at the bank, in minor units. */
function moneyAt({ bank }: OpenBank): number {
  const all = [...bank.model.accounts.values(), ...bank.model.pots.values()];
  return all.reduce((sum, { balance }) => sum + balance, 0);
}

interface TransferItem {
  readonly state: string;
  readonly transaction_id: string | null;
}

async function transfersOf({ api }: RealBridge): Promise<readonly TransferItem[]> {
  const all: TransferItem[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await api(`/api/transfers?limit=500${query}`);
    const page = (await answer.json()) as {
      readonly items: readonly TransferItem[];
      readonly next: string | null;
    };
    all.push(...page.items);
    cursor = page.next;
  }
  return all;
}

/** Every move at the bank was made once, and the bridge says that it moved; and nothing that it says moved is missing. */
async function assertBooks(
  { bank }: OpenBank,
  transfers: () => Promise<readonly TransferItem[]>,
): Promise<void> {
  const made = [...bank.model.transactions.values()].flatMap(({ id, metadata }) => {
    const externalId = metadata['external_id'];
    return externalId?.includes('mb-') ? [{ id, dedupeId: externalId.split(':').at(-1) }] : [];
  });
  assert.equal(new Set(made.map(({ dedupeId }) => dedupeId)).size, made.length, 'money moved twice');
  const deadline = 60;
  for (let look = 0; look < deadline; look += 1) {
    const open = (await transfers()).filter(({ state }) => state === 'open');
    if (open.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const moved = (await transfers()).filter(({ state }) => state === 'moved');
  assert.equal(moved.length, made.length, 'the bank and the bridge count different moves');
}

/** Counts the answers by kind of request and class of answer, and prints them. */
export function createTally() {
  const counts = new Map<string, Map<string, number>>();
  return {
    count(kind: string, answer: string) {
      const row = counts.get(kind) ?? new Map<string, number>();
      row.set(answer, (row.get(answer) ?? 0) + 1);
      counts.set(kind, row);
    },
    print() {
      for (const [kind, row] of [...counts].toSorted(([a], [b]) => a.localeCompare(b))) {
        const sum = [...row.values()].reduce((all, count) => all + count, 0);
        const classes = [...row].toSorted(([a], [b]) => a.localeCompare(b));
        console.log(
          `${kind}: ${sum} (${classes.map(([answer, count]) => `${answer}: ${count}`).join(', ')})`,
        );
      }
    },
  };
}
