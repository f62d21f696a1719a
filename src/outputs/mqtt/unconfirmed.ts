import type { Clock } from '../../clock.ts';
import type { Instant } from '../../domain/values.ts';
import { unconfirmedFor } from '../../limits.ts';
import type { HomeAssistantPresence } from '../home-assistant-presence.ts';
import type { Connection } from './connection.ts';
import type { HomeAssistantWatch, Presence } from './home-assistant.ts';

/** The events that were sent and of which nothing has shown that they arrived; kept on disk. */
export interface UnprovenEvents {
  /** Those sent in `[from, before)` have arrived. */
  trust(sent: { readonly from?: Instant; readonly before: Instant }): void;
  /** All of them are to be sent again. */
  sendAgain(): void;
}

export interface UnconfirmedOptions {
  readonly connection: Connection;
  readonly homeAssistant: HomeAssistantWatch;
  readonly presence: HomeAssistantPresence;
  readonly unproven: UnprovenEvents;
  readonly clock: Clock;
}

/**
 * The rule for a Home Assistant that cannot be asked. It subscribes with a clean session, so what is published while it
 * is away is gone, and a broker's acknowledgement says nothing about it. Whatever may not have arrived stays in doubt,
 * and is sent again when Home Assistant comes back: on its birth, everything since the earlier of its will and our own
 * loss of the broker, and a little before; where there was neither, the last ten minutes.
 *
 * Returns what has to be called now and then: time alone takes events out of doubt while Home Assistant is here.
 */
export function trackUnconfirmed(options: UnconfirmedOptions): () => void {
  const { connection, homeAssistant, presence, unproven, clock } = options;
  let upSince = clock.now();
  let isAgainDue = false;

  /** Where nobody is expected, doubts do not pile up either. */
  const staysHere = (status: Presence) => status === 'here' || !presence.isExpected();
  const fade = (status: Presence) => {
    if (staysHere(status)) unproven.trust({ before: clock.now() - unconfirmedFor.withoutWill });
  };
  const again = () => {
    if (isAgainDue) unproven.sendAgain();
    isAgainDue = false;
  };
  connection.onUp(() => {
    upSince = clock.now();
  });
  homeAssistant.follow({
    onBirth: (before) => {
      isAgainDue = true;
      attempt(() => {
        fade(before);
        again();
        presence.markSeen();
      });
    },
    // It was connected until now, and since before we were: otherwise its birth would have been heard.
    onWill: () =>
      attempt(() => {
        unproven.trust({ from: upSince, before: clock.now() - unconfirmedFor.beforeWill });
        presence.markSeenUnlessGone();
      }),
    onLost: (before) =>
      attempt(() => {
        if (staysHere(before)) unproven.trust({ before: clock.now() - unconfirmedFor.beforeWill });
      }),
  });
  return () =>
    attempt(() => {
      again();
      fade(homeAssistant.presence());
    });
}

/** A disk that refuses is told by whoever has something to record; doubts that stay only make an event come twice. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {}
}
