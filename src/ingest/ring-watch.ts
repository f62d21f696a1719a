import { z } from 'zod';
import { createNotifier } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { BankEvent } from '../domain/event.ts';
import type { TransactionKind } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import { doorbell, silence } from '../limits.ts';
import { createRecent } from '../memo.ts';
import type { LearntFacts } from '../store/login-rows.ts';
import type { Settings } from '../store/bridge-records.ts';

export interface RingWatchOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly settings: Settings;
  readonly learnt: LearntFacts;
  /** The webhook that should ring for an account now; null where none should. */
  readonly expected: (accountId: string) => ExpectedRings | null;
}

export interface ExpectedRings {
  /** Through which it is registered. */
  readonly loginId: string;
  /** When it was registered. */
  readonly since: Instant;
}

/** A new transaction that a list showed and no ring announced. */
interface UnrungRow {
  /** When it was found. */
  readonly at: Instant;
  /** The same in monotonic time, where it was in this process: not read back from the disk. */
  readonly foundAt?: Monotonic;
  /** Whether rings for other accounts came meanwhile. */
  readonly othersRang: boolean;
}

type RowKind = Pick<BankEvent, 'accountId' | 'kind'>;

/** Of so many transactions it is remembered how they became known. */
const mostRecent = 2_000;

/** Why an account counts as silent: nothing arrives at all, or Monzo rings for other accounts only. */
export type Silence = 'nothing_arrives' | 'others_ring';

const unrungKey = 'unrung_transactions';
const unrungSchema = z
  .array(z.tuple([z.string(), z.array(z.object({ at: z.number(), othersRang: z.boolean() }))]))
  .catch([]);

/** Monzo was seen to ring for these; for other kinds it counts once it has done so through the same login. */
const surelyRung: ReadonlySet<TransactionKind> = new Set([
  'card_payment',
  'cash_withdrawal',
  'incoming_payment',
]);

/**
 * Notices that registered webhooks do not ring: several new transactions of an account in a row that only lists found.
 * What happened while rings could not arrive proves nothing. Any ring ends it, also after a restart.
 */
export class RingWatch {
  readonly #options: RingWatchOptions;
  readonly #unrung: Map<string, readonly UnrungRow[]>;
  /** Since when the bridge listens without a gap. */
  #listensSince: Monotonic;
  /** Transactions that rings named and that were not known then. */
  readonly #heard = createRecent<true>(mostRecent);
  /** Transactions that lists showed first; `unrungSince` is null once a ring has named it. */
  readonly #found = createRecent<RowKind & { readonly unrungSince: Monotonic | null }>(mostRecent);
  readonly #changes = createNotifier();

  constructor(options: RingWatchOptions) {
    this.#options = options;
    this.#unrung = new Map(unrungSchema.parse(options.settings.get(unrungKey)));
    this.#listensSince = options.clock.monotonic();
  }

  /** A ring arrived; returns whether it is the first one for what a list has shown moments before. Never throws. */
  heard(accountId: string, named: string | null): boolean {
    const known = named === null ? undefined : this.#found.get(named);
    if (known) this.#learn(known);
    if (known && named !== null) this.#found.set(named, { ...known, unrungSince: null });
    else if (named !== null) this.#heard.set(named, true);
    const wasSilent = [...this.#unrung.keys()].some((id) => this.silenceOf(id) !== null);
    this.#change((id, rows) => (id === accountId ? [] : this.#afterOthersRang(id, rows)));
    if (wasSilent) this.#changes.notify();
    const { unrungSince = null } = known ?? {};
    const isFresh =
      unrungSince !== null && this.#options.clock.monotonic() - unrungSince < doorbell.echoWithin;
    return isFresh && known?.accountId === accountId;
  }

  /** Lists have shown new transactions. Never throws. */
  found(events: readonly BankEvent[]): void {
    for (const event of events) if (event.type === 'transaction.created') this.#foundOne(event);
  }

  /** Rings may have been lost until now: the line was down, or the machine slept. */
  missed(): void {
    this.#listensSince = this.#options.clock.monotonic();
    this.#change((_id, rows) => rows.filter((row) => this.#isJudged(row)));
  }

  /** An account's webhook is new: what another one did says nothing about it. */
  begin(accountId: string): void {
    this.#change((id, rows) => (id === accountId ? [] : rows));
  }

  /** Why an account's webhook counts as silent; null where it does not. */
  silenceOf(accountId: string): Silence | null {
    const rows = (this.#unrung.get(accountId) ?? []).filter((row) => this.#isJudged(row));
    if (rows.length < silence.rows) return null;
    return rows.some(({ othersRang }) => othersRang) ? 'others_ring' : 'nothing_arrives';
  }

  /** A ring has ended a silence. */
  onChange(listener: () => void): void {
    this.#changes.subscribe(listener);
  }

  #foundOne(event: BankEvent): void {
    const { clock, expected } = this.#options;
    const { accountId, transactionId, transaction } = event;
    if (this.#heard.get(transactionId) === true) return this.#learn(event);
    this.#found.set(transactionId, { accountId, kind: event.kind, unrungSince: clock.monotonic() });
    const ring = expected(accountId);
    const rows = this.#unrung.get(accountId) ?? [];
    if (ring === null || rows.length >= silence.rows || !this.#isRungFor(event, ring.loginId)) return;
    const listensSince = clock.now() - (clock.monotonic() - this.#listensSince);
    const earliest = Math.max(ring.since, listensSince) + silence.margin;
    if (transaction.created < earliest || transaction.created > clock.now() + silence.margin) return;
    this.#unrung.set(accountId, [
      ...rows,
      { at: clock.now(), foundAt: clock.monotonic(), othersRang: false },
    ]);
    this.#save();
  }

  #isRungFor({ kind }: RowKind, loginId: string): boolean {
    return surelyRung.has(kind) || this.#options.learnt.of(loginId).rungKinds.includes(kind);
  }

  #learn({ kind, accountId }: RowKind): void {
    const { learnt, expected } = this.#options;
    const loginId = expected(accountId)?.loginId;
    if (loginId === undefined) return;
    const { rungKinds } = learnt.of(loginId);
    if (!rungKinds.includes(kind)) attempt(() => learnt.save(loginId, { rungKinds: [...rungKinds, kind] }));
  }

  /** A ring for another account shows that the address works: again, where it did not, else all along. */
  #afterOthersRang(accountId: string, rows: readonly UnrungRow[]): readonly UnrungRow[] {
    if (this.silenceOf(accountId) === 'nothing_arrives') return [];
    return rows.map((row) => ({ ...row, othersRang: true }));
  }

  /** Its ring had time to come, and the machine did not sleep meanwhile. */
  #isJudged({ at, foundAt }: UnrungRow): boolean {
    const { clock } = this.#options;
    const passed = foundAt === undefined ? Math.abs(clock.now() - at) : clock.monotonic() - foundAt;
    return passed >= silence.fairTime;
  }

  #change(rowsAfter: (accountId: string, rows: readonly UnrungRow[]) => readonly UnrungRow[]): void {
    const before = JSON.stringify([...this.#unrung]);
    for (const [accountId, rows] of this.#unrung) {
      const after = rowsAfter(accountId, rows);
      if (after.length === 0) this.#unrung.delete(accountId);
      else this.#unrung.set(accountId, after);
    }
    if (JSON.stringify([...this.#unrung]) !== before) this.#save();
  }

  #save(): void {
    attempt(() => this.#options.settings.set(unrungKey, [...this.#unrung]));
  }
}

/** A disk that is full is told elsewhere; what is counted here goes on in memory. */
function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // Written with the next change.
  }
}
