import { z } from 'zod';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import type { ReachWatch } from './reach.ts';
import { ownWebhook, type Webhook } from './webhook.ts';

/** A call came in, claiming to be about this account. It is never believed, only looked into. */
export interface Ring {
  readonly accountId: string;
  /** The transaction it names; null where it names none in a shape that could be true. */
  readonly transactionId: string | null;
}

export interface DoorbellOptions {
  readonly client: HomeAssistantClient;
  readonly reach: ReachWatch;
  readonly log: OutputLog;
  readonly webhookId: string;
  readonly onRing: (ring: Ring) => void;
}

export interface Doorbell {
  readonly webhook: Webhook;
  /**
   * The address to register at Monzo: Nabu Casa's cloudhook, else Home Assistant's external address, else null. Stays
   * the same while Home Assistant is away, so that a restart does not register anything anew.
   */
  webhookUrl(): string | null;
}

const id = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
const ringSchema = z.object({
  trigger: z.object({
    json: z.object({ data: z.object({ account_id: id, id: id.nullable().catch(null) }) }),
  }),
});

/** Monzo's webhook calls through Home Assistant. Of the body only the ids are looked at. */
export function openDoorbell({ client, reach, log, webhookId, onRing }: DoorbellOptions): Doorbell {
  const webhook = ownWebhook({
    client,
    log,
    purpose: 'Monzo’s webhook through Home Assistant',
    id: webhookId,
    method: 'POST',
    onCall: (variables) => {
      const ring = ringSchema.safeParse(variables);
      if (!ring.success) return;
      const { account_id: accountId, id: transactionId } = ring.data.trigger.json.data;
      onRing({ accountId, transactionId });
    },
  });
  return {
    webhook,
    webhookUrl: () => {
      const { cloudhook = null, fromOutside = null } = reach.reach() ?? {};
      return cloudhook ?? (fromOutside === null ? null : webhook.urlBelow(fromOutside));
    },
  };
}
