import { createNotifier, sleep } from '../../async.ts';
import type { Clock, Monotonic } from '../../clock.ts';
import { afterStart, birthDue, retainedArriveWithin } from '../../limits.ts';
import { keepIfPossible, type AnnouncementSource, type Memory } from '../home-assistant-presence.ts';
import type { DeliveryObserver } from '../output.ts';
import type { Connection } from './connection.ts';
import type { StatusWatch } from './home-assistant-status.ts';

export interface ArrivalOptions {
  readonly connection: Connection;
  readonly homeAssistant: StatusWatch;
  readonly observer: DeliveryObserver;
  /** How Home Assistant announces itself, as it says itself. */
  readonly source: AnnouncementSource;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly closing: AbortSignal;
}

const key = 'home_assistant_birth_seen';

/** Home Assistant's arrivals as its entities show them, beside its birth messages, which may never reach the bridge. */
export class Arrivals {
  readonly #options: ArrivalOptions;
  readonly #unannounced = createNotifier();
  #isBirthSeen: boolean;
  /** Since when the entities have been available. */
  #usedSince: Monotonic | null = null;
  #upSince: Monotonic | null = null;
  /** Whether a birth came since the entities were last unavailable. */
  #isAnnounced = false;
  /** When Home Assistant came to the broker without a birth since. */
  #missedSince: Monotonic | null = null;
  #isExpecting = false;

  constructor(options: ArrivalOptions) {
    const { connection, homeAssistant, observer, source, memory, clock } = options;
    this.#options = options;
    this.#isBirthSeen = memory.get(key) === true;
    connection.onUp(() => (this.#upSince = clock.monotonic()));
    connection.onDown(() => {
      this.#upSince = null;
      this.#missedSince = null;
    });
    homeAssistant.onBirth(() => this.#noteBirth());
    observer.onChange(() => this.#look());
    observer.onReturn(() => this.#noteReturn());
    // Home Assistant has reloaded its MQTT integration by then: its birth came where the bridge did not listen yet.
    source.onChange(() => (this.#missedSince = null));
  }

  /** Calls back when Home Assistant has come and no birth message has said so. */
  onUnannounced(listener: () => void): void {
    this.#unannounced.subscribe(listener);
  }

  /** For how many milliseconds its entities have been available; 0 where they are not, or that cannot be seen. */
  usedFor(): number {
    return this.#ago(this.#usedSince);
  }

  /** Why the bridge cannot rely on birth messages, as a sentence; null where nothing is wrong or known. */
  trouble(): string | null {
    const { homeAssistant, source } = this.#options;
    if (homeAssistant.isStrange() && !this.#isBirthSeen) return strange;
    if (this.#usedSince === null) return null;
    const { birth } = homeAssistant.announcements();
    if (birth === null) return switchedOff;
    const isUnheard = !this.#isBirthSeen && source.current() === null;
    const isMissing =
      this.#ago(this.#missedSince) >= birthDue.after || (isUnheard && this.usedFor() >= birthDue.neverSeen);
    return isMissing ? neverCame(birth.topic) : null;
  }

  #ago(since: Monotonic | null): number {
    return since === null ? 0 : this.#options.clock.monotonic() - since;
  }

  #noteBirth(): void {
    this.#isAnnounced = true;
    this.#missedSince = null;
    // Where the disk refuses, the next birth is remembered.
    if (!this.#isBirthSeen) keepIfPossible(this.#options.memory, key, true);
    this.#isBirthSeen = true;
  }

  #noteReturn(): void {
    const isHeard = this.#ago(this.#upSince) >= retainedArriveWithin;
    if (isHeard && !this.#isAnnounced) this.#missedSince ??= this.#options.clock.monotonic();
    void this.#expectBirth();
  }

  #look(): void {
    const { observer, clock } = this.#options;
    if (observer.isUsed() === (this.#usedSince !== null)) return;
    if (this.#usedSince !== null) this.#isAnnounced = false;
    this.#usedSince = this.#usedSince === null ? clock.monotonic() : null;
    // Where births come, this is only the bridge's own connection to Home Assistant that was interrupted.
    if (this.#usedSince !== null && !this.#mayExpectBirths()) void this.#expectBirth();
  }

  #mayExpectBirths(): boolean {
    return this.#isBirthSeen && this.#options.homeAssistant.announcements().birth !== null;
  }

  /** Home Assistant's automations do not listen at once, and its birth tells when they do. */
  async #expectBirth(): Promise<void> {
    const { observer, clock, closing } = this.#options;
    if (this.#isExpecting) return;
    this.#isExpecting = true;
    const isOver = await sleep(clock, this.#mayExpectBirths() ? birthDue.after : afterStart, closing);
    this.#isExpecting = false;
    if (isOver && !this.#isAnnounced && observer.isUsed()) this.#unannounced.notify();
  }
}

const where = 'in Home Assistant under Settings → Devices & services → MQTT → Configure';
const neverCame = (topic: string) =>
  `Home Assistant uses the bridge’s entities, but its birth message does not reach the bridge on ${topic}, so the bridge may not notice when Home Assistant restarts. Let the bridge’s user read this topic on the broker, and compare it with the birth message ${where}; name another one in MONZO_BRIDGE_HOME_ASSISTANT_STATUS_TOPIC. Then reload Home Assistant’s MQTT integration once.`;
const switchedOff = `Home Assistant’s birth message is switched off, so the bridge may not notice when Home Assistant restarts. Switch it on ${where}.`;
const strange = `Home Assistant’s status topic carries other messages than the bridge knows. Compare the birth and will messages ${where}, and name them in MONZO_BRIDGE_HOME_ASSISTANT_STATUS_PAYLOADS.`;
