import type { Model, Grant } from './model.ts';
import { badParam, missing, refusal } from './refusal.ts';
import { findTransaction } from './transactions.ts';

const noMerchant = {
  name: '',
  online: false,
  phone: '',
  email: '',
  store_name: '',
  store_address: '',
  store_postcode: '',
};

function parsed(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return { ...body };
  } catch {
    // Falls through to the bank's own error.
  }
  throw badParam('body', 'must be JSON');
}

const isMinor = (value: unknown): value is number => Number.isSafeInteger(value);

/** A list of objects, which may be left out. */
function rows(body: Record<string, unknown>, field: string): readonly Record<string, unknown>[] {
  const given = body[field] ?? [];
  if (!Array.isArray(given)) throw badParam(field, 'must be a list');
  return given as readonly Record<string, unknown>[];
}

const keyOf = (grant: Grant, externalId: string) => `${grant.clientId} ${externalId}`;

/** Stores a receipt under its `external_id`, the idempotency key. This is the only endpoint that takes JSON. */
export function putReceipt(model: Model, grant: Grant, text: string): Record<string, never> {
  const body = parsed(text);
  const externalId = body['external_id'];
  const transactionId = body['transaction_id'];
  if (typeof externalId !== 'string') throw missing('external_id');
  if (typeof transactionId !== 'string') throw missing('transaction_id');
  findTransaction(model, grant, transactionId);
  const { total, currency } = body;
  if (total === undefined) throw missing('total');
  if (!isMinor(total) || total <= 0) throw badParam('total', 'must be above zero, in minor units');
  if (typeof currency !== 'string') throw missing('currency');
  const items = rows(body, 'items');
  if (items.length === 0) throw missing('items');
  for (const item of items) {
    if (typeof item['description'] !== 'string') throw missing('items.description');
    if (!isMinor(item['amount'])) throw badParam('items.amount', 'must be whole minor units');
  }
  model.receipts.set(keyOf(grant, externalId), {
    id: `receipt_${transactionId.slice(3)}`,
    external_id: externalId,
    transaction_id: transactionId,
    proof_of_purchase_id: '',
    total,
    currency,
    merchant: noMerchant,
    payments: rows(body, 'payments'),
    taxes: rows(body, 'taxes'),
    items: items.map((item) => ({ tax: 0, sub_items: [], ...item })),
    barcode: null,
  });
  return {};
}

/** A receipt of this client. */
export function readReceipt(model: Model, grant: Grant, externalId: string) {
  const receipt = model.receipts.get(keyOf(grant, externalId));
  if (!receipt) throw refusal('not_found.receipt', 'Receipt not found');
  return { receipt };
}

export function deleteReceipt(model: Model, grant: Grant, externalId: string): Record<string, never> {
  readReceipt(model, grant, externalId);
  model.receipts.delete(keyOf(grant, externalId));
  return {};
}
