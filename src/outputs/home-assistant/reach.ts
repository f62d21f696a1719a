import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import type { Session } from './session.ts';

/** Where Home Assistant can be reached; each null where it cannot. */
export interface Reach {
  /** By its owner's browser: from outside, else at home only. */
  readonly byBrowser: string | null;
  /** From anywhere. */
  readonly fromOutside: string | null;
  /** Nabu Casa's own address for our doorbell webhook, complete. */
  readonly cloudhook: string | null;
}

export interface ReachOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  /** The webhook that gets a cloudhook where there is a cloud. */
  readonly webhookId: string;
}

export interface ReachWatch {
  /** As last learnt; null before that. Kept while Home Assistant is away: addresses outlive its restarts. */
  reach(): Reach | null;
  onChange(listener: () => void): void;
}

/** The cloud comes up some seconds after Home Assistant does. */
const looks = { soon: 20_000, soonTimes: 3, later: 900_000 } as const;

const address = z.string().startsWith('http').nullable().catch(null);
const urlsSchema = z.object({ internal: address, external: address, cloud: address });
const cloudSchema = z.object({
  logged_in: z.literal(true),
  cloud: z.string(),
  prefs: z.object({ cloudhooks: z.record(z.string(), z.object({ cloudhook_url: address })) }),
});
const createdSchema = z.object({ cloudhook_url: z.string().startsWith('http') });

/** Follows Home Assistant's addresses: at every new session, when its owner changes them, and now and then. */
export function watchReach({ client, clock, log, webhookId }: ReachOptions): ReachWatch {
  const listeners: (() => void)[] = [];
  let reach: Reach | null = null;

  const look = async (session: Session, isFresh: boolean) => {
    try {
      const found = await readReach({ session, webhookId, isFresh });
      if (JSON.stringify(found) === JSON.stringify(reach)) return;
      reach = found;
      for (const listener of listeners) listener();
    } catch (thrown) {
      if (!session.ended.aborted) log.warn('Home Assistant’s addresses are not known', problem(thrown));
    }
  };
  const follow = async (session: Session) => {
    await look(session, true);
    await session.subscribe(
      { type: 'subscribe_events', event_type: 'core_config_updated' },
      () => void look(session, false),
    );
    for (let turn = 0; ; turn += 1) {
      const isFresh = turn < looks.soonTimes;
      await clock.wait(isFresh ? looks.soon : looks.later, session.ended);
      await look(session, isFresh);
    }
  };
  client.onSession((session) => {
    follow(session).catch((thrown: unknown) => {
      if (!session.ended.aborted) log.warn('Home Assistant’s addresses cannot be followed', problem(thrown));
    });
  });
  return { reach: () => reach, onChange: (listener) => listeners.push(listener) };
}

function problem(thrown: unknown) {
  return { why: messageOf(thrown) };
}

interface Look {
  readonly session: Session;
  readonly webhookId: string;
  /** Right after a start the cloud is not yet expected to be connected. */
  readonly isFresh: boolean;
}

async function readReach(look: Look): Promise<Reach> {
  const { internal, external, cloud } = urlsSchema.parse(await look.session.command({ type: 'network/url' }));
  const fromOutside = external ?? cloud;
  return { byBrowser: fromOutside ?? internal, fromOutside, cloudhook: await cloudhookOf(look) };
}

/** Most homes have no cloud, and then Home Assistant does not even know the commands. */
async function cloudhookOf({ session, webhookId, isFresh }: Look): Promise<string | null> {
  const status = await session.command({ type: 'cloud/status' }).catch(() => null);
  const cloud = cloudSchema.safeParse(status);
  if (!cloud.success) return null;
  const isConnected = cloud.data.cloud === 'connected';
  const known = new Map(Object.entries(cloud.data.prefs.cloudhooks)).get(webhookId)?.cloudhook_url ?? null;
  // One that exists is worth a minute's patience: changing the address means registering it anew at the bank.
  if (known !== null) return isConnected || isFresh ? known : null;
  if (!isConnected) return null;
  const create = { type: 'cloud/cloudhook/create', webhook_id: webhookId };
  const created = createdSchema.safeParse(await session.command(create).catch(() => null));
  return created.success ? created.data.cloudhook_url : null;
}
