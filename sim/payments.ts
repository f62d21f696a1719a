import {
  emojis,
  must,
  newId,
  randomText,
  type Account,
  type Model,
  type Merchant,
  type Transaction,
} from './model.ts';
import { changeBalance } from './past-balances.ts';
import { announce, enter, touch } from './transactions.ts';
import type { Switches } from './switches.ts';
import { days, hours } from './wire-time.ts';

/** A card payment. The sign of `amount` (minor units) does not matter. */
export interface CardUse {
  readonly amount: number;
  /** A merchant's name; an unknown merchant is created. */
  readonly merchant?: string;
  /** The merchant's by default. */
  readonly category?: string;
  readonly online?: boolean;
  readonly description?: string;
  /** Who paid, on a joint account. */
  readonly userId?: string;
  /** False if the person excluded it from spending in the app. */
  readonly inSpending?: boolean;
  readonly createdMs?: number;
  /** When it was settled; pending if left out. Some final charges appear as such a second row. */
  readonly settledMs?: number;
  /** Not announced; for transactions of the past. */
  readonly quiet?: boolean;
}

/** A transfer from or to another bank. */
export interface Payment {
  readonly amount: number;
  readonly name: string;
  readonly reference?: string;
  /** Now by default; incoming payments sometimes have a date in the future. */
  readonly settledMs?: number;
  readonly createdMs?: number;
  readonly category?: string;
  /** The counterparty's account, if it is at Monzo too. */
  readonly counterpartyAccount?: string;
  readonly quiet?: boolean;
}

export interface Entry {
  readonly account: Account;
  readonly amount: number;
  readonly scheme: string;
  readonly description: string;
  readonly category: string;
  readonly settledMs: number | null;
  readonly state?: Transaction['state'];
  readonly merchantId?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly counterparty?: Readonly<Record<string, string>>;
  readonly notes?: string;
  readonly userId?: string;
  readonly local?: { readonly amount: number; readonly currency: string };
  readonly declineReason?: string;
  readonly dedupeId?: string;
  readonly originator?: boolean;
  readonly isLoad?: boolean;
  readonly inSpending?: boolean;
  readonly split?: Readonly<Record<string, number>>;
  readonly createdMs?: number | undefined;
  readonly quiet?: boolean | undefined;
}

/** How far from now a new payment is dated; further back than lists overlap. */
const datedOff: Readonly<Record<Switches['created'], number>> = {
  as_recorded: 0,
  back_dated: -3 * hours,
  ahead: 3 * hours,
};

function createdOf(model: Model, { createdMs, scheme }: Entry): number {
  const isPotMove = scheme.endsWith('_pot');
  return createdMs ?? model.now() + (isPotMove ? 0 : datedOff[model.switches.created]);
}

/** Adds a transaction, updates the balance and announces it. Returns the transaction. */
export function record(model: Model, entry: Entry): Transaction {
  const { account } = entry;
  const createdMs = createdOf(model, entry);
  const transaction: Transaction = {
    id: newId(model, 'tx'),
    accountId: account.id,
    createdMs,
    updatedMs: Math.max(
      createdMs,
      entry.settledMs !== null && entry.settledMs <= model.now() ? entry.settledMs : 0,
    ),
    settledMs: entry.settledMs,
    amount: entry.amount,
    currency: account.currency,
    localAmount: entry.local?.amount ?? entry.amount,
    localCurrency: entry.local?.currency ?? account.currency,
    description: entry.description,
    notes: entry.notes ?? '',
    category: entry.category,
    split: entry.split ?? null,
    merchantId: entry.merchantId ?? null,
    metadata: { ledger_insertion_id: newId(model, 'entryset'), ...entry.metadata },
    counterparty: entry.counterparty ?? {},
    declineReason: entry.declineReason ?? null,
    scheme: entry.scheme,
    dedupeId: entry.dedupeId ?? newId(model, 'mclifecycle'),
    userId: entry.userId ?? '',
    originator: entry.originator ?? false,
    isLoad: entry.isLoad ?? false,
    inSpending: entry.inSpending ?? false,
    state: entry.state ?? (entry.settledMs === null ? 'pending' : 'settled'),
  };
  changeBalance(model, account, entry.amount);
  enter(model, transaction);
  if (!entry.quiet) announce(model, { what: 'created', transaction });
  return transaction;
}

type MerchantKind = Pick<Merchant, 'category' | 'online' | 'atm'>;

/** The merchant with the name; created if unknown. */
export function merchantNamed(model: Model, name: string, kind: MerchantKind): Merchant {
  let id = `merch_0000${name.replace(/[^A-Za-z0-9]/g, '')}`;
  for (let known = model.merchants.get(id); known; known = model.merchants.get((id += '0'))) {
    if (known.name === name) return known;
  }
  const merchant: Merchant = {
    id,
    groupId: newId(model, 'grp'),
    name,
    emoji: emojis.get(name) ?? '',
    logo: '',
    city: 'London',
    country: 'GBR',
    createdMs: model.now() - 400 * days,
    ...kind,
  };
  model.merchants.set(merchant.id, merchant);
  return merchant;
}

function spender(model: Model, account: Account, userId: string): Record<string, string> {
  if (account.ownerIds.length < 2) return {};
  const { name } = must(model.people, userId);
  return { spender_full_name: name, spender_first_name: name.split(' ')[0] ?? name };
}

function cardEntry(model: Model, account: Account, use: CardUse): Entry {
  const category = use.category ?? 'general';
  const known = { category, online: use.online ?? false, atm: category === 'cash' };
  const merchant = use.merchant === undefined ? null : merchantNamed(model, use.merchant, known);
  const userId = use.userId ?? account.ownerIds[0] ?? '';
  return {
    account,
    amount: -Math.abs(use.amount),
    scheme: 'mastercard',
    description: use.description ?? `${(merchant?.name ?? 'Card payment').padEnd(22)}LONDON        GBR`,
    category: use.category ?? merchant?.category ?? category,
    merchantId: merchant?.id ?? null,
    userId,
    metadata: {
      mastercard_approval_type: 'full',
      mastercard_auth_message_id: newId(model, 'mcauthmsg'),
      mastercard_card_id: 'mccard_0000',
      mastercard_lifecycle_id: newId(model, 'mclifecycle'),
      mcc: '5411',
      ...spender(model, account, userId),
    },
    settledMs: use.settledMs ?? null,
    inSpending: use.inSpending ?? true,
    createdMs: use.createdMs,
    quiet: use.quiet,
  };
}

/** A card payment, pending until it is settled. */
export function purchase(model: Model, account: Account, use: CardUse): Transaction {
  return record(model, cardEntry(model, account, use));
}

/** A purchase in another currency: `localAmount` is the price there, `amount` in the account's currency. */
export function foreignPurchase(
  model: Model,
  account: Account,
  use: CardUse & { readonly localAmount: number; readonly localCurrency: string },
): Transaction {
  const local = { amount: -Math.abs(use.localAmount), currency: use.localCurrency };
  account.abroad = { currency: local.currency, rate: Math.abs(local.amount / use.amount) };
  return record(model, { ...cardEntry(model, account, use), local });
}

/** A card payment that was refused; `localCurrency` where the shop's is another one. */
export type RefusedUse = CardUse & { readonly reason?: string; readonly localCurrency?: string };

/** A refused card payment: amount 0, the attempt in `local_amount`, never settled. */
export function decline(model: Model, account: Account, use: RefusedUse): Transaction {
  const entry = cardEntry(model, account, use);
  return record(model, {
    ...entry,
    amount: 0,
    local: { amount: -Math.abs(use.amount), currency: use.localCurrency ?? account.currency },
    declineReason: use.reason ?? 'INSUFFICIENT_FUNDS',
    state: 'declined',
    inSpending: false,
  });
}

/** A check that the card works: an amount of zero, neither spending nor declined. */
export function cardCheck(model: Model, account: Account, merchant: string): Transaction {
  const entry = cardEntry(model, account, { amount: 0, merchant });
  return record(model, {
    ...entry,
    amount: 0,
    notes: 'Active card check',
    metadata: { ...entry.metadata, notes: 'Active card check', hide_amount: 'true' },
    inSpending: false,
  });
}

/** Money out of a cash machine. */
export function cashWithdrawal(model: Model, account: Account, use: CardUse): Transaction {
  return purchase(model, account, { merchant: 'Cash machine', ...use, category: 'cash' });
}

/** A refund: a new transaction with a positive amount, settled at once. */
export function refund(model: Model, account: Account, use: CardUse): Transaction {
  const entry = cardEntry(model, account, use);
  return record(model, { ...entry, amount: Math.abs(use.amount), settledMs: use.createdMs ?? model.now() });
}

function faster(model: Model, account: Account, payment: Payment): Entry {
  const number = randomText(model, 8);
  const reference = payment.reference ?? payment.name;
  const isNamed = model.switches.merchantOf === 'transfers_too';
  const kind = { category: 'general', online: false, atm: false };
  return {
    account,
    amount: payment.amount,
    scheme: 'payport_faster_payments',
    description: reference,
    merchantId: isNamed ? merchantNamed(model, payment.name, kind).id : null,
    notes: reference,
    category: payment.category ?? 'general',
    counterparty: {
      account_number: '12345678',
      name: payment.name,
      sort_code: '987654',
      user_id: `anonuser_${number}`,
      ...(payment.counterpartyAccount === undefined ? {} : { account_id: payment.counterpartyAccount }),
    },
    metadata: {
      faster_payment: 'true',
      fps_fpid: `FP${number}`,
      fps_payment_id: `FP${number}`,
      notes: reference,
      'fps.trn': `FP${number}`,
      trn: `FP${number}`,
      insertion: newId(model, 'entryset'),
    },
    settledMs: payment.settledMs ?? payment.createdMs ?? model.now(),
    dedupeId: `com.monzo.fps:${account.id}:FP${number}:${payment.amount < 0 ? 'OUTBOUND' : 'INBOUND'}`,
    originator: payment.amount < 0,
    createdMs: payment.createdMs,
    quiet: payment.quiet,
  };
}

/** A transfer from another bank; its settlement may be in the future. */
export function incomingPayment(model: Model, account: Account, payment: Payment): Transaction {
  return record(model, faster(model, account, { ...payment, amount: Math.abs(payment.amount) }));
}

/** A transfer to another bank. */
export function outgoingPayment(model: Model, account: Account, payment: Payment): Transaction {
  const entry = faster(model, account, { ...payment, amount: -Math.abs(payment.amount) });
  return record(model, { ...entry, userId: account.ownerIds[0] ?? '', inSpending: true });
}

/** A direct debit, settled at once. */
export function directDebit(model: Model, account: Account, payment: Payment): Transaction {
  return record(model, {
    account,
    amount: -Math.abs(payment.amount),
    scheme: 'bacs',
    description: payment.reference ?? payment.name,
    category: payment.category ?? 'bills',
    counterparty: {
      account_number: '87654321',
      name: payment.name,
      sort_code: '200000',
      service_user_number: '123456',
    },
    metadata: {
      bacs_direct_debit_instruction_id: newId(model, 'bacsddinstr'),
      bacs_record_id: newId(model, 'bacsrcd'),
    },
    settledMs: payment.settledMs ?? payment.createdMs ?? model.now(),
    originator: true,
    inSpending: true,
    createdMs: payment.createdMs,
    quiet: payment.quiet,
  });
}

const bankEntries = {
  interest: { scheme: 'account_interest', sign: 1, category: 'savings', description: 'Interest' },
  fee: { scheme: 'premium_subscription', sign: -1, category: 'bills', description: 'Monzo fee' },
} as const;

/** Interest from the bank, or a fee. */
export function bankEntry(
  model: Model,
  account: Account,
  what: { kind: keyof typeof bankEntries; amount: number },
) {
  const { sign, ...entry } = bankEntries[what.kind];
  return record(model, {
    ...entry,
    account,
    amount: sign * Math.abs(what.amount),
    settledMs: model.now(),
    inSpending: sign < 0,
  });
}

/** What becomes of a hold when another row charges it. */
const afterCharge: Readonly<
  Record<Exclude<Switches['secondRow'], 'none'>, (model: Model, row: Transaction) => void>
> = {
  kept: (model, { id }) => void model.charged.add(id),
  zeroed: reverse,
  vanished: vanish,
};

/** Charges what was held as another row, which is settled when it comes. */
function charge(model: Model, hold: Transaction, amount: number): void {
  record(model, {
    account: must(model.accounts, hold.accountId),
    amount,
    scheme: hold.scheme,
    description: hold.description,
    category: hold.category,
    merchantId: hold.merchantId,
    userId: hold.userId,
    metadata: { ...hold.metadata, mastercard_lifecycle_id: newId(model, 'mclifecycle') },
    settledMs: model.now(),
    inSpending: hold.inSpending,
  });
}

/**
 * Settles a pending transaction, optionally with another amount (minor units, sign ignored). With the switch `secondRow`
 * another row charges it; a hold that was kept is dropped when it is settled once more.
 */
export function settle(model: Model, row: Transaction, amount = row.amount): void {
  if (row.state !== 'pending') throw new Error(`${row.id} is ${row.state} already.`);
  const final = -Math.abs(amount) || 0;
  if (model.charged.has(row.id)) return vanish(model, row);
  const { secondRow } = model.switches;
  if (secondRow !== 'none') {
    charge(model, row, final);
    return afterCharge[secondRow](model, row);
  }
  changeBalance(model, must(model.accounts, row.accountId), final - row.amount);
  if (row.localCurrency === row.currency) row.localAmount = final;
  row.amount = final;
  row.state = 'settled';
  row.settledMs = model.now();
  row.metadata['mastercard_clearing_message_id'] = newId(model, 'mcclearingmsg');
  touch(model, row, 'settled');
}

/** Reverses a pending payment: the amount becomes 0, it is never settled, and the money is back. */
export function reverse(model: Model, row: Transaction): void {
  if (row.state !== 'pending') throw new Error(`${row.id} is ${row.state} already.`);
  changeBalance(model, must(model.accounts, row.accountId), -row.amount);
  row.amount = 0;
  row.state = 'reversed';
  touch(model, row, 'reversed');
}

/** Drops a pending payment: the money is back, and the bank shows the row nowhere any more. */
export function vanish(model: Model, row: Transaction): void {
  if (row.state !== 'pending') throw new Error(`${row.id} is ${row.state} already.`);
  changeBalance(model, must(model.accounts, row.accountId), -row.amount);
  row.state = 'reversed';
  model.vanished.add(row.id);
  touch(model, row, 'reversed');
}
