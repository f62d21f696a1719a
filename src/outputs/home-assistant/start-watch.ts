import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { afterStart, attaching } from '../../limits.ts';
import { keepIfPossible, type Memory } from '../home-assistant-presence.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import type { Session } from './websocket-session.ts';

export interface StartOptions {
  readonly client: Pick<HomeAssistantClient, 'sawStart' | 'goneFor'>;
  readonly clock: Clock;
  readonly memory: Memory;
  /** Home Assistant's user may publish below it and nothing listens there. */
  readonly echoTopic: string;
}

/** The devices whose MQTT triggers automations may use, by their ids in Home Assistant. */
type Devices = () => ReadonlySet<string>;

const memoryKey = 'home_assistant_settled_at';
/** Home Assistant's time, and since when its oldest state is as it is; seconds. No state is older than the process. */
const template =
  "{{ [as_timestamp(now()), states | map(attribute='last_changed') | map('as_timestamp') | min] }}";
const agesSchema = z.object({ result: z.tuple([z.number(), z.number()]) });
const triggersSchema = z.array(z.object({ domain: z.string() }));

interface Ages {
  readonly now: number;
  readonly oldest: number;
}

/**
 * Returns what resolves once the automations of the Home Assistant in a session hear what reaches it: at once where it has
 * run on since an earlier session, and for one that has just started when its triggers are attached. False where the
 * session ends first. Never throws.
 */
export function createStartWatch(options: StartOptions) {
  const { client, clock, memory } = options;
  let settledAt = z.number().catch(Number.NEGATIVE_INFINITY).parse(memory.get(memoryKey));
  /** A state from before it last was settled shows the same process as then. */
  const isAnother = ({ oldest }: Ages) => oldest > settledAt;
  const isNew = (ages: Ages | null): boolean => {
    if (client.sawStart()) return true;
    if (ages === null) return client.goneFor() >= attaching.shortestStart;
    return isAnother(ages) && (ages.now - ages.oldest) * 1_000 < attaching.longestStart;
  };
  const noteSettled = (ages: Ages) => {
    settledAt = ages.now;
    // Where the disk refuses, the wait is repeated after the next start of the bridge.
    keepIfPossible(memory, memoryKey, settledAt);
  };
  return async (session: Session, devices: Devices): Promise<boolean> => {
    let ages = await agesIn(session, clock);
    if (isNew(ages)) {
      if (!(await sleep(clock, afterStart, session.ended))) return false;
      await untilAttached(options, session, devices);
      ages = await agesIn(session, clock);
    }
    if (!session.ended.aborted && ages !== null && isAnother(ages)) noteSettled(ages);
    return !session.ended.aborted;
  };
}

/** Null where Home Assistant does not tell. */
async function agesIn(session: Session, clock: Clock): Promise<Ages | null> {
  const heard = await firstEvent(session, { type: 'render_template', template }, clock);
  const { data } = agesSchema.safeParse(heard);
  return data === undefined ? null : { now: data.result[0], oldest: data.result[1] };
}

/** What a subscription brings first, or null. Never throws. */
async function firstEvent(
  session: Session,
  command: Parameters<Session['subscribe']>[0],
  clock: Clock,
): Promise<unknown> {
  const first = new AbortController();
  let heard: unknown = null;
  const listener = (event: unknown) => {
    heard ??= event;
    first.abort();
  };
  try {
    const unsubscribe = await session.subscribe(command, listener);
    await sleep(clock, attaching.answer, AbortSignal.any([first.signal, session.ended]));
    unsubscribe();
  } catch {
    // It refuses, or is gone: nothing was heard.
  }
  return heard;
}

/**
 * Home Assistant subscribes to what triggers automations some time after it has started: on a busy machine a minute. It is
 * there once it lists the triggers of the bridge's devices, and a message takes the way through the broker to a trigger
 * that was attached after theirs. Home Assistants without MQTT refuse to try.
 */
async function untilAttached(
  { clock, echoTopic }: StartOptions,
  session: Session,
  devices: Devices,
): Promise<void> {
  const began = clock.monotonic();
  const isInTime = () => !session.ended.aborted && clock.monotonic() - began < attaching.atMost;
  const pause = () => sleep(clock, attaching.lookEvery, session.ended);
  try {
    while (isInTime() && !(await hasTriggers(session, devices()))) await pause();
    await echoed({ session, topic: `${echoTopic}/${randomUUID()}`, isInTime, pause });
  } catch {
    // It refuses to try, or is gone: then nothing more can be found out.
  }
}

async function hasTriggers(session: Session, devices: ReadonlySet<string>): Promise<boolean> {
  for (const id of devices) {
    const listed = await session.command({ type: 'device_automation/trigger/list', device_id: id });
    const triggers = triggersSchema.safeParse(listed).data ?? [];
    if (!triggers.some(({ domain }) => domain === 'mqtt')) return false;
  }
  return true;
}

interface Echo {
  readonly session: Session;
  readonly topic: string;
  readonly isInTime: () => boolean;
  readonly pause: () => Promise<boolean>;
}

/** Lets Home Assistant publish until it hears itself. */
async function echoed({ session, topic, isInTime, pause }: Echo): Promise<void> {
  let isHeard = false;
  const trigger = { trigger: 'mqtt', topic };
  const listener = () => (isHeard = true);
  const unsubscribe = await session.subscribe({ type: 'subscribe_trigger', trigger }, listener);
  const data = { topic, payload: 'echo', qos: 1, retain: false };
  while (isInTime()) {
    await session.command({
      type: 'call_service',
      domain: 'mqtt',
      service: 'publish',
      service_data: data,
    });
    await pause();
    if (isHeard) break;
  }
  unsubscribe();
}
