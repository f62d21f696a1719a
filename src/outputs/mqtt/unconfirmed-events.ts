import type { Clock, Monotonic } from '../../clock.ts';
import { unconfirmedFor } from '../../limits.ts';
import type { HomeAssistantPresence } from '../home-assistant-presence.ts';
import type { Arrivals } from './arrivals.ts';
import type { Connection } from './connection.ts';
import type { HomeAssistantStatus, StatusWatch } from './home-assistant-status.ts';

/** The events that were sent and have not been shown to have arrived; stored on disk. */
export interface UnconfirmedEvents {
  /** Treats those as arrived that were sent at least `ago` milliseconds ago, by this process since `since` if given. */
  trust(sent: { readonly ago: number; readonly since?: Monotonic }): void;
  /** Has all of them sent again. */
  sendAgain(): void;
}

export interface UnconfirmedOptions {
  readonly connection: Connection;
  readonly homeAssistant: StatusWatch;
  readonly arrivals: Arrivals;
  readonly presence: HomeAssistantPresence;
  readonly unconfirmed: UnconfirmedEvents;
  readonly clock: Clock;
}

/**
 * Decides about unconfirmed events where the bridge cannot ask Home Assistant. Home Assistant subscribes with a clean
 * session, so it misses what is published while it is away, and the broker's acknowledgement says nothing about it. What
 * may not have arrived stays unconfirmed and is sent again on Home Assistant's birth: everything since its will or since
 * the bridge lost the broker, whichever was earlier, and shortly before; without either, the last ten minutes.
 *
 * Returns what has to be called now and then: while Home Assistant is here, events become trusted with time alone.
 */
export function trackUnconfirmed(options: UnconfirmedOptions): () => void {
  const { connection, homeAssistant, arrivals, presence, unconfirmed, clock } = options;
  let upSince = clock.monotonic();
  let isSendAgainDue = false;

  /** Where no Home Assistant is expected, unconfirmed events do not pile up. */
  const isTrusted = (status: HomeAssistantStatus) =>
    status === 'here' || !presence.isExpected() || arrivals.usedFor() >= 2 * unconfirmedFor.withoutWill;
  const trustOld = (status: HomeAssistantStatus) => {
    if (isTrusted(status)) unconfirmed.trust({ ago: unconfirmedFor.withoutWill });
  };
  const sendAgain = () => {
    if (isSendAgainDue) unconfirmed.sendAgain();
    isSendAgainDue = false;
  };
  connection.onUp(() => {
    upSince = clock.monotonic();
  });
  homeAssistant.onBirth((before) => {
    isSendAgainDue = true;
    attempt(() => {
      trustOld(before);
      sendAgain();
      presence.markSeen();
    });
  });
  arrivals.onUnannounced(() => {
    isSendAgainDue = true;
    attempt(sendAgain);
  });
  // It was connected until now and since before the bridge was: otherwise the bridge would have heard its birth.
  homeAssistant.onWill(() =>
    attempt(() => {
      unconfirmed.trust({ since: upSince, ago: unconfirmedFor.beforeWill });
      presence.markSeenUnlessGone();
    }),
  );
  homeAssistant.onLost((before) =>
    attempt(() => {
      if (isTrusted(before)) unconfirmed.trust({ ago: unconfirmedFor.beforeWill });
    }),
  );
  return () =>
    attempt(() => {
      sendAgain();
      trustOld(homeAssistant.status());
    });
}

/** A failing disk is reported by what has something to record; an event that stays unconfirmed only arrives twice. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {}
}
