import { withDeadline } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { sendPlain } from '../../plain-http.ts';
import { refuse } from '../../refusals/refuse.ts';
import { away, isOfProxy, timedOut } from './connection-failures.ts';

/** Home Assistant's HTTP API, for what its websocket does not offer. */
export interface RestOptions {
  /** Home Assistant's address, with or without a path. */
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
}

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/`. */
  readonly path: string;
  readonly body?: unknown;
}

export interface RestAnswer {
  readonly status: number;
  /** Null where the answer was not JSON. */
  readonly content: unknown;
}

const answerTimeout = 15_000;

/** Throws the retryable `home_assistant_away` and `home_assistant_silent`; any status of Home Assistant's is an answer. */
export function askRest(
  { url, token, clock }: RestOptions,
  { method, path, body }: RestRequest,
): Promise<RestAnswer> {
  return withDeadline({ clock, ms: answerTimeout, late: timedOut }, async (signal) => {
    try {
      const { status, text } = await sendPlain({
        method,
        url: `${url}/api/${path}`,
        signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (isOfProxy(status) || isRedirect(status)) throw away();
      return { status, content: contentOf(text) };
    } catch {
      signal.throwIfAborted();
      throw away();
    }
  });
}

/**
 * Calls a webhook that something in Home Assistant waits at. It answers the same where nothing does. Throws what `askRest`
 * throws, and `answer_not_taken` where it knows no webhooks at all.
 */
export async function handToWebhook(options: RestOptions, webhookId: string, body: unknown): Promise<void> {
  const { status } = await askRest(options, { method: 'POST', path: `webhook/${webhookId}`, body });
  if (status !== 200) throw refuse('answer_not_taken', { status });
}

/** Home Assistant redirects none of these: the token is for nobody else. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function contentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
