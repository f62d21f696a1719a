import { z } from 'zod';
import type { PartHealth } from '../../domain/health.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import type { Session } from './session.ts';

export interface WebhookOptions {
  readonly client: HomeAssistantClient;
  readonly log: OutputLog;
  /** What the webhook is for, in a sentence: “the way back from Monzo’s sign-in”. */
  readonly purpose: string;
  /** 256 random bits as hexadecimal digits: whoever knows the id may call. */
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** Templates that Home Assistant renders for each call; the query arrives cleanly in no other way. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Gets the variables of a call: those above and `trigger`. All of it was written by strangers. */
  readonly onCall: (variables: unknown) => void;
}

export interface Webhook {
  /** Whether calls reach us. While they do not, Home Assistant answers them 200 and drops them. */
  isListening(): boolean;
  /** What keeps it from working although Home Assistant is there; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  onChange(listener: () => void): void;
  /** Below one of Home Assistant's addresses. */
  urlBelow(base: string): string;
}

const callSchema = z.object({ variables: z.unknown() });
const configSchema = z.object({ components: z.array(z.string()) });

/** Owns a webhook of Home Assistant's for as long as there is a connection; nothing is left behind there. */
export function ownWebhook(options: WebhookOptions): Webhook {
  const { client, id, log, purpose } = options;
  const listeners: (() => void)[] = [];
  let listeningOn: Session | null = null;
  let trouble: string | null = null;

  const become = (session: Session | null, sentence: string | null) => {
    listeningOn = session;
    trouble = sentence;
    for (const listener of listeners) listener();
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
      const sentence = `${messageOf(thrown)} So ${purpose} does not work.`;
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
    onChange: (listener) => listeners.push(listener),
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

/** Without this integration Home Assistant takes the subscription and answers every call 404. */
async function hasWebhooks(session: Session): Promise<boolean> {
  const config = configSchema.safeParse(await session.command({ type: 'get_config' }));
  return config.data?.components.includes('webhook') !== false;
}

function missing(purpose: string): string {
  return `Home Assistant’s webhook integration is not loaded, so ${purpose} does not work. Put default_config: or webhook: into configuration.yaml and restart Home Assistant.`;
}
