import { join } from 'node:path';
import type { Call } from '../../sim/call.ts';
import { alex } from '../../sim/household.ts';
import type { Transaction } from '../../sim/model.ts';
import type { Clock } from '../../src/clock.ts';
import { createRailsStore } from '../../src/commands/rails-store.ts';
import type { RailsDocument } from '../../src/contract/money-data.ts';
import type { Transfer } from '../../src/domain/transfer.ts';
import { createAudit, type AuditRow } from '../../src/store/audit.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { createSettings } from '../../src/store/bridge-records.ts';
import { createLearntFacts } from '../../src/store/login-rows.ts';
import { createTransfers } from '../../src/store/transfer-rows.ts';
import { answered, post } from './people.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** A pot of Alex's current account. */
export const holiday = alex.pots.holiday;

/** What a door answered: the HTTP status and the members of the body. */
export interface Told {
  readonly http: number;
  readonly [member: string]: unknown;
}

/** A world in which Alex is connected and the first readings are over. */
export async function worldWithAlex(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  await world.connect('alex');
  await world.clock.advance(1_000);
  return world;
}

/** Asks for a deposit of 5.00 into the holiday pot, unless told otherwise. */
export function move(world: World, body: Readonly<Record<string, unknown>> = {}): Promise<Told> {
  return ask(world, 'pot_transfer', { pot: holiday, transfer_type: 'deposit', amount: '5.00', ...body });
}

/** Runs a command over HTTP; the clock goes on until the answer is there. */
export async function ask(world: World, name: string, body: unknown = {}): Promise<Told> {
  const response = await answered(world, world.api(`/api/commands/${name}`, post(body)));
  return { ...((await response.json()) as object), http: response.status };
}

/** Every move of a bridge that the bank has made. */
export function movesAt({ bank }: Pick<World, 'bank'>): readonly Transaction[] {
  return [...bank.model.transactions.values()].filter(
    ({ metadata, state }) => metadata['external_id']?.includes('mb-') && state !== 'declined',
  );
}

export const isMove = ({ method, path }: Pick<Call, 'method' | 'path'>): boolean =>
  method === 'PUT' && path.startsWith('/pots/');
export const isList = ({ path }: Pick<Call, 'path'>): boolean => path === '/transactions';
export const isBalance = ({ path }: Pick<Call, 'path'>): boolean => path === '/balance';

/** The moves that were sent to the bank, whatever came of them. */
export const sends = ({ bank }: Pick<World, 'bank'>) => bank.calls.filter(isMove);

/** Matches only once a first move was sent: what is read before that must succeed. */
export function onceSent({ bank }: Pick<World, 'bank'>, match: (call: Call) => boolean) {
  return (call: Call): boolean =>
    match(call) && bank.calls.some(({ method, path }) => method === 'PUT' && path.startsWith('/pots/'));
}

/** A move in a list of the bank's. */
interface Row {
  readonly decline_reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

type Rows = readonly Row[];

/** Changes what a list shows of the moves of a bridge: for a fault of the kind `wrong_shape`. */
export const rewritten = (change: (ours: Row) => Rows) => (body: unknown) => {
  const { transactions = [] } = body as { readonly transactions?: Rows };
  const isOurs = ({ metadata }: Row) => metadata?.['external_id']?.includes('mb-') === true;
  return { transactions: transactions.flatMap((row) => (isOurs(row) ? change(row) : [row])) };
};

/** From now on no move is answered, and once one was sent no list shows it. */
export function loseMoves({ bank, faults }: Pick<World, 'bank' | 'faults'>): void {
  const before = bank.calls.length;
  const isSent = () => bank.calls.slice(before).some(({ method }) => method === 'PUT');
  faults.add({ kind: 'timeout_after', match: isMove });
  faults.add({ kind: 'status', status: 500, match: (call) => isList(call) && isSent() });
}

/** The outcomes that were told through the event log, as `type:money_moved`. */
export async function outcomesTold(world: World): Promise<readonly string[]> {
  const items = await outcomeItems(world);
  return items.map((item) => `${String(item['type'])}:${String(item['money_moved'])}`);
}

/** Whether money moved, as the event log told it, by transfer. */
export async function outcomesOf(world: World): Promise<ReadonlyMap<string, readonly string[]>> {
  const byTransfer = Map.groupBy(await outcomeItems(world), (item) => String(item['transfer_id']));
  return new Map(
    [...byTransfer].map(([id, items]) => [id, items.map((item) => String(item['money_moved']))]),
  );
}

async function outcomeItems(world: World): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const items: Readonly<Record<string, unknown>>[] = [];
  for (let after: string | null = '0'; after !== null;) {
    const answer = await world.api(`/api/events?limit=500&after=${after}`);
    const page = (await answer.json()) as { readonly items: typeof items; readonly next: string | null };
    items.push(...page.items.filter((item) => 'transfer_id' in item));
    after = page.next;
  }
  return items;
}

/** The row of a transfer as it is on the disk. */
export function transferOf(world: World, told: Told): Transfer | undefined {
  return onDisk(world, (database) => createTransfers(database).byId(String(told['transfer_id'])));
}

/** Every row of a transfer on the disk, the oldest first. */
export function transfersOf(world: OnDisk): readonly Transfer[] {
  return onDisk(world, (database) => createTransfers(database).page({ limit: 10_000 }).items).toReversed();
}

/** Changes the row of a transfer on the disk. */
export function changeTransfer(world: OnDisk, told: Told, change: Partial<Transfer>): void {
  onDisk(world, (database) => {
    const transfers = createTransfers(database);
    const transfer = transfers.byId(String(told['transfer_id']));
    if (transfer) transfers.save({ ...transfer, ...change });
  });
}

export function hasUndecided(world: OnDisk): boolean {
  return onDisk(world, (database) => createTransfers(database).undecided().length > 0);
}

/** Whether the bridge is still finding out; what it has left to a person does not count. */
export function hasOpen(world: OnDisk): boolean {
  return onDisk(world, (database) =>
    createTransfers(database)
      .undecided()
      .some(({ state }) => state === 'open'),
  );
}

/** The state of the first transfer. */
export const stateOf = (world: OnDisk): Transfer['state'] | undefined => transfersOf(world)[0]?.state;

/** The audit as it is on the disk, newest first. */
export function auditOf(world: World): readonly AuditRow[] {
  return onDisk(world, (database) => createAudit(database).page({ limit: 500 }).items);
}

/** The bridge has seen, through every login, that the bank's lists show accepted moves by their id. */
export function learnIds(world: World): void {
  const { logins } = world.app().view();
  onDisk(world, (database) => {
    const learnt = createLearntFacts(database);
    for (const { id } of logins) learnt.save(id, { showsMoves: world.clock.now() });
  });
}

/** Sets some of the rails, as the page does. */
export function setRails(world: OnDisk & { readonly clock: Clock }, rails: Partial<RailsDocument>): void {
  onDisk(world, (database) => {
    const { clock } = world;
    const [settings, audit] = [createSettings(database), createAudit(database)];
    const store = { settings, audit, transaction: <T>(fn: () => T) => database.transaction(fn) };
    createRailsStore(store, clock).set(rails, { door: 'page', user: null });
  });
}

type OnDisk = Pick<World, 'directory'>;

function onDisk<T>({ directory }: OnDisk, look: (database: Database) => T): T {
  const database = openDatabase(join(directory, 'monzo-bridge.sqlite'));
  try {
    return look(database);
  } finally {
    database.close();
  }
}
