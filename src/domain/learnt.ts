/**
 * What the bank was seen to do for one login, where no source guarantees it. Promises rest on this and never on what is
 * supposed.
 */
export interface Learnt {
  /** The most transactions that a page was seen to hold; null before a full one was seen. */
  readonly longestPage: number | null;
}

export const nothingLearnt: Learnt = { longestPage: null };
