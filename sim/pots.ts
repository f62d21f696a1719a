import { ownAccount } from './access.ts';
import { accountsOf } from './accounts.ts';
import { record } from './payments.ts';
import { must, newId } from './model.ts';
import type { Account, Model, Grant, MadeMove, Pot, Transaction } from './model.ts';
import { balanceBehind, changeBalance } from './past-balances.ts';
import { badParam, missing, refusal, Refusal } from './refusal.ts';
import { days, hours, minutes, wireTime } from './wire-time.ts';

export type Direction = 'deposit' | 'withdraw';

/** A pot in the bank's format: no key without a goal, and a date if it is locked. */
export function wirePot(pot: Pot, balance = pot.balance): Record<string, unknown> {
  return {
    id: pot.id,
    name: pot.name,
    style: pot.style,
    balance,
    currency: pot.currency,
    ...(pot.goal === null ? {} : { goal_amount: pot.goal }),
    type: pot.type,
    product_id: 'default',
    current_account_id: pot.accountId,
    cover_image_url: pot.style === '' ? '' : `https://public-images.monzo.com/pots/${pot.style}.png`,
    isa_wrapper: pot.isaWrapper,
    round_up: pot.roundUp,
    round_up_multiplier: pot.roundUp ? 1 : null,
    is_tax_pot: pot.isTaxPot,
    created: wireTime(pot.createdMs),
    updated: wireTime(pot.updatedMs),
    deleted: pot.deleted,
    locked: pot.lockedUntilMs !== null,
    ...(pot.lockedUntilMs === null ? {} : { locked_until: wireTime(pot.lockedUntilMs) }),
    charity_id: '',
    available_for_bills: pot.type === 'default',
    has_virtual_cards: false,
  };
}

/** The answer to `/pots`, as the bank's reading side had it so long ago. */
export function wirePots(model: Model, account: Account, behindMs: number): readonly unknown[] {
  const behind = behindMs + model.switches.potLag;
  return potsOf(model, account).map((pot) => wirePot(pot, balanceBehind(model, pot, behind)));
}

/** The pots of an account, including deleted ones. */
export function potsOf(model: Model, account: Account): readonly Pot[] {
  return [...model.pots.values()].filter((pot) => pot.accountId === account.id);
}

export interface PotMove {
  readonly pot: Pot;
  readonly direction: Direction;
  /** Minor units, above zero. */
  readonly amount: number;
  readonly userId: string;
  /** The transferService's own key. */
  readonly key: string;
  readonly trigger: string;
  /** When it was made; now by default. A transfer in the past is not announced. */
  readonly createdMs?: number;
  /** Announced all the same. */
  readonly isDeferred?: boolean;
}

/** Moves money between a pot and its account; the sum of both stays the same. */
export function movePotMoney(model: Model, move: PotMove): Transaction {
  const { pot, direction, amount } = move;
  const account = must(model.accounts, pot.accountId);
  const into = direction === 'deposit';
  const externalId = move.trigger === 'user' ? `${move.userId}:${move.key}` : move.key;
  const moveId = into
    ? { pot_deposit_id: newId(model, 'potdep') }
    : { pot_withdrawal_id: newId(model, 'potwdr') };
  changeBalance(model, pot, into ? amount : -amount);
  pot.updatedMs = Math.max(model.now(), pot.updatedMs + 1);
  return record(model, {
    account,
    amount: into ? -amount : amount,
    scheme: 'uk_retail_pot',
    description: pot.id,
    category: 'transfers',
    metadata: {
      external_id: externalId,
      pot_account_id: pot.hiddenAccountId,
      pot_id: pot.id,
      ...moveId,
      trigger: move.trigger,
      user_id: move.userId,
    },
    settledMs: move.createdMs ?? model.now(),
    createdMs: move.createdMs,
    quiet: move.createdMs !== undefined && move.isDeferred !== true,
    dedupeId: `${pot.id}:${account.id}:${direction}:${externalId}`,
    originator: true,
  });
}

/** A row that says that the person declined it, or never approved; no money moves. */
function declineMove(
  model: Model,
  { pot, direction, amount, userId, key }: PotMove,
  createdMs: number,
): void {
  const account = must(model.accounts, pot.accountId);
  const externalId = `${userId}:${key}`;
  const wanted = direction === 'deposit' ? -amount : amount;
  record(model, {
    account,
    amount: 0,
    local: { amount: wanted, currency: account.currency },
    scheme: 'uk_retail_pot',
    description: pot.id,
    category: 'transfers',
    metadata: { external_id: externalId, pot_id: pot.id, trigger: 'user', user_id: userId },
    settledMs: null,
    state: 'declined',
    declineReason: 'AUTHENTICATION_REJECTED_BY_CARDHOLDER',
    dedupeId: `${pot.id}:${account.id}:${direction}:${externalId}`,
    createdMs,
    originator: true,
  });
}

function guard(model: Model, what: string, message: string): Refusal {
  const prefix = model.switches.guardedPot === 'forbidden_403' ? 'forbidden' : 'bad_request';
  return refusal(`${prefix}.pot_${what}`, message);
}

function checkMove(model: Model, move: PotMove): void {
  const { pot, direction, amount } = move;
  if (pot.deleted) throw guard(model, 'deleted', 'This pot has been deleted');
  if (direction === 'deposit') {
    if (amount <= must(model.accounts, pot.accountId).balance) return;
    const message = "You can't deposit more than your current account balance";
    throw new Refusal({ code: 'bad_request.insufficient_funds', message });
  }
  if (pot.lockedUntilMs !== null) throw guard(model, 'locked', 'This pot is locked');
  if (pot.addedSecurity) throw guard(model, 'added_security', 'This pot needs approval in the app');
  if (amount > pot.balance) {
    const message = "You can't withdraw more than the balance of the pot";
    throw new Refusal({ code: 'bad_request.insufficient_funds', message });
  }
}

const memory = { forever: Infinity, one_hour: hours, one_day: days } as const;

/** Whether this move was made before. Throws if the switches make a repetition an error. */
function isRepeat(model: Model, move: PotMove, dedupeKey: string): boolean {
  const isKnown = ({ userId }: MadeMove) => model.switches.dedupeScope === 'global' || userId === move.userId;
  const before = model.moves.get(dedupeKey)?.findLast(isKnown);
  if (!before || model.now() - before.atMs >= memory[model.switches.dedupeMemory]) return false;
  const same = before.amount === move.amount;
  const position = same ? model.switches.repeatedDedupe : model.switches.dedupeOtherAmount;
  if (position === 'error_400') {
    throw refusal('bad_request.duplicate_dedupe_id', 'This dedupe_id was used before');
  }
  return true;
}

const accountField = { deposit: 'source_account_id', withdraw: 'destination_account_id' } as const;

function readMove(model: Model, request: PotRequest): PotMove {
  const { direction, form, grant } = request;
  const pot = model.pots.get(request.potId);
  const owner = pot && accountsOf(model, grant.userId).find((account) => account.id === pot.accountId);
  if (!pot || !owner) throw refusal('not_found.pot', 'Pot not found');
  const field = accountField[direction];
  const account = ownAccount(model, grant, form.get(field) ?? '');
  if (account.id !== pot.accountId) throw badParam(field, 'The pot belongs to another account');
  const amount = Number(form.get('amount') ?? '0');
  if (!Number.isSafeInteger(amount) || amount <= 0) {
    throw new Refusal({
      code: 'bad_request.bad_param.bad_param.amount',
      message: 'must be greater than 0',
      retryable: {},
    });
  }
  const key = form.get('dedupe_id');
  if (!key) throw missing('dedupe_id');
  return { pot, direction, amount, userId: grant.userId, key, trigger: 'user' };
}

const deferredBy = 4 * minutes;

function defer(model: Model, carryOut: (atMs: number) => void): void {
  model.deferred.push({ atMs: model.now() + deferredBy, carryOut });
}

/** What becomes of a move that is answered 200. */
const carriedOut: {
  readonly [Position in Model['switches']['deferredMove']]: (model: Model, move: PotMove) => void;
} = {
  at_once: (model, move) => void movePotMoney(model, move),
  never: () => {},
  later: (model, move) => {
    defer(model, (createdMs) => {
      if (isPossible(model, move)) movePotMoney(model, { ...move, createdMs, isDeferred: true });
    });
  },
  declined_later: (model, move) => {
    defer(model, (createdMs) => declineMove(model, move, createdMs));
  },
};

function isPossible(model: Model, { pot, direction, amount }: PotMove): boolean {
  const from = direction === 'deposit' ? must(model.accounts, pot.accountId) : pot;
  return !pot.deleted && amount <= from.balance;
}

/** Carries out what was deferred and is due by now. */
export function carryOutDeferred(model: Model): void {
  const now = model.now();
  const due = model.deferred.filter(({ atMs }) => atMs <= now);
  if (due.length === 0) return;
  model.deferred.splice(0, Infinity, ...model.deferred.filter(({ atMs }) => atMs > now));
  for (const { atMs, carryOut } of due) carryOut(atMs);
}

export interface PotRequest {
  readonly grant: Grant;
  readonly potId: string;
  readonly direction: Direction;
  readonly form: URLSearchParams;
}

/** `PUT /pots/:id/deposit|withdraw`: the same dedupe id moves money once, whatever the answer to a repetition. */
export function requestPotMove(model: Model, request: PotRequest): Pot {
  const field = accountField[request.direction];
  if (!request.form.has(field)) throw missing(field);
  const move = readMove(model, request);
  const dedupeKey = `${move.pot.id}:${move.pot.accountId}:${move.direction}:${move.key}`;
  if (model.switches.moveChecks === 'before_dedupe') checkMove(model, move);
  if (isRepeat(model, move, dedupeKey)) return move.pot;
  if (model.switches.moveChecks === 'after_dedupe') checkMove(model, move);
  carriedOut[model.switches.deferredMove](model, move);
  const made = { userId: move.userId, amount: move.amount, atMs: model.now() };
  model.moves.set(dedupeKey, [...(model.moves.get(dedupeKey) ?? []), made]);
  return move.pot;
}

export interface PotOptions {
  readonly id?: string;
  readonly name: string;
  readonly style?: string;
  readonly balance?: number;
  readonly goal?: number;
  readonly type?: string;
  readonly roundUp?: boolean;
  readonly isTaxPot?: boolean;
  readonly isaWrapper?: string;
  readonly lockedUntilMs?: number;
  readonly addedSecurity?: boolean;
  readonly deleted?: boolean;
  readonly createdMs?: number;
}

/** Creates a pot of an account. Its balance (minor units) does not come from the account. */
export function openPot(model: Model, account: Account, options: PotOptions): Pot {
  const id = options.id ?? newId(model, 'pot');
  const createdMs = options.createdMs ?? model.now();
  const pot: Pot = {
    id,
    accountId: account.id,
    hiddenAccountId: id.replace(/^pot_/, 'acc_'),
    currency: account.currency,
    type: options.type ?? 'default',
    createdMs,
    isTaxPot: options.isTaxPot ?? false,
    isaWrapper: options.isaWrapper ?? '',
    name: options.name,
    style: options.style ?? '',
    balance: options.balance ?? 0,
    goal: options.goal ?? null,
    roundUp: options.roundUp ?? false,
    lockedUntilMs: options.lockedUntilMs ?? null,
    addedSecurity: options.addedSecurity ?? false,
    deleted: options.deleted ?? false,
    updatedMs: createdMs,
  };
  model.pots.set(id, pot);
  return pot;
}

/** Closes a pot: its balance goes back to the account, and it is listed as deleted. */
export function closePot(model: Model, pot: Pot): void {
  if (pot.balance > 0) {
    const userId = must(model.accounts, pot.accountId).ownerIds[0] ?? '';
    const key = newId(model, 'closing');
    movePotMoney(model, { pot, direction: 'withdraw', amount: pot.balance, userId, key, trigger: 'user' });
  }
  pot.deleted = true;
  pot.updatedMs = Math.max(model.now(), pot.updatedMs + 1);
}
