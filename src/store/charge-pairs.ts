import { chargedWithin, isCharge, isChargeOf, isHold } from '../domain/spending.ts';
import type { Instant } from '../domain/values.ts';
import type { Database, Row } from './database.ts';
import {
  derivedOf,
  listedColumns,
  readListed,
  textOrNull,
  type Derivation,
  type ListedTransaction,
} from './rows.ts';

/** Holds, and the transactions that charged them: both stay, and only the charge counts as spending. */
export const chargePairsSchema = `
ALTER TABLE bank_transaction ADD COLUMN charged_by TEXT;
CREATE INDEX transaction_charged ON bank_transaction (charged_by) WHERE charged_by IS NOT NULL;
`;

interface Use extends ListedTransaction {
  readonly cardId: string | null;
}

const cardId = '$.metadata.mastercard_card_id';
const use = `${listedColumns},
  CASE WHEN json_valid(raw) AND json_type(raw, '${cardId}') = 'text' THEN raw ->> '${cardId}' END AS card_id`;
const isAlike = 'account_id = ? AND merchant_id = ? AND created >= ? AND created <= ?';
/** Few transactions are pending, and many are not: each search has its index. */
const searches = {
  holds: `SELECT ${use} FROM bank_transaction INDEXED BY transaction_pending
    WHERE status = 'pending' AND ${isAlike} ORDER BY created, id`,
  charges: `SELECT ${use} FROM bank_transaction INDEXED BY transaction_by_account
    WHERE status = 'settled' AND ${isAlike} ORDER BY created, id`,
} as const;

/** Finds the charge of a hold, or the hold of a charge, that was just saved; a hold that settles by itself has none. */
export function pairCharges(
  database: Database,
  rules: Derivation,
  { transaction: { id, merchantId } }: Pick<ListedTransaction, 'transaction'>,
): void {
  if (merchantId === null) return;
  const saved = database.get(`SELECT ${use} FROM bank_transaction WHERE id = ?`, [id], readUse);
  if (!saved) return;
  if (isHold(saved)) return pairWithCharge(database, rules, saved);
  save(database, rules, { hold: saved, chargedBy: null });
  if (isCharge(saved)) pairWithHold(database, rules, saved);
}

/** The youngest hold that no other transaction charged. */
function pairWithHold(database: Database, rules: Derivation, charge: Use): void {
  const { id, created } = charge.transaction;
  if (isUsed(database, id)) return;
  const holds = candidates(database, 'holds', { of: charge, since: created - chargedWithin, until: created });
  const hold = holds.findLast((one) => one.chargedBy === null && isChargeOf(charge, one));
  if (hold) save(database, rules, { hold, chargedBy: id });
}

/** The charge that it has already, or the oldest one that is free. */
function pairWithCharge(database: Database, rules: Derivation, hold: Use): void {
  const { created } = hold.transaction;
  const charges = candidates(database, 'charges', {
    of: hold,
    since: created,
    until: created + chargedWithin,
  });
  const charge = charges.find(
    (one) =>
      isChargeOf(one, hold) &&
      (one.transaction.id === hold.chargedBy || !isUsed(database, one.transaction.id)),
  );
  save(database, rules, { hold, chargedBy: charge?.transaction.id ?? null });
}

interface Search {
  readonly of: Use;
  readonly since: Instant;
  readonly until: Instant;
}

function candidates(
  database: Database,
  search: keyof typeof searches,
  { of, since, until }: Search,
): readonly Use[] {
  const { accountId, merchantId } = of.transaction;
  return database.all(searches[search], [accountId, merchantId, since, until], readUse);
}

function isUsed(database: Database, chargeId: string): boolean {
  const sql = 'SELECT 1 FROM bank_transaction WHERE charged_by = ? LIMIT 1';
  return database.get(sql, [chargeId], () => true) === true;
}

interface Pair {
  readonly hold: Use;
  readonly chargedBy: string | null;
}

function save(database: Database, rules: Derivation, { hold, chargedBy }: Pair): void {
  if (hold.chargedBy === null && chargedBy === null) return;
  const { flow } = derivedOf(database, rules, { ...hold, chargedBy });
  const sql = 'UPDATE bank_transaction SET charged_by = ?, flow = ? WHERE id = ?';
  database.run(sql, [chargedBy, flow, hold.transaction.id]);
}

function readUse(row: Row): Use {
  return { ...readListed(row), cardId: textOrNull(row, 'card_id') };
}
