/**
 * What people write, and the dashboard strategy generates, for each card. Devices are Home Assistant's device ids, as
 * its device selector gives them.
 */

export interface PotsSettings {
  readonly type: 'custom:monzo-pots';
  /** All pots of this account, new ones too. */
  readonly account?: string;
  /** These pots alone, in this order. */
  readonly pots?: readonly string[];
  /** Instead of the account's name. */
  readonly title?: string;
  /** Amounts are covered until the person taps them. */
  readonly hide_amounts?: boolean;
}

export interface TransactionsSettings {
  readonly type: 'custom:monzo-transactions';
  /** All accounts where left out. */
  readonly account?: string;
  /** Instead of “Recent transactions”. */
  readonly title?: string;
  readonly hide_amounts?: boolean;
}

/** A feature of a pot's tile. */
export interface MoveFeatureSettings {
  readonly type: 'custom:monzo-move-money';
}

export interface AttentionSettings {
  readonly type: 'custom:monzo-attention';
  /** Whose low balances are told; all accounts where empty or left out. Bridges and logins are always told of. */
  readonly accounts?: readonly string[];
  readonly hide_amounts?: boolean;
}

export interface LastTransactionSettings {
  readonly type: 'custom:monzo-last-transaction';
  /** An account's event entity. */
  readonly entity: string;
  readonly hide_amounts?: boolean;
}
