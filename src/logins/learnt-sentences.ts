import type { Learnt } from '../domain/learnt.ts';
import { listText, minuteText } from '../domain/values.ts';

const dayLength = 24 * 3_600_000;

/** How each fact that was learnt is told; null where there is nothing to tell. */
const sentences: {
  readonly [Fact in keyof Learnt]: (learnt: Learnt, nameOf: (accountId: string) => string) => string | null;
} = {
  longestPage: ({ longestPage }) =>
    longestPage === null
      ? null
      : `A page of Monzo’s list of transactions holds up to ${longestPage} of them.`,
  balanceLag: ({ balanceLag }) =>
    balanceLag === null
      ? null
      : `Monzo’s balance lagged up to ${Math.ceil(balanceLag / 1_000)} seconds behind its transactions.`,
  reaches: ({ reaches }) => {
    if (reaches.length === 0) return null;
    const days = Math.round(Math.min(...reaches.map(({ reach }) => reach)) / dayLength);
    const accounts = reaches.length === 1 ? 'one account' : `${reaches.length} accounts`;
    return `Of ${accounts} Monzo lists no more than about ${days} ${days === 1 ? 'day' : 'days'}, except right after an approval.`;
  },
  rungKinds: ({ rungKinds }) =>
    rungKinds.length === 0
      ? null
      : `Monzo calls the webhooks for: ${rungKinds.map((kind) => kind.replaceAll('_', ' ')).join(', ')}.`,
  showsMoves: ({ showsMoves }) =>
    showsMoves === null ? null : 'Monzo’s lists show the bridge’s own moves by their id.',
  callsAnswered: ({ callsAnswered }) =>
    callsAnswered === null
      ? null
      : `Monzo answered ${callsAnswered.calls} calls within five minutes and refused more, so the bridge makes fewer.`,
  hidesById: ({ hidesById }) =>
    hidesById
      ? 'Monzo does not show every transaction by its id; the bridge looks for those in lists.'
      : null,
  refusesIds: ({ refusesIds }) =>
    refusesIds === null
      ? null
      : 'Monzo does not list transactions from one of them on; the bridge lists them from its time on.',
  absentParts: ({ absentParts }, nameOf) => {
    if (absentParts.length === 0) return null;
    const whats = [...Map.groupBy(absentParts, ({ accountId }) => accountId)].map(
      ([id, those]) => `no ${listText(those.map(({ part }) => part))} for ${nameOf(id)}`,
    );
    const since = minuteText(Math.min(...absentParts.map((part) => part.since)));
    return `Monzo shows ${listText(whats)} (since ${since}). The bridge reads what else there is, and asks again once a day.`;
  },
};

/** What the bank was seen to do for a login, a sentence each. `nameOf` names accounts by their ids. */
export function learntSentences(learnt: Learnt, nameOf: (accountId: string) => string): readonly string[] {
  return Object.values(sentences).flatMap((sentence) => sentence(learnt, nameOf) ?? []);
}
