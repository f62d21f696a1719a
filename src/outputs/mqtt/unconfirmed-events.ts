import type { Clock, Monotonic } from '../../clock.ts';
import { createBackoff } from '../../async.ts';
import type { SettledEvent } from '../../domain/delivery.ts';
import { unconfirmedFor } from '../../limits.ts';
import type { HomeAssistantPresence, Memory } from '../home-assistant-presence.ts';
import type { DeliveryObserver } from '../output.ts';
import type { Arrivals } from './arrivals.ts';
import type { Connection } from './connection.ts';
import type { HomeAssistantStatus, StatusWatch } from './home-assistant-status.ts';

/** The events that were sent and have not been shown to have arrived; stored on disk. */
export interface UnconfirmedEvents {
  /** Treats those as arrived that were sent at least `ago` milliseconds ago, by this process since `since` if given. */
  trust(sent: { readonly ago: number; readonly since?: Monotonic }): void;
  /** Has all of them sent again. */
  sendAgain(): void;
  /**
   * Has those sent again that nobody received: where the events at these places were heard now, or without places the
   * oldest of each account, as a trial. Returns how many there are.
   */
  sendUnheardAgain(heard: readonly number[] | null): number;
}

export interface UnconfirmedOptions {
  readonly connection: Connection;
  readonly homeAssistant: StatusWatch;
  readonly arrivals: Arrivals;
  readonly observer: Pick<DeliveryObserver, 'presence'>;
  readonly presence: HomeAssistantPresence;
  readonly unconfirmed: UnconfirmedEvents;
  readonly clock: Clock;
  readonly memory: Memory;
  readonly closing: AbortSignal;
}

/** How often an event is tried again that nobody received, while no other one tells whether somebody listens again. */
const trials = { shortest: 60_000, longest: 3_600_000 } as const;

const memoryKey = 'home_assistant_doubt';

/** Why Home Assistant may not be there: its will came, or the broker was lost and no birth has come since. */
type Doubt = 'will' | 'loss';

/**
 * Decides about unconfirmed events where the bridge cannot ask Home Assistant. Home Assistant subscribes with a clean
 * session, so it misses what is published while it is away, and the broker's acknowledgement says nothing about it. What
 * may not have arrived stays unconfirmed and is sent again on Home Assistant's birth: what was sent since its will or since
 * the bridge lost the broker, and shortly before. The doubt is kept on disk until the birth. Without doubt, events become
 * trusted with time alone: a later loss concerns only the last ten minutes.
 *
 * Returns what has to be called now and then.
 */
export function trackUnconfirmed(options: UnconfirmedOptions): () => void {
  const { connection, homeAssistant, arrivals, presence, unconfirmed, clock, closing } = options;
  const doubt = createDoubt(options.memory);
  const { isBlind, isTrusted, concernedBy } = createTrust(options, doubt);
  let upSince = clock.monotonic();
  let isSendAgainDue = false;
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
      doubt.become(null);
      presence.markSeen();
    });
  });
  arrivals.onUnannounced(() => {
    isSendAgainDue = true;
    attempt(() => {
      sendAgain();
      doubt.become(null);
    });
  });
  // It was connected until now and since before the bridge was: otherwise the bridge would have heard its birth.
  homeAssistant.onWill(() =>
    attempt(() => {
      if (!isBlind()) unconfirmed.trust({ since: upSince, ago: unconfirmedFor.beforeWill });
      doubt.become('will');
      presence.markSeenUnlessGone();
    }),
  );
  homeAssistant.onLost((before) =>
    attempt(() => {
      // The bridge itself is stopping.
      if (closing.aborted) return;
      const ago = concernedBy(before);
      if (ago !== null) unconfirmed.trust({ ago });
      doubt.become(doubt.current() ?? 'loss');
    }),
  );
  return () =>
    attempt(() => {
      const status = homeAssistant.status();
      sendAgain();
      trustOld(status);
      // Where the disk refused it before.
      if (status !== 'unknown') doubt.become(status === 'here' ? null : 'will');
    });
}

/** What follows the events that nobody received. */
export interface UnheardTracking {
  /** Has to be called now and then. */
  readonly look: () => void;
  /** Outcomes of events were stored. */
  readonly settled: (settled: readonly SettledEvent[]) => void;
}

/**
 * Home Assistant may have come without a birth that reached the bridge, such as while the bridge itself started. Then its
 * subscriptions tell, where the broker says what nobody received: an event that is heard shows that those before it would
 * be, and where none follows, the oldest is tried.
 */
export function trackUnheard(
  options: Pick<UnconfirmedOptions, 'connection' | 'homeAssistant' | 'presence' | 'unconfirmed' | 'clock'>,
): UnheardTracking {
  const { connection, homeAssistant, presence, unconfirmed, clock } = options;
  const pauses = createBackoff(trials);
  let notBefore = Number.NEGATIVE_INFINITY;
  const beginAnew = () => {
    pauses.reset();
    notBefore = clock.monotonic() + pauses.next();
  };
  connection.onUp(beginAnew);
  homeAssistant.onBirth(beginAnew);
  return {
    look: () =>
      attempt(() => {
        const isHere = connection.isUp() && homeAssistant.status() !== 'away';
        if (!isHere || !presence.isExpected() || clock.monotonic() < notBefore) return;
        if (unconfirmed.sendUnheardAgain(null) > 0) notBefore = clock.monotonic() + pauses.next();
      }),
    settled: (settled) =>
      attempt(() => {
        const heard = settled.filter(({ outcome }) => outcome === 'unproven').map(({ seq }) => seq);
        if (heard.length > 0 && presence.isExpected()) unconfirmed.sendUnheardAgain(heard);
      }),
  };
}

interface StoredDoubt {
  current(): Doubt | null;
  /** Throws where the disk refuses. */
  become(next: Doubt | null): void;
}

function createDoubt(memory: Memory): StoredDoubt {
  const stored = memory.get(memoryKey);
  let doubt: Doubt | null = stored === 'will' || stored === 'loss' ? stored : null;
  return {
    current: () => doubt,
    become: (next) => {
      if (next === doubt) return;
      memory.set(memoryKey, next);
      doubt = next;
    },
  };
}

/** When events count as arrived with time alone. */
function createTrust(
  { connection, arrivals, observer, presence }: UnconfirmedOptions,
  doubt: Pick<StoredDoubt, 'current'>,
) {
  const { withoutWill, beforeWill, withoutBirth } = unconfirmedFor;
  // With a token its entities tell.
  const isUnasked = () => observer.presence() === 'unknown';
  const isBlind = () => ['away', 'starting'].includes(observer.presence());
  /** Where no Home Assistant is expected, unconfirmed events do not pile up. */
  const isTrusted = (status: HomeAssistantStatus): boolean => {
    if (!presence.isExpected()) return true;
    if (isBlind()) return false;
    const isPresumed = status === 'unknown' && doubt.current() === null && isUnasked();
    return status === 'here' || isPresumed || arrivals.usedFor() >= 2 * withoutWill;
  };
  /** How long before the loss of the broker events were sent that it concerns; null: it is not known that any arrived. */
  const concernedBy = (status: HomeAssistantStatus): number | null => {
    if (isTrusted(status)) return status === 'here' ? beforeWill : withoutWill;
    if (status !== 'unknown' || doubt.current() !== 'loss' || !isUnasked()) return null;
    // MQTT 5 tells of each event that nobody received.
    return connection.lastVersion() === 5 ? withoutWill : withoutBirth;
  };
  return { isBlind, isTrusted, concernedBy };
}

/** A failing disk is reported by what has something to record; an event that stays unconfirmed only arrives twice. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {}
}
