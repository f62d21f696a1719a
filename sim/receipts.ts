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

const keyOf = (grant: Grant, externalId: string) => `${grant.clientId} ${externalId}`;

/** Stores a receipt under its `external_id`, the idempotency key. This is the only endpoint that takes JSON. */
export function putReceipt(model: Model, grant: Grant, text: string): Record<string, never> {
  const body = parsed(text);
  const externalId = body['external_id'];
  const transactionId = body['transaction_id'];
  if (typeof externalId !== 'string') throw missing('external_id');
  if (typeof transactionId !== 'string') throw missing('transaction_id');
  findTransaction(model, grant, transactionId);
  const items = Array.isArray(body['items']) ? (body['items'] as Record<string, unknown>[]) : [];
  model.receipts.set(keyOf(grant, externalId), {
    id: `receipt_${transactionId.slice(3)}`,
    external_id: externalId,
    transaction_id: transactionId,
    proof_of_purchase_id: '',
    total: body['total'] ?? 0,
    currency: body['currency'] ?? 'GBP',
    merchant: noMerchant,
    payments: body['payments'] ?? [],
    taxes: body['taxes'] ?? [],
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
