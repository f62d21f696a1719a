import type { RequestedMove } from '../../domain/rails.ts';

/** A move that is asked for, with everything resolved: ids instead of names, minor units, the caller's request id. */
export interface TransferRequest extends RequestedMove {
  /** Those who may move the account's money now, by login and person; the first one that can is taken. */
  readonly logins: readonly { readonly id: string; readonly userId: string | null }[];
  /** Everything is checked and nothing moved. */
  readonly isTrial: boolean;
}
