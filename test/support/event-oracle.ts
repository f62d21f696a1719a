import assert from 'node:assert/strict';
import type { Bank } from '../../sim/bank.ts';

/** An event as the private API lists it. */
export interface LoggedItem {
  readonly seq: number;
  readonly event_id: string;
  /** When it was recorded. */
  readonly at: string;
  readonly type: string;
  readonly account_id: string;
  readonly transaction_id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly items: readonly LoggedItem[];
  readonly next: string | null;
  readonly sinks: readonly { readonly name: string; readonly cursor: number; readonly undelivered: number }[];
}

/** A call of the private API, already authorised. */
export type Api = (path: string) => Promise<Response>;

const pageAfter = async (api: Api, after: string) =>
  (await (await api(`/api/events?after=${after}&limit=100`)).json()) as Page;

/** The whole event log, oldest first, or what came after a place in it. */
export async function eventLog(api: Api, begin = 0): Promise<readonly LoggedItem[]> {
  const log: LoggedItem[] = [];
  for (let after: string | null = `${begin}`; after !== null;) {
    const page: Page = await pageAfter(api, after);
    log.push(...page.items);
    after = page.next;
  }
  return log;
}

/** Whether every sink has acknowledged every event. */
export async function isAllDelivered(api: Api): Promise<boolean> {
  const { sinks } = await pageAfter(api, '0');
  return sinks.length > 0 && sinks.every(({ undelivered }) => undelivered === 0);
}

/** The events of a transaction, by what happened to it. */
const whatHappened = (log: readonly LoggedItem[], id: string, what: string) =>
  log.filter(({ transaction_id, type }) => transaction_id === id && type === `transaction.${what}`);

/** That each of these transactions is known at all, whatever became of it since. */
export function assertFound(log: readonly LoggedItem[], ids: readonly string[]): void {
  const found = new Set(log.map(({ transaction_id }) => transaction_id));
  assert.deepEqual(
    ids.filter((id) => !found.has(id)),
    [],
    'transactions that no list brought',
  );
}

const fieldsOf = ({ amount, category, notes }: LoggedItem['data']) =>
  JSON.stringify([amount, category, notes]);

const amountOf = ({ amount }: LoggedItem['data']) => String(amount);

/**
 * How often a transaction that ended can settle or be reversed after it was first seen: it may have settled while that
 * answer was under way, and when that was is known to the whole second of the bank's clock.
 */
function timesItCanEnd({ at, data }: LoggedItem): readonly number[] {
  const settled = String(data['settled']);
  if (data['amount'] === 0) return [0];
  if (settled === '') return [1];
  const openFor = Date.parse(settled) - Date.parse(at);
  return Math.abs(openFor) <= 1_000 ? [0, 1] : [openFor > 0 ? 1 : 0];
}

/**
 * That the log says of these transactions what the bank's own books say: each created once; settled or reversed once
 * where it was first seen before that, and not at all otherwise; amended once per content, ending in the last one.
 */
export function assertRecorded(bank: Bank, log: readonly LoggedItem[], ids: Iterable<string>): void {
  const expected = new Set(ids);
  assert.equal(new Set(log.map(({ event_id }) => event_id)).size, log.length, 'an event recorded twice');
  const strangers = log.filter(isOfBank).filter(({ transaction_id }) => !expected.has(transaction_id));
  assert.deepEqual(strangers, [], 'events of transactions that were none');
  for (const id of expected) {
    const row = bank.model.transactions.get(id);
    const [first, ...more] = whatHappened(log, id, 'created');
    // It may have vanished before anybody could see it.
    if (bank.model.vanished.has(id) && !first) continue;
    assert.ok(
      row && first && more.length === 0,
      `${id} is created once, not ${first ? more.length + 1 : 0} times`,
    );
    for (const what of ['settled', 'reversed'] as const) {
      const times: readonly number[] = row.state === what ? timesItCanEnd(first) : [0];
      const told = whatHappened(log, id, what).length;
      // That it vanished is only believed once two lists agree that go back beyond it, for which no life waits.
      const mayBeOpen = bank.model.vanished.has(id) && told === 0;
      assert.ok(
        mayBeOpen || times.includes(told),
        `${id} was ${what} ${told} times, not ${times.join(' or ')}`,
      );
    }
    const contents = [first, ...whatHappened(log, id, 'amended')].map(({ data }) => data);
    assert.equal(
      new Set(contents.map(fieldsOf)).size,
      contents.length,
      `${id} was amended into the same twice`,
    );
    // Which of two owners' own categories and notes are told depends on who reads.
    const comparedOf = bank.model.seenDifferently.has(id) ? amountOf : fieldsOf;
    const last = comparedOf({ amount: row.amount, category: row.category, notes: row.notes });
    if (row.state !== 'reversed')
      assert.ok(contents.map(comparedOf).includes(last), `the last content of ${id} was told`);
  }
}

/** One arrival at the far end of a sink. */
export interface Arrival {
  readonly event_id: string;
  readonly account_id: string;
}

/** Not of the outcome of one of our own moves. */
const isOfBank = ({ event_id }: Pick<LoggedItem, 'event_id'>) => !event_id.startsWith('transfer_');

/** That all of the log arrived and nothing else; repeats may come, but nothing for the first time before its elders. */
export function assertDelivered(
  sink: string,
  log: readonly LoggedItem[],
  arrivals: readonly Arrival[],
): void {
  for (const accountId of new Set([...log, ...arrivals].map(({ account_id }) => account_id))) {
    const ofAccount = (one: Arrival) => one.account_id === accountId && isOfBank(one);
    const first = new Set(arrivals.filter(ofAccount).map(({ event_id }) => event_id));
    const recorded = log.filter(ofAccount).map(({ event_id }) => event_id);
    assert.deepEqual([...first], recorded, `${sink}: what arrived first, in order, of ${accountId}`);
  }
}
