import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { PartHealth } from '../../domain/health.ts';
import type { OutputLog } from '../output.ts';
import { away, explainFailure, needsPerson, notAdministrator, silent } from './failure.ts';
import { startSession, type Session } from './session.ts';
import { openSocket } from './socket.ts';

export interface ClientOptions {
  /** `http://` or `https://`, with or without a path. */
  readonly url: string;
  /** An administrator's long-lived token. */
  readonly token: string;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
}

/** One lasting relation with a Home Assistant, whatever it and the network do in between. */
export interface HomeAssistantClient {
  /** Called with each new session, as soon as Home Assistant is running, never while it is still starting. */
  onSession(listener: (session: Session) => void): void;
  /** The session while Home Assistant is connected and running. */
  session(): Session | null;
  /** Called whenever the health may have changed. */
  onChange(listener: () => void): void;
  health(): PartHealth;
  close(): Promise<void>;
}

const backoff = { shortest: 1_000, longest: 15_000 } as const;
/** Each refused token is one more failed sign-in in Home Assistant's eyes, which may ban us for them. */
const restAfterRefusal = 300_000;
const openPatience = 20_000;
const lookEvery = 1_000;
/** A connection that lasted this long was a good one: the next attempt comes quickly again. */
const stableAfter = 5_000;

const userSchema = z.object({ is_admin: z.boolean() });
const configSchema = z.object({ state: z.string() });

/** Connects, and stays connected until closed. */
export function createClient(options: ClientOptions): HomeAssistantClient {
  return new Client(options);
}

class Client implements HomeAssistantClient {
  readonly #options: ClientOptions;
  readonly #shown: string;
  readonly #closing = new AbortController();
  readonly #whenUp: ((session: Session) => void)[] = [];
  readonly #whenChanged: (() => void)[] = [];
  readonly #running: Promise<void>;
  #session: Session | null = null;
  #health: Omit<PartHealth, 'part'>;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    // An address may hold a password.
    this.#shown = `${origin}${pathname === '/' ? '' : pathname}`;
    this.#health = { state: 'down', sentence: `Not yet connected to Home Assistant at ${this.#shown}.` };
    this.#running = this.#stayConnected();
  }

  onSession(listener: (session: Session) => void): void {
    this.#whenUp.push(listener);
  }

  session(): Session | null {
    return this.#session?.ended.aborted === false ? this.#session : null;
  }

  onChange(listener: () => void): void {
    this.#whenChanged.push(listener);
  }

  health(): PartHealth {
    return { part: 'home_assistant', ...this.#health };
  }

  async close(): Promise<void> {
    this.#closing.abort(away());
    await this.#running;
  }

  async #stayConnected(): Promise<void> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#closing;
    // Whoever made us may first say what they want to hear.
    await Promise.resolve();
    for (let failures = 0; !signal.aborted;) {
      const began = clock.now();
      const { wasUp, thrown } = await this.#attempt();
      if (signal.aborted) return;
      const health = explainFailure(this.#shown, thrown);
      if (health.sentence !== this.#health.sentence) log.warn(health.sentence ?? '');
      this.#become(health);
      failures = wasUp && clock.now() - began >= stableAfter ? 0 : failures + 1;
      const rest = needsPerson(thrown) ? restAfterRefusal : restAfter(failures, random());
      await clock.wait(rest, signal).catch(() => {});
    }
  }

  /** One connection from beginning to end; never throws. */
  async #attempt(): Promise<{ readonly wasUp: boolean; readonly thrown: unknown }> {
    const { log } = this.#options;
    let session: Session | null = null;
    try {
      session = await this.#open();
      await this.#untilRunning(session);
      this.#session = session;
      log.info('Connected to Home Assistant', { address: this.#shown });
      this.#become({ state: 'ok', sentence: null });
      for (const listener of this.#whenUp) listener(session);
      await endOf(session.ended, this.#closing.signal);
      return { wasUp: true, thrown: away() };
    } catch (thrown) {
      return { wasUp: false, thrown };
    } finally {
      this.#session = null;
      session?.hangUp();
    }
  }

  async #open(): Promise<Session> {
    const { url, token, clock } = this.#options;
    const patience = new AbortController();
    const { signal } = this.#closing;
    const opened = new AbortController();
    clock.wait(openPatience, AbortSignal.any([opened.signal, signal])).then(
      () => patience.abort(silent()),
      () => {},
    );
    try {
      const socket = await openSocket({ url, token, signal: AbortSignal.any([patience.signal, signal]) });
      return startSession({ socket, clock, onUnauthorized: (session) => void this.#lookAtRights(session) });
    } finally {
      opened.abort(away());
    }
  }

  /** Home Assistant answers long before it has started: webhooks and actions of its parts come last. */
  async #untilRunning(session: Session): Promise<void> {
    const { clock } = this.#options;
    if (!(await isAdministrator(session))) throw notAdministrator();
    const over = AbortSignal.any([session.ended, this.#closing.signal]);
    for (;;) {
      const config = configSchema.safeParse(await session.command({ type: 'get_config' }));
      if (config.data?.state === 'RUNNING') return;
      const sentence = `Home Assistant at ${this.#shown} is still starting; the bridge goes on once it runs.`;
      this.#become({ state: 'degraded', sentence });
      await clock.wait(lookEvery, over);
    }
  }

  /** Whoever stops being an administrator keeps the line, on which nothing works any more: a new one tells why. */
  async #lookAtRights(session: Session): Promise<void> {
    if (!(await isAdministrator(session).catch(() => true))) session.hangUp();
  }

  #become(health: Omit<PartHealth, 'part'>): void {
    const isNews = health.sentence !== this.#health.sentence || health.state !== this.#health.state;
    this.#health = health;
    if (isNews) for (const listener of this.#whenChanged) listener();
  }
}

async function isAdministrator(session: Session): Promise<boolean> {
  const user = userSchema.safeParse(await session.command({ type: 'auth/current_user' }));
  return user.data?.is_admin !== false;
}

function endOf(...signals: readonly AbortSignal[]): Promise<void> {
  const either = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    if (either.aborted) return resolve();
    either.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Doubles up to a quarter of a minute; the upper half is left to chance. */
function restAfter(failures: number, random: number): number {
  const longest = Math.min(backoff.longest, backoff.shortest * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + random / 2);
}
