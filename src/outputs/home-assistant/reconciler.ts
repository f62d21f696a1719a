import { createBackoff, createSignal, sleep, type Signal } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import type { Session } from './websocket-session.ts';

export interface ReconcilerOptions<Wish> {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  /** Names it in the log: “the actions”. */
  readonly what: string;
  /** What is wished for in each new session, and at intervals while something is wrong. */
  readonly usual: Wish;
  /** Brings Home Assistant in line with what is wanted now; throws what prevented it. */
  readonly bring: (session: Session, wish: Wish) => Promise<void>;
  /** Whether something that a person may repair in Home Assistant keeps it from being in line. */
  readonly isOff: () => boolean;
  /** Called after each try. */
  readonly onChange: () => void;
}

/** Keeps something in Home Assistant in line with what is wanted: in every new session, and when told to. */
export interface Reconciler<Wish> {
  /** Resolves when it is done, or at once while Home Assistant is away; never throws. */
  readonly reconcile: (wish: Wish) => Promise<void>;
  /** Why it could not be done at the last try; null where it could. */
  readonly failure: () => string | null;
}

/** The cause may be repaired by hand, without a restart of the bridge. */
const checkAgain = { shortest: 30_000, longest: 900_000 } as const;

export function createReconciler<Wish>(options: ReconcilerOptions<Wish>): Reconciler<Wish> {
  const { client, clock, log, what, usual, bring, isOff, onChange } = options;
  let failure: string | null = null;
  let queue = Promise.resolve();
  let wrong: Signal | null = null;

  const isTroubled = () => failure !== null || isOff();
  const reconcileNow = async (wish: Wish) => {
    const session = client.session();
    if (session === null) return;
    try {
      await bring(session, wish);
      failure = null;
    } catch (thrown) {
      if (session.ended.aborted) return;
      failure = messageOf(thrown);
      log.warn(`Could not update ${what} in Home Assistant`, { reason: failure });
    }
    if (!session.ended.aborted && isTroubled()) wrong?.raise();
    onChange();
  };
  const reconcile: Reconciler<Wish>['reconcile'] = (wish) => {
    // One after the other, so that the newest decision is applied last.
    queue = queue.then(() => reconcileNow(wish));
    return queue;
  };
  const follow = async (session: Session) => {
    const signal = createSignal(clock, session.ended);
    wrong = signal;
    await reconcile(usual);
    const backoff = createBackoff(checkAgain);
    while (!session.ended.aborted) {
      if (isTroubled()) {
        // After the end nothing is asked any more: the database may be closed.
        if (!(await sleep(clock, backoff.next(), session.ended))) return;
        if (isTroubled()) await reconcile(usual);
      } else {
        backoff.reset();
        await signal.raised();
      }
    }
  };
  client.onSession((session) => void follow(session));
  return { reconcile, failure: () => failure };
}
