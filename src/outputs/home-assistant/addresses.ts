import { z } from 'zod';
import { createNotifier, sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import type { Session } from './websocket-session.ts';

/** Where Home Assistant can be reached; each null where it cannot. */
export interface Addresses {
  /** From its owner's browser: the external address, or else the one that works at home only. */
  readonly browser: string | null;
  /** From anywhere. */
  readonly external: string | null;
  /** Nabu Casa's own complete URL of the doorbell's webhook. */
  readonly cloudhook: string | null;
}

export interface AddressOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  /** The webhook that gets a cloudhook where Home Assistant Cloud is connected. */
  readonly webhookId: string;
}

export interface AddressWatch {
  /** As last read; null before that. Kept while Home Assistant is away: its addresses outlive a restart. */
  current(): Addresses | null;
  onChange(listener: () => void): void;
}

/** Home Assistant Cloud connects some seconds after Home Assistant has started. */
const readEvery = { soon: 20_000, soonTimes: 3, later: 900_000 } as const;

const address = z.string().startsWith('http').nullable().catch(null);
const urlsSchema = z.object({ internal: address, external: address, cloud: address });
const cloudSchema = z.object({
  logged_in: z.literal(true),
  cloud: z.string(),
  prefs: z.object({ cloudhooks: z.record(z.string(), z.object({ cloudhook_url: address })) }),
});
const createdSchema = z.object({ cloudhook_url: z.string().startsWith('http') });

/** Reads Home Assistant's addresses in every new session, when its owner changes them, and at intervals. */
export function watchAddresses({ client, clock, log, webhookId }: AddressOptions): AddressWatch {
  const changes = createNotifier();
  let current: Addresses | null = null;

  const warn = (sentence: string, session: Session, thrown: unknown) => {
    if (!session.ended.aborted) log.warn(sentence, { reason: messageOf(thrown) });
  };
  const read = async (session: Session, isFresh: boolean) => {
    try {
      const found = await readAddresses({ session, webhookId, isFresh });
      if (JSON.stringify(found) === JSON.stringify(current)) return;
      current = found;
      changes.notify();
    } catch (thrown) {
      warn('Could not read Home Assistant’s addresses', session, thrown);
    }
  };
  const follow = async (session: Session) => {
    await read(session, true);
    await session.subscribe(
      { type: 'subscribe_events', event_type: 'core_config_updated' },
      () => void read(session, false),
    );
    const isFresh = (turn: number) => turn < readEvery.soonTimes;
    const pause = (turn: number) => (isFresh(turn) ? readEvery.soon : readEvery.later);
    for (let turn = 0; await sleep(clock, pause(turn), session.ended); turn += 1)
      await read(session, isFresh(turn));
  };
  client.onSession((session) => {
    follow(session).catch((thrown: unknown) =>
      warn('Could not follow changes of Home Assistant’s addresses', session, thrown),
    );
  });
  return { current: () => current, onChange: (listener) => void changes.subscribe(listener) };
}

interface Reading {
  readonly session: Session;
  readonly webhookId: string;
  /** Right after a start, when the cloud may not be connected yet. */
  readonly isFresh: boolean;
}

async function readAddresses(reading: Reading): Promise<Addresses> {
  const urls = urlsSchema.parse(await reading.session.command({ type: 'network/url' }));
  const external = urls.external ?? urls.cloud;
  return { browser: external ?? urls.internal, external, cloudhook: await cloudhookOf(reading) };
}

/** Most homes do not use the cloud; Home Assistant then refuses these commands as unknown. */
async function cloudhookOf({ session, webhookId, isFresh }: Reading): Promise<string | null> {
  const status = await session.command({ type: 'cloud/status' }).catch(() => null);
  const cloud = cloudSchema.safeParse(status);
  if (!cloud.success) return null;
  const isConnected = cloud.data.cloud === 'connected';
  const known = new Map(Object.entries(cloud.data.prefs.cloudhooks)).get(webhookId)?.cloudhook_url ?? null;
  // Dropping it would mean registering another address at the bank, so the cloud gets a minute to connect.
  if (known !== null) return isConnected || isFresh ? known : null;
  if (!isConnected) return null;
  const create = { type: 'cloud/cloudhook/create', webhook_id: webhookId };
  const created = createdSchema.safeParse(await session.command(create).catch(() => null));
  return created.success ? created.data.cloudhook_url : null;
}
