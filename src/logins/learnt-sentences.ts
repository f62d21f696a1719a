import type { Learnt } from '../domain/learnt.ts';

/** How each fact that was learnt is told; null where there is nothing to tell. */
const sentences: { readonly [Fact in keyof Learnt]: (learnt: Learnt) => string | null } = {
  longestPage: ({ longestPage }) =>
    longestPage === null
      ? null
      : `A page of Monzo’s list of transactions holds up to ${longestPage} of them.`,
};

/** What the bank was seen to do for a login, a sentence each. */
export function learntSentences(learnt: Learnt): readonly string[] {
  return Object.values(sentences).flatMap((sentence) => sentence(learnt) ?? []);
}
