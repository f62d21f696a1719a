import { z } from 'zod';
import { createBackoff, createNotifier, createSignal, sleep, withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { PartHealth } from '../domain/view.ts';
import { BridgeError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { sendPlain } from '../plain-http.ts';

/** Home Assistant's Supervisor, as far as every app may ask it. */
export interface Supervisor {
  /**
   * The broker that another app provides; null where none does. Nothing of it is kept. Throws the retryable
   * `supervisor_away` and `supervisor_refused`.
   */
  mqttService(signal: AbortSignal): Promise<MqttService | null>;
  /** What the Supervisor calls this app, as in the address of its panel; null until that is known. */
  slug(): string | null;
  /** Calls back when the slug has become known, and when the health may have changed. */
  onChange(listener: () => void): void;
  health(): PartHealth;
  close(): Promise<void>;
}

export interface SupervisorOptions {
  /** Without a slash at the end. */
  readonly url: string;
  /** A secret that the Supervisor gives this app alone. */
  readonly token: string;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: Log;
}

const mqttSchema = z.object({
  host: z.string().regex(/^[^\s/@]+$/),
  port: z.coerce.number().int().min(1).max(65_535),
  // Where this is unclear, a password might go out unencrypted.
  ssl: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  username: z.string().nullish(),
  password: z.string().nullish(),
});
const servicesSchema = z.object({
  services: z.array(z.object({ slug: z.string(), available: z.boolean() })),
});
const selfSchema = z.object({ slug: z.string().regex(/^[-_.A-Za-z0-9]+$/) });
const envelopeSchema = z.object({ data: z.unknown() });

/** Where a broker is, and the user that apps have there. Its protocol is not looked at: it says 3.1.1 of every broker. */
export type MqttService = Readonly<z.output<typeof mqttSchema>>;

const answerTimeout = 10_000;
/** How often it is asked again while it is away, in milliseconds: its own update takes about a minute. */
const askedAgain = { shortest: 1_000, longest: 60_000 } as const;

type Asking<T> = (options: SupervisorOptions, signal: AbortSignal) => Promise<T>;

/**
 * Asks the Supervisor who this app is until it says so, and again what it did not answer, until it does. Everything else is
 * asked when it is needed.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, random, log } = options;
  const changes = createNotifier();
  const closing = new AbortController();
  const { signal } = closing;
  const troubled = createSignal(clock, signal);
  /** By what was asked, the newest last. */
  const troubles = new Map<Asking<unknown>, BridgeError>();
  let slug: string | null = null;

  const sentence = () => [...troubles.values()].at(-1)?.message ?? null;
  const note = (asking: Asking<unknown>, trouble: BridgeError | null) => {
    const before = sentence();
    troubles.delete(asking);
    if (trouble !== null) troubles.set(asking, trouble);
    const now = sentence();
    if (now !== null) troubled.raise();
    if (now === before) return;
    if (now === null) log.info('The Supervisor answers again.');
    else log.warn(now);
    changes.notify();
  };
  const ask = async <T>(asking: Asking<T>, until: AbortSignal): Promise<T> => {
    try {
      const answer = await asking(options, until);
      note(asking, null);
      return answer;
    } catch (thrown) {
      if (thrown instanceof BridgeError && !signal.aborted) note(asking, thrown);
      throw thrown;
    }
  };
  const findOut = async (): Promise<void> => {
    const pauses = createBackoff({ ...askedAgain, random });
    while (slug === null && !signal.aborted) {
      slug = await ask(ownSlug, signal).catch(() => null);
      if (slug === null) await sleep(clock, pauses.next(), signal);
    }
    changes.notify();
    // Whoever asked in vain may have found another way, and would never ask again.
    while (!signal.aborted) {
      if (troubles.size === 0) pauses.reset();
      await troubled.raised();
      await sleep(clock, pauses.next(), signal);
      const unanswered = [...troubles.keys()];
      for (const asking of unanswered) await ask(asking, signal).catch(() => null);
    }
  };
  const finding = findOut();
  return {
    mqttService: (until) => ask(mqttServiceOf, until),
    slug: () => slug,
    onChange: (listener) => void changes.subscribe(listener),
    health: () => ({ part: 'supervisor', state: troubles.size === 0 ? 'ok' : 'down', sentence: sentence() }),
    close: async () => {
      closing.abort(new Error('the bridge is stopping'));
      await finding;
    },
  };
}

async function ownSlug(options: SupervisorOptions, signal: AbortSignal): Promise<string> {
  const self = await askOnce(options, { path: '/addons/self/info', schema: selfSchema, signal });
  if (self === null) throw away('it is starting');
  return self.slug;
}

/** It answers with the same status where there is no broker and while it is starting itself; only its list tells which. */
async function mqttServiceOf(options: SupervisorOptions, signal: AbortSignal): Promise<MqttService | null> {
  const service = await askOnce(options, { path: '/services/mqtt', schema: mqttSchema, signal });
  if (service !== null) return service;
  const listed = await askOnce(options, { path: '/services', schema: servicesSchema, signal });
  if (listed === null) throw away('it is starting');
  if (listed.services.some(({ slug, available }) => slug === 'mqtt' && available))
    throw away('the broker’s app is starting');
  return null;
}

interface Question<Shape extends z.ZodType> {
  readonly path: string;
  readonly schema: Shape;
  readonly signal: AbortSignal;
}

/** Null where the Supervisor answers with status 400: it does not have this, or has not started. */
async function askOnce<Shape extends z.ZodType>(
  { url, token, clock }: SupervisorOptions,
  { path, schema, signal }: Question<Shape>,
): Promise<z.output<Shape> | null> {
  const late = () => away('it did not answer in time');
  return withDeadline({ clock, ms: answerTimeout, late, signal }, async (ended) => {
    const { status, content } = await answerTo(`${url}${path}`, token, ended);
    if (status === 400) return null;
    if (status === 401 || status === 403) throw refused(status);
    const read = schema.safeParse(envelopeSchema.safeParse(content).data?.data);
    if (status !== 200) throw away(`HTTP ${status}`);
    if (!read.success) throw away('its answer is not what it should be');
    return read.data;
  });
}

async function answerTo(address: string, token: string, signal: AbortSignal) {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const { status, text } = await sendPlain({ method: 'GET', url: address, headers, signal });
    return { status, content: contentOf(text) };
  } catch (thrown) {
    signal.throwIfAborted();
    throw away(reasonOf(thrown));
  }
}

/** Null where it is not JSON. The parser's own reason would quote it, passwords included. */
function contentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The network's own word. */
function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return typeof code === 'string' ? code : messageOf(thrown);
}

function away(reason: string): BridgeError {
  const sentence = `The Supervisor of Home Assistant does not answer (${reason}); it may be restarting. The bridge keeps asking.`;
  return new BridgeError('supervisor_away', sentence, { retryable: true });
}

function refused(status: number): BridgeError {
  const sentence = `The Supervisor of Home Assistant refuses this app’s token (HTTP ${status}). The bridge keeps asking; if this lasts, restart the app.`;
  return new BridgeError('supervisor_refused', sentence, { retryable: true });
}
