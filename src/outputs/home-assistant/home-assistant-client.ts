import { z } from 'zod';
import { createBackoff, createNotifier, sleep, untilAborted, withDeadline } from '../../async.ts';
import type { Clock, Monotonic } from '../../clock.ts';
import type { PartHealth } from '../../domain/view.ts';
import type { OutputLog } from '../output.ts';
import { flapping } from '../../limits.ts';
import {
  away,
  errorCode,
  explainFailure,
  needsPerson,
  notAdministrator,
  notRunning,
  timedOut,
} from './connection-failures.ts';
import { openSession, type Session } from './websocket-session.ts';

export interface ClientOptions {
  /** `http://` or `https://`, with or without a path. */
  readonly url: string;
  /** An administrator's long-lived token, or the one that the Supervisor gives its apps. */
  readonly token: string;
  /** Whether the address is the Supervisor's, which lets the bridge through to Home Assistant; false where left out. */
  readonly isThroughSupervisor?: boolean;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
}

const reconnectAfter = { shortest: 1_000, longest: 15_000 } as const;
/** Home Assistant counts each refused token as a failed sign-in and may ban the bridge's address for them. */
const reconnectAfterRefusal = 300_000;
const openTimeout = 20_000;
const checkStartEvery = 1_000;
const checkRecoveryEvery = 60_000;
/** After a connection that lasted this long the bridge reconnects quickly again. */
const stableAfter = 5_000;

const userSchema = z.object({ is_admin: z.boolean() });
const configSchema = z.object({ state: z.string(), recovery_mode: z.boolean().catch(false) });

/** Connects to Home Assistant, and reconnects until closed. */
export class HomeAssistantClient {
  readonly #options: ClientOptions;
  /** For people to read: the configured one may hold a password. Null where it is the Supervisor's. */
  readonly #address: string | null;
  /** Home Assistant, and where. */
  readonly #name: string;
  readonly #closing = new AbortController();
  readonly #sessions = createNotifier<Session>();
  readonly #changes = createNotifier();
  readonly #running: Promise<void>;
  readonly #cuts = createCuts(flapping.within);
  #session: Session | null = null;
  /** With or without the integrations of Home Assistant; null while there is no connection. */
  #opened: Session | null = null;
  #sawStart = false;
  /** Whether the Supervisor has said since the last session that Home Assistant does not run. */
  #sawStop = false;
  #isStarting = false;
  /** When the last session ended; null before the first one. */
  #goneSince: Monotonic | null = null;
  #goneFor = 0;
  #health: Omit<PartHealth, 'part'>;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#address = addressOf(options);
    this.#name = nameOf(this.#address);
    this.#health = { state: 'down', sentence: `Not yet connected to ${this.#name}.` };
    this.#running = this.#stayConnected();
  }

  /** Calls back with each new session once Home Assistant is running, never while it is still starting. */
  onSession(listener: (session: Session) => void): void {
    this.#sessions.subscribe(listener);
  }

  /** The session while Home Assistant is connected and running. */
  session(): Session | null {
    return this.#session?.ended.aborted === false ? this.#session : null;
  }

  /** The same also while it is starting or in recovery mode: its users are known then. */
  opened(): Session | null {
    return this.#opened?.ended.aborted === false ? this.#opened : null;
  }

  /** Whether Home Assistant is connected and has not started yet. */
  isStarting(): boolean {
    return this.#isStarting;
  }

  /** Whether Home Assistant was still starting when this session began. */
  sawStart(): boolean {
    return this.#sawStart;
  }

  /** For how many milliseconds there was no session before this one; 0 for the first one. */
  goneFor(): number {
    return this.#goneFor;
  }

  /** Calls back whenever the health may have changed. */
  onChange(listener: () => void): void {
    this.#changes.subscribe(listener);
  }

  health(): PartHealth {
    const part = 'home_assistant';
    const cuts = this.#cuts.count(this.#options.clock.monotonic());
    if (cuts < flapping.cuts || this.#health.state === 'needs_user') return { part, ...this.#health };
    const check =
      this.#address === null
        ? 'look at the logs of Home Assistant and its Supervisor'
        : 'check the network between it and the bridge, and the timeout for websockets of a reverse proxy';
    const sentence = `The connection to ${this.#name} was lost ${cuts} times within ten minutes, and Home Assistant did not restart: ${check}. Events go on in between.`;
    return { part, state: this.#health.state === 'ok' ? 'degraded' : this.#health.state, sentence };
  }

  async close(): Promise<void> {
    this.#closing.abort(away());
    await this.#running;
  }

  async #stayConnected(): Promise<void> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#closing;
    const backoff = createBackoff({ ...reconnectAfter, random });
    // Lets the creator subscribe first.
    await Promise.resolve();
    while (!signal.aborted) {
      const began = clock.monotonic();
      const { wasUp, thrown } = await this.#attempt();
      if (signal.aborted) return;
      const health = explainFailure(this.#address, thrown);
      if (health.sentence !== this.#health.sentence)
        log[health.state === 'degraded' ? 'info' : 'warn'](health.sentence ?? '');
      this.#setHealth(health);
      this.#sawStop ||= this.#address === null && errorCode(thrown) === notRunning;
      if (wasUp && clock.monotonic() - began >= stableAfter) backoff.reset();
      // Only Home Assistant itself bans an address for refused tokens.
      const isRefused = needsPerson(thrown) && this.#address !== null;
      await sleep(clock, isRefused ? reconnectAfterRefusal : backoff.next(), signal);
    }
  }

  /** One connection from beginning to end; never throws. */
  async #attempt(): Promise<{ readonly wasUp: boolean; readonly thrown: unknown }> {
    const { clock } = this.#options;
    let session: Session | null = null;
    try {
      session = await this.#open();
      await this.#untilRunning(session);
      if (this.#sawStart) this.#cuts.forgive();
      this.#goneFor = this.#goneSince === null ? 0 : clock.monotonic() - this.#goneSince;
      this.#session = session;
      this.#options.log.info('Connected to Home Assistant', { address: this.#address ?? 'the Supervisor' });
      this.#setHealth({ state: 'ok', sentence: null });
      this.#sessions.notify(session);
      await untilAborted(AbortSignal.any([session.ended, this.#closing.signal]));
      return { wasUp: true, thrown: away() };
    } catch (thrown) {
      return { wasUp: false, thrown };
    } finally {
      this.#isStarting = false;
      this.#opened = null;
      if (this.#session !== null) this.#noteEnd();
      session?.close();
    }
  }

  #noteEnd(): void {
    this.#session = null;
    this.#goneSince = this.#options.clock.monotonic();
    this.#cuts.note(this.#goneSince);
  }

  #open(): Promise<Session> {
    const { url, token, clock } = this.#options;
    const onUnauthorized = (session: Session) => void this.#closeIfNotAdministrator(session);
    return withDeadline({ clock, ms: openTimeout, late: timedOut, signal: this.#closing.signal }, (signal) =>
      openSession({ url, token, clock, onUnauthorized }, signal),
    );
  }

  /** Home Assistant accepts connections long before it has loaded webhooks and actions. */
  async #untilRunning(session: Session): Promise<void> {
    const { clock } = this.#options;
    if (!(await isAdministrator(session))) throw notAdministrator();
    this.#opened = session;
    const ended = AbortSignal.any([session.ended, this.#closing.signal]);
    this.#sawStart = this.#sawStop;
    for (;;) {
      const config = configSchema.safeParse(await session.command({ type: 'get_config' }));
      // It lasts until a restart; neither automations nor MQTT are loaded in it, and its registries are empty.
      const isRecovering = config.data?.recovery_mode === true;
      this.#isStarting = isRecovering || config.data?.state !== 'RUNNING';
      if (!this.#isStarting) break;
      this.#sawStart = true;
      const health = isRecovering ? recovering(this.#name) : starting(this.#name);
      if (isRecovering && health.sentence !== this.#health.sentence)
        this.#options.log.warn(health.sentence ?? '');
      this.#setHealth(health);
      await clock.wait(isRecovering ? checkRecoveryEvery : checkStartEvery, ended);
    }
    this.#sawStop = false;
  }

  /** A user who loses administrator rights keeps the connection, but every command fails; reconnecting says why. */
  async #closeIfNotAdministrator(session: Session): Promise<void> {
    const stillMay = await isAdministrator(session).catch(() => true);
    if (!stillMay) session.close();
  }

  #setHealth(health: Omit<PartHealth, 'part'>): void {
    const isNews = health.state !== this.#health.state || health.sentence !== this.#health.sentence;
    this.#health = health;
    if (isNews) this.#changes.notify();
  }
}

/** Connects once, asks whether Home Assistant runs and the token is an administrator's, and leaves again. Never throws. */
export async function probeHomeAssistant(
  options: Pick<ClientOptions, 'url' | 'token' | 'isThroughSupervisor' | 'clock'>,
): Promise<Omit<PartHealth, 'part'>> {
  const { url, token, clock } = options;
  const address = addressOf(options);
  const name = nameOf(address);
  try {
    return await withDeadline({ clock, ms: openTimeout, late: timedOut }, async (signal) => {
      const session = await openSession({ url, token, clock, onUnauthorized: () => {} }, signal);
      try {
        if (!(await isAdministrator(session))) throw notAdministrator();
        const { data } = configSchema.safeParse(await session.command({ type: 'get_config' }));
        if (data?.recovery_mode === true) return recovering(name);
        return data?.state === 'RUNNING'
          ? { state: 'ok', sentence: `${name} lets the bridge in.` }
          : starting(name);
      } finally {
        session.close();
      }
    });
  } catch (thrown) {
    return explainFailure(address, thrown);
  }
}

function addressOf({ url, isThroughSupervisor = false }: Pick<ClientOptions, 'url' | 'isThroughSupervisor'>) {
  const { origin, pathname } = new URL(url);
  return isThroughSupervisor ? null : `${origin}${pathname === '/' ? '' : pathname}`;
}

function nameOf(address: string | null): string {
  return address === null ? 'Home Assistant' : `Home Assistant at ${address}`;
}

function starting(name: string): Omit<PartHealth, 'part'> {
  return {
    state: 'degraded',
    sentence: `${name} is still starting; the bridge continues once it is running.`,
  };
}

function recovering(name: string): Omit<PartHealth, 'part'> {
  return {
    state: 'needs_user',
    sentence: `${name} is in recovery mode: automations and MQTT are not loaded, so events wait. Correct what its log under Settings → System → Logs names, and restart it.`,
  };
}

async function isAdministrator(session: Session): Promise<boolean> {
  const user = userSchema.safeParse(await session.command({ type: 'auth/current_user' }));
  return user.data?.is_admin !== false;
}

/** When a connection of the last minutes ended without Home Assistant starting anew. */
interface Cuts {
  note(at: Monotonic): void;
  /** Home Assistant has started: the last end was its own. */
  forgive(): void;
  count(now: Monotonic): number;
}

function createCuts(within: number): Cuts {
  let cuts: Monotonic[] = [];
  return {
    note: (at) => (cuts = [...cuts.filter((cut) => at - cut < within), at]),
    forgive: () => void cuts.pop(),
    count: (now) => cuts.filter((cut) => now - cut < within).length,
  };
}
