import type { Transfer, TransferState } from '../domain/transfer.ts';
import { instantText, toMajorNumber } from '../domain/values.ts';
import type { AuditRow } from '../store/audit.ts';
import type { AuditRowItem, TransferItem } from '../contract/money-data.ts';
import { instantOrNull } from './items.ts';

/** How transfers and the audit are shown by the API. */

export function auditItem(row: AuditRow): AuditRowItem {
  return {
    seq: row.seq,
    at: instantText(row.at),
    door: row.door,
    user: row.user,
    action: row.action,
    decision: row.decision,
    code: row.code,
    sentence: row.sentence,
    transfer_id: row.transferId,
    transaction_id: row.transactionId,
    asked: row.asked,
  };
}

const movedIn: Readonly<Record<TransferState, TransferItem['money_moved']>> = {
  open: 'unknown',
  unresolved: 'unknown',
  moved: 'yes',
  not_moved: 'no',
  not_sent: 'no',
};

export function transferItem(transfer: Transfer): TransferItem {
  const { amount, currency } = transfer;
  return {
    id: transfer.id,
    created: instantText(transfer.created),
    state: transfer.state,
    money_moved: movedIn[transfer.state],
    pot: transfer.potId,
    account: transfer.accountId,
    transfer_type: transfer.direction,
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    request_id: transfer.requestId,
    sends: transfer.sends,
    first_sent_at: instantOrNull(transfer.firstSentAt),
    last_sent_at: instantOrNull(transfer.lastSentAt),
    settled_at: instantOrNull(transfer.settledAt),
    transaction_id: transfer.transactionId,
    code: transfer.code,
    sentence: transfer.sentence,
    door: transfer.door,
    user: transfer.user,
    found: transfer.found,
  };
}
