import type { Instant } from '../../domain/values.ts';
import { messageOf } from '../../errors.ts';
import type { JudgedAnswer } from '../exchange.ts';
import type { WatchTools } from './heard.ts';
import { watchAnswers, watchTokens } from './watch-answers.ts';
import { watchAccounts, watchLists, watchShapes, watchSpending } from './watch-household.ts';
import { watchMoves, watchPotLag } from './watch-moves.ts';
import { watchPages, watchReach } from './watch-pages.ts';
import { watchKinds, watchLateness, watchRows } from './watch-rows.ts';
import { watchRings, watchWebhooks } from './watch-webhooks.ts';

/** Sees in the answers that come anyway how the bank behaves where no source says it. Neither call ever throws. */
export interface BankWatch {
  readonly heard: (answer: JudgedAnswer, loginId: string) => void;
  readonly rang: (body: string) => void;
}

export interface BankWatchOptions extends WatchTools {
  /** When the stored tokens were last in use before this start; null where nobody can tell. */
  readonly lastUse: Instant | null;
  /** Told of a defect in what watches. */
  readonly onFailure: (message: string) => void;
}

export function createBankWatch({ lastUse, onFailure, ...tools }: BankWatchOptions): BankWatch {
  const watches = [
    watchAnswers(tools),
    watchTokens(tools, lastUse),
    watchAccounts(tools),
    watchLists(tools),
    watchShapes(tools),
    watchSpending(tools),
    watchKinds(tools),
    watchLateness(tools),
    watchPages(tools),
    watchReach(tools),
    watchRows(tools),
    watchMoves(tools),
    watchPotLag(tools),
    watchWebhooks(tools),
  ];
  const ring = watchRings(tools);
  const attempt = (look: () => void) => {
    try {
      look();
    } catch (thrown) {
      onFailure(messageOf(thrown));
    }
  };
  return {
    heard: (answer, loginId) => {
      for (const watch of watches) attempt(() => watch(answer, loginId));
    },
    rang: (body) => attempt(() => ring(body)),
  };
}
