import { z } from 'zod';
import { createNotifier } from '../../async.ts';
import type { PartHealth } from '../../domain/view.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { AddressWatch } from './addresses.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import type { Session } from './websocket-session.ts';

interface WebhookOptions {
  readonly client: HomeAssistantClient;
  readonly log: OutputLog;
  /** Names it in a sentence: “Monzo’s sign-in through Home Assistant”. */
  readonly purpose: string;
  /** 256 random bits as hexadecimal digits: anyone who knows the id may call. */
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** Templates that Home Assistant renders for each call: the only way to receive the query as text. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Gets the variables of a call: those above and `trigger`. Strangers may have written all of it. */
  readonly onCall: (variables: unknown) => void;
}

export interface Webhook {
  /** Whether calls reach the bridge. While they do not, Home Assistant answers them 200 and drops them. */
  isListening(): boolean;
  /** What prevents it from working while Home Assistant is connected; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  onChange(listener: () => void): void;
  /** Its URL below one of Home Assistant's addresses. */
  urlBelow(base: string): string;
}

const callSchema = z.object({ variables: z.unknown() });
const configSchema = z.object({ components: z.array(z.string()) });

/** Registers a webhook in Home Assistant for as long as there is a connection; nothing is left behind there. */
function openWebhook(options: WebhookOptions): Webhook {
  const { client, id, log, purpose } = options;
  const changes = createNotifier();
  let listeningOn: Session | null = null;
  let trouble: string | null = null;

  const become = (session: Session | null, sentence: string | null) => {
    listeningOn = session;
    trouble = sentence;
    changes.notify();
  };
  const listen = async (session: Session) => {
    try {
      if (!(await hasWebhooks(session))) return become(null, missing(purpose));
      await session.subscribe(subscription(options), (event) => {
        const call = callSchema.safeParse(event);
        if (call.success) options.onCall(call.data.variables);
      });
      if (!session.ended.aborted) become(session, null);
    } catch (thrown) {
      if (session.ended.aborted) return;
      const sentence = `${messageOf(thrown)} ${purpose} does not work.`;
      log.warn(sentence);
      become(null, sentence);
    }
  };
  client.onSession((session) => {
    session.ended.addEventListener('abort', () => become(null, null), { once: true });
    void listen(session);
  });
  return {
    isListening: () => listeningOn !== null,
    trouble: () => (trouble === null ? null : { state: 'degraded', sentence: trouble }),
    onChange: (listener) => void changes.subscribe(listener),
    urlBelow: (base) => `${base.replace(/\/+$/, '')}/api/webhook/${id}`,
  };
}

function subscription({ id, method, variables }: WebhookOptions) {
  const trigger = { trigger: 'webhook', webhook_id: id, allowed_methods: [method], local_only: false };
  return {
    type: 'subscribe_trigger',
    trigger: { ...trigger, ...(variables === undefined ? {} : { variables }) },
  };
}

/** Without this integration Home Assistant accepts the subscription and answers every call 404. */
async function hasWebhooks(session: Session): Promise<boolean> {
  const config = configSchema.safeParse(await session.command({ type: 'get_config' }));
  return config.data?.components.includes('webhook') !== false;
}

function missing(purpose: string): string {
  return `Home Assistant’s webhook integration is not loaded, so ${purpose} does not work. Add default_config: or webhook: to configuration.yaml and restart Home Assistant.`;
}

interface PurposeOptions {
  readonly client: HomeAssistantClient;
  readonly addresses: AddressWatch;
  readonly log: OutputLog;
  readonly webhookId: string;
}

/** A call that claims to be about this account. It is never believed; the bridge asks the bank. */
export interface Ring {
  readonly accountId: string;
  /** The transaction it names; null where it names none, or not in the form of an id. */
  readonly transactionId: string | null;
  /** What it said, as JSON text; empty where that is longer than Monzo's ever are. */
  readonly body: string;
}

/** As many characters as the bridge's own address takes bytes. */
const longestBody = 256 * 1024;

export interface Doorbell {
  readonly webhook: Webhook;
  /**
   * The address to register at Monzo: Nabu Casa's cloudhook, or else one below Home Assistant's external address; null
   * where there is neither. Kept while Home Assistant is away, so that a restart changes nothing at Monzo.
   */
  webhookUrl(): string | null;
}

const id = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
const ringSchema = z.object({
  trigger: z.object({
    json: z.looseObject({ data: z.looseObject({ account_id: id }) }),
  }),
});

/** Receives Monzo's webhook calls through Home Assistant. Of the body only the ids are acted on. */
export function openDoorbell(
  { client, addresses, log, webhookId }: PurposeOptions,
  onRing: (ring: Ring) => void,
): Doorbell {
  const webhook = openWebhook({
    client,
    log,
    purpose: 'Monzo’s webhook through Home Assistant',
    id: webhookId,
    method: 'POST',
    onCall: (variables) => {
      const ring = ringSchema.safeParse(variables);
      if (!ring.success) return;
      const { json } = ring.data.trigger;
      const named = id.safeParse(json.data['id']);
      const body = JSON.stringify(json);
      onRing({
        accountId: json.data.account_id,
        transactionId: named.success ? named.data : null,
        body: body.length > longestBody ? '' : body,
      });
    },
  });
  return {
    webhook,
    webhookUrl: () => {
      const { cloudhook = null, external = null } = addresses.current() ?? {};
      return cloudhook ?? (external === null ? null : webhook.urlBelow(external));
    },
  };
}

/** What Monzo's sign-in page sent back; each null where it was missing or empty. */
export interface RedirectCallback {
  readonly code: string | null;
  readonly state: string | null;
  readonly error: string | null;
}

export interface Redirect {
  readonly webhook: Webhook;
  /** The redirect URI to register at Monzo while calls to it reach the bridge; null otherwise. */
  redirectUri(): string | null;
}

const longestMember = 4_096;
const member = (mark: string) =>
  z
    .string()
    .startsWith(mark)
    .max(longestMember)
    .transform((text) => text.slice(mark.length) || null)
    .catch(null);
const redirectSchema = z.object({ code: member('c:'), state: member('s:'), error: member('e:') });

/**
 * Receives Monzo's redirect after a sign-in through Home Assistant, which answers the browser with an empty page. Home
 * Assistant turns template results that look like numbers into numbers; the prefixes prevent that.
 */
export function openRedirect(
  { client, addresses, log, webhookId }: PurposeOptions,
  onCallback: (callback: RedirectCallback) => void,
): Redirect {
  const webhook = openWebhook({
    client,
    log,
    purpose: 'Monzo’s sign-in through Home Assistant',
    id: webhookId,
    method: 'GET',
    variables: {
      code: "c:{{ trigger.query['code'] | default('') }}",
      state: "s:{{ trigger.query['state'] | default('') }}",
      error: "e:{{ trigger.query['error'] | default('') }}",
    },
    onCall: (variables) => {
      const call = redirectSchema.safeParse(variables);
      if (call.success && (call.data.state !== null || call.data.code !== null)) onCallback(call.data);
    },
  });
  return {
    webhook,
    redirectUri: () => {
      const base = addresses.current()?.browser ?? null;
      return base !== null && webhook.isListening() ? webhook.urlBelow(base) : null;
    },
  };
}
