import { z } from 'zod';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import type { ReachWatch } from './reach.ts';
import { ownWebhook, type Webhook } from './webhook.ts';

/** What Monzo's sign-in page sent back; each null where it was missing or empty. */
export interface RedirectCallback {
  readonly code: string | null;
  readonly state: string | null;
  readonly error: string | null;
}

export interface RedirectOptions {
  readonly client: HomeAssistantClient;
  readonly reach: ReachWatch;
  readonly log: OutputLog;
  readonly webhookId: string;
  readonly onCallback: (callback: RedirectCallback) => void;
}

export interface Redirect {
  readonly webhook: Webhook;
  /** The address to register at Monzo, while calls to it reach us; null otherwise. */
  redirectUri(): string | null;
}

const longest = 4_096;
const part = (mark: string) =>
  z
    .string()
    .startsWith(mark)
    .max(longest)
    .transform((text) => text.slice(mark.length) || null)
    .catch(null);
const callSchema = z.object({ code: part('c:'), state: part('s:'), error: part('e:') });

/**
 * Monzo's way back through Home Assistant: the browser lands on a webhook of Home Assistant's, which answers with an
 * empty page. Home Assistant turns template results that look like numbers into numbers: hence the marks.
 */
export function openRedirect({ client, reach, log, webhookId, onCallback }: RedirectOptions): Redirect {
  const webhook = ownWebhook({
    client,
    log,
    purpose: 'the way back from Monzo’s sign-in through Home Assistant',
    id: webhookId,
    method: 'GET',
    variables: {
      code: "c:{{ trigger.query['code'] | default('') }}",
      state: "s:{{ trigger.query['state'] | default('') }}",
      error: "e:{{ trigger.query['error'] | default('') }}",
    },
    onCall: (variables) => {
      const call = callSchema.safeParse(variables);
      if (call.success && (call.data.state !== null || call.data.code !== null)) onCallback(call.data);
    },
  });
  return {
    webhook,
    redirectUri: () => {
      const base = reach.reach()?.byBrowser ?? null;
      return base !== null && webhook.isListening() ? webhook.urlBelow(base) : null;
    },
  };
}
