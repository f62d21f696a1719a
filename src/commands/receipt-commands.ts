import { commandShapes } from '../contract/command-data.ts';
import { receiptTotal, sumOf, type Receipt } from '../domain/receipt.ts';
import type { LoginView } from '../domain/login.ts';
import type { Transaction } from '../domain/transaction.ts';
import { amountText, toMajorNumber, type Minor } from '../domain/values.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import { BankError } from '../monzo/transport.ts';
import { accountRefusals, bankRefusals } from '../refusals/refusal-sets.ts';
import { refuse } from '../refusals/refuse.ts';
import { inTime, timeToAnswer, type BankTools } from './bank-commands.ts';
import { command, done, type Caller, type Command } from './command.ts';
import { accountNamed, activeLogins } from './targets.ts';

/** Receipts that the Monzo app shows with a transaction. The bank keeps them; the bridge keeps none. */

const refusals = ['unknown_transaction', 'no_login', ...accountRefusals, ...bankRefusals] as const;

/** Shows the receipt that this bridge added to a transaction: the bank shows no other program's. */
export function receipt(tools: BankTools): Command {
  return command({
    class: 'read',
    showsMoney: true,
    meaning: 'Answers with the receipt that was added to a transaction.',
    ...commandShapes.receipt,
    refusals,
    run: async ({ transaction_id: id }, caller) => {
      const { clients, left } = await placeOf(tools, id, caller);
      const found = await inTime(
        tools,
        left(),
        async (signal) => (await holderOf(clients, id, signal))?.receipt,
      );
      return done({ transaction_id: id, receipt: found === undefined ? null : receiptItem(found) });
    },
  });
}

/**
 * Adds the receipt of a transaction, or replaces the one that is there. Throws `receipt_sum_wrong` and `receipt_tax_wrong`
 * before the bank is asked.
 */
export function addReceipt(tools: BankTools): Command {
  return command({
    class: 'write',
    meaning: 'Adds a receipt to a transaction, which the Monzo app shows, or replaces it.',
    ...commandShapes.add_receipt,
    refusals: ['receipt_sum_wrong', 'receipt_tax_wrong', ...refusals],
    run: async ({ transaction_id: id, items, taxes }, caller) => {
      const { clients, left, transaction } = await placeOf(tools, id, caller);
      const given: Receipt = {
        ...receiptTotal(transaction),
        items: items.map(({ amount_minor: amount, tax_minor: tax, unit, ...line }) => ({
          ...line,
          unit: unit ?? null,
          amount,
          tax,
        })),
        taxes: taxes.map(({ description, amount_minor: amount, tax_number: taxNumber }) => ({
          description,
          amount,
          taxNumber: taxNumber ?? null,
        })),
      };
      mustAddUp(given);
      taxesMustBeWithin(given);
      await withRepetition(tools, left, async (signal) => {
        const [first, ...others] = clients;
        const holder = others.length === 0 ? null : await holderOf(clients, id, signal);
        await (holder?.client ?? first).putReceipt(id, given, { priority: 'doorbell', signal });
      });
      const asked = { total: given.total, currency: given.currency, items: items.length };
      tools.journal.note('done', { ...caller, action: 'add_receipt', transactionId: id, asked });
      return done({ transaction_id: id, receipt: receiptItem(given) });
    },
  });
}

/** Removes it; where there is none, that is done already. */
export function removeReceipt(tools: BankTools): Command {
  return command({
    class: 'write',
    meaning: 'Removes the receipt that was added to a transaction.',
    ...commandShapes.remove_receipt,
    refusals,
    run: async ({ transaction_id: id }, caller) => {
      const { clients, left } = await placeOf(tools, id, caller);
      await withRepetition(tools, left, async (signal) => {
        for (const client of clients) await client.removeReceipt(id, { priority: 'doorbell', signal });
      });
      tools.journal.note('done', { ...caller, action: 'remove_receipt', transactionId: id });
      return done({ transaction_id: id, receipt: null });
    },
  });
}

type Clients = readonly [MonzoClient, ...MonzoClient[]];

interface ReceiptPlace {
  readonly transaction: Transaction;
  /** Of each login that may act on the account: of a joint account two. */
  readonly clients: Clients;
  readonly left: () => number;
}

/** Throws `unknown_transaction`, `no_login`. */
async function placeOf(tools: BankTools, id: string, caller: Caller): Promise<ReceiptPlace> {
  const left = timeToAnswer(tools.clock, caller);
  const transaction = tools.store.ledger.byId(id)?.transaction;
  if (transaction === undefined) throw refuse('unknown_transaction', { id });
  const account = await accountNamed(tools, transaction.accountId);
  const [first, ...others] = activeLogins(tools.view(), account);
  const clientOf = (login: LoginView) => tools.registry.client(login.id);
  return { transaction, clients: [clientOf(first), ...others.map(clientOf)], left };
}

interface Holder {
  readonly client: MonzoClient;
  readonly receipt: Receipt;
}

/** Whose receipt it is: the bank shows each OAuth client its own, so two of a joint account must not both add one. */
async function holderOf(clients: Clients, id: string, signal: AbortSignal): Promise<Holder | null> {
  for (const client of clients) {
    const receipt = await client.receipt(id, { priority: 'doorbell', signal });
    if (receipt !== null) return { client, receipt };
  }
  return null;
}

function mustAddUp({ items, total, currency }: Receipt): void {
  const sum = sumOf(items);
  if (sum === total) return;
  const text = (minor: Minor) => amountText(minor, currency);
  const difference = sum - total;
  throw refuse(
    'receipt_sum_wrong',
    { sum: text(sum), total: text(total), difference: text(Math.abs(difference)) },
    { details: { sum_minor: sum, total_minor: total, difference_minor: difference } },
  );
}

/** A tax is a part of what was paid: of a line, or of the whole. */
function taxesMustBeWithin({ items, taxes, total, currency }: Receipt): void {
  const parts = [
    ...items.map(({ tax, amount }, index) => ({ line: index + 1, tax, amount })),
    { line: null, tax: sumOf(taxes), amount: total },
  ];
  const wrong = parts.find(({ tax, amount }) => tax > Math.max(amount, 0));
  if (wrong === undefined) return;
  const { line, tax, amount } = wrong;
  throw refuse('receipt_tax_wrong', {
    line,
    tax: amountText(tax, currency),
    amount: amountText(amount, currency),
  });
}

/** The bank knows a receipt by its key: what may have arrived is sent once more, and does not double it. */
async function withRepetition(
  tools: BankTools,
  left: () => number,
  send: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await inTime(tools, left(), send);
  } catch (thrown) {
    if (!(thrown instanceof BankError) || thrown.effect !== 'unknown' || left() === 0) throw thrown;
    await inTime(tools, left(), send);
  }
}

function receiptItem({ total, currency, items, taxes }: Receipt) {
  return {
    total: toMajorNumber(total, currency),
    total_minor: total,
    currency,
    items: items.map(({ amount, tax, ...line }) => ({
      ...line,
      amount: toMajorNumber(amount, currency),
      amount_minor: amount,
      tax: toMajorNumber(tax, currency),
      tax_minor: tax,
    })),
    taxes: taxes.map(({ description, amount, taxNumber }) => ({
      description,
      amount: toMajorNumber(amount, currency),
      amount_minor: amount,
      tax_number: taxNumber,
    })),
  };
}
