import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { railsSchema, type RailsChange, type RailsDocument } from '../contract/money-data.ts';
import type { Finding } from '../domain/check.ts';
import { defaultRails, type Limits, type Rails, type RailSet } from '../domain/rails.ts';
import type { PartHealth } from '../domain/view.ts';
import { checked } from '../refusals/mistakes.ts';
import { pauseSentences } from '../refusals/command-refusals.ts';
import { badRequest } from '../refusals/refuse.ts';
import type { Settings } from '../store/bridge-records.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './command.ts';

/** The limits that money moves must stay inside, as they are set on disk. */
export interface RailsStore {
  document(): RailsDocument;
  rails(): Rails;
  /** Sets what is given; what is left out stays as it is. Throws `bad_request` with what would be right. */
  set(given: unknown, caller: Pick<Caller, 'door' | 'user'>): RailsDocument;
}

/** The id behind a name or an id. Throws where it means nothing, or several things. */
type IdOf = (named: string) => Promise<string>;

/**
 * A change of limits with the ids of the accounts and pots that it names: a limit for what does not exist would protect
 * nothing, and no one would notice. Those that have limits now need not be known any more. Throws `bad_request` for an account
 * that is named twice.
 */
export async function limitsById(
  { accounts, pots, ...others }: RailsChange,
  now: RailsDocument,
  idOf: Readonly<Record<'accountId' | 'potId', IdOf>>,
): Promise<RailsChange> {
  const accountId: IdOf = async (named) =>
    Object.hasOwn(now.accounts, named) ? named : idOf.accountId(named);
  const potId: IdOf = async (named) => (now.pots?.includes(named) === true ? named : idOf.potId(named));
  const limited = await Promise.all(
    Object.entries(accounts ?? {}).map(async ([named, set]) => [await accountId(named), set] as const),
  );
  if (new Map(limited).size < limited.length)
    throw badRequest([{ field: 'accounts in the body', rule: 'must name each account once' }]);
  return {
    ...others,
    ...(accounts && { accounts: Object.fromEntries(limited) }),
    ...(pots !== undefined && { pots: pots && (await Promise.all(pots.map(potId))) }),
  };
}

const railsKey = 'rails';

export function createRailsStore(
  store: Pick<Store, 'settings' | 'audit' | 'transaction'>,
  clock: Clock,
  onChange: () => void = () => {},
): RailsStore {
  const document = () => storedRails(store.settings);
  return {
    document,
    rails: () => railsOf(document()),
    set: (given, { door, user }) => {
      const patch = checked(railsSchema.partial(), given);
      if ('mistakes' in patch) throw badRequest(patch.mistakes);
      const next = railsSchema.parse({ ...document(), ...patch.value });
      store.transaction(() => {
        store.settings.set(railsKey, next);
        const entry = { door, user, action: 'set_rails', decision: 'done', asked: patch.value } as const;
        store.audit.append(clock.now(), entry);
      });
      onChange();
      return next;
    },
  };
}

/** The limits as they are set; the usual ones where nobody set any. */
export function storedRails(settings: Pick<Settings, 'get'>): RailsDocument {
  const stored = settings.get(railsKey);
  return stored === undefined ? documentOf(defaultRails) : railsSchema.parse(stored);
}

function railsOf(document: RailsDocument): Rails {
  const accounts = Object.entries(document.accounts).map(([id, set]) => [id, setOf(set)] as const);
  return {
    perMove: document.per_move,
    perDay: document.per_day,
    floor: document.floor,
    accounts: new Map(accounts),
    pots: document.pots === null ? null : new Set(document.pots),
    cooldown: document.cooldown_seconds * 1_000,
    dryRun: document.dry_run,
  };
}

interface SetDocument {
  readonly per_move?: Limits | undefined;
  readonly per_day?: Limits | undefined;
  readonly floor?: Limits | undefined;
}

function setOf({ per_move: perMove, per_day: perDay, floor }: SetDocument): Partial<RailSet> {
  return { ...(perMove && { perMove }), ...(perDay && { perDay }), ...(floor && { floor }) };
}

function documentOf({ perMove, perDay, floor, cooldown, dryRun }: Rails): RailsDocument {
  return {
    per_move: { ...perMove },
    per_day: { ...perDay },
    floor: { ...floor },
    accounts: {},
    pots: null,
    cooldown_seconds: cooldown / 1_000,
    dry_run: dryRun,
  };
}

/** Whether money can move, and within which limits. `trouble` is what a person has to look at. */
export function railsFinding(document: RailsDocument, isPaused: boolean, trouble: string | null): Finding {
  if (trouble !== null) return { state: 'needs_user', sentence: trouble };
  const { per_move: perMove, per_day: perDay, floor, pots, dry_run: isTrial } = document;
  const sentences = [
    ...(isPaused
      ? ['Money moves are paused. Resume on the bridge’s page, or with: monzo-bridge resume']
      : []),
    ...(isTrial ? ['Every move is only a trial (dry run): no money moves.'] : []),
    `One move may be at most ${limitsText(perMove)}, the moves of a day ${limitsText(perDay)}; an account keeps ${limitsText(floor)}.`,
    ...(pots === null ? [] : [`Only ${pots.length} named pots may be moved.`]),
  ];
  return { state: 'ok', sentence: sentences.join(' ') };
}

function limitsText(limits: Limits): string {
  const { '*': others, ...own } = limits;
  const named = Object.entries(own).map(([currency, amount]) => `${amount} ${currency}`);
  const rest = others === undefined ? [] : [`${others} in any ${named.length > 0 ? 'other ' : ''}currency`];
  return [...named, ...rest].join(', ') || 'nothing';
}

const pauseReasonSchema = z.object({
  code: z.enum(Object.keys(pauseSentences) as (keyof typeof pauseSentences)[]),
  facts: z.record(z.string(), z.unknown()),
});

/** Why the bridge itself paused money moves. */
export type PauseReason = z.output<typeof pauseReasonSchema>;

/** Why the bridge itself paused money moves, as a sentence; null if it did not. */
export function pauseSentence(reason: PauseReason | null): string | null {
  return reason === null ? null : pauseSentences[reason.code];
}

/** The pause: no money moves while it is on. It survives restarts. */
export interface MoneyPause {
  isPaused(): boolean;
  /** Why the bridge itself paused moves; null where a person did, or where nothing is paused. */
  reason(): PauseReason | null;
  /**
   * A pause by a person keeps the reason that the bridge itself gave before. Takes effect even when the disk does not
   * take it; then it throws what the disk said. Writes nothing, and returns false, where all that is on disk already.
   */
  pause(reason?: PauseReason): boolean;
  resume(): void;
}

const pausedKey = 'paused';
const reasonKey = 'paused_why';

export function createMoneyPause(settings: Settings, onChange: () => void): MoneyPause {
  let isPaused = settings.get(pausedKey) === true;
  let reason = storedReason(settings.get(reasonKey) ?? null);
  return {
    isPaused: () => isPaused,
    reason: () => reason,
    pause: (given) => {
      const isKnown = isPaused && settings.get(pausedKey) === true;
      if (isKnown && (given === undefined || given.code === reason?.code)) return false;
      isPaused = true;
      reason = given ?? reason;
      onChange();
      settings.set(pausedKey, true);
      settings.set(reasonKey, reason);
      return true;
    },
    resume: () => {
      settings.set(pausedKey, false);
      settings.set(reasonKey, null);
      reason = null;
      isPaused = false;
      onChange();
    },
  };
}

/** A reason that cannot be read is still one: the bridge paused by itself. */
function storedReason(stored: unknown): PauseReason | null {
  return pauseReasonSchema.nullable().catch({ code: 'unknown', facts: {} }).parse(stored);
}

/** Whether money can move, and whether a person has to look at something. */
export function moneyHealth(
  { moneyPause }: { readonly moneyPause: Pick<MoneyPause, 'reason'> },
  { transfers }: Pick<Store, 'transfers'>,
): PartHealth {
  const unresolved = transfers.undecided().findLast(({ state }) => state === 'unresolved');
  const unsure =
    unresolved &&
    `The outcome of transfer ${unresolved.id} is unknown. Check the Monzo app, then record it on the bridge’s page.`;
  const sentence = pauseSentence(moneyPause.reason()) ?? unsure ?? null;
  return { part: 'money', state: sentence === null ? 'ok' : 'needs_user', sentence };
}
