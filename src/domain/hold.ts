import type { HeldTransaction } from './held-transaction.ts';
import { isCardUse, type TransactionContent } from './transaction.ts';

/**
 * A shop may hold an amount and charge it as another transaction, for instance at a fuel pump or in a hotel; the hold is
 * then dropped days later, or stays. No field of Monzo’s connects the two.
 */

/** What of a transaction decides whether it is such a hold or such a charge. */
export interface CardUse extends Pick<HeldTransaction, 'status'> {
  readonly transaction: TransactionContent;
  /** Null where Monzo does not say. */
  readonly cardId: string | null;
}

const hour = 3_600_000;
/** A charge comes at most so long after its hold. */
export const chargedWithin = 10 * 24 * hour;
/** An ordinary payment settles a day or more after it was made; a charge of its own is settled when it comes. */
const settlesWithin = 2 * hour;
/** A shop may hold a token amount, of at most so many minor units, and charge any. */
const token = 100;

/** Whether a transaction came as a charge: settled when it came, at a shop. */
export function isCharge({ status, transaction }: CardUse): boolean {
  const { created, settles } = transaction;
  return (
    status === 'settled' && isAtShop(transaction) && settles !== null && settles - created <= settlesWithin
  );
}

/** Whether a transaction may be a hold: pending, at a shop. */
export function isHold({ status, transaction }: CardUse): boolean {
  return status === 'pending' && isAtShop(transaction);
}

/** A transfer may carry a merchant as well, and nobody holds an amount by it. */
function isAtShop(transaction: TransactionContent): boolean {
  return transaction.amount < 0 && transaction.merchantId !== null && isCardUse(transaction);
}

/**
 * Whether a charge is that of a hold: of the same account, shop, card and currency, within ten days after it, and between
 * a twentieth of it and a quarter more, unless a token was held.
 */
export function isChargeOf(charge: CardUse, hold: CardUse): boolean {
  if (!isCharge(charge) || !isHold(hold) || charge.cardId !== hold.cardId) return false;
  const [later, earlier] = [charge.transaction, hold.transaction];
  const isSame = (['accountId', 'merchantId', 'currency'] as const).every(
    (name) => later[name] === earlier[name],
  );
  const after = later.created - earlier.created;
  return isSame && after >= 0 && after <= chargedWithin && isInRange(-later.amount, -earlier.amount);
}

function isInRange(charged: number, held: number): boolean {
  return held <= token || (charged * 20 >= held && charged * 4 <= held * 5);
}
