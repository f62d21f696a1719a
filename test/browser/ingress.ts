import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface IngressOptions {
  /** Where the bridge listens at the moment. */
  readonly target: () => string;
  /** Who is signed in to Home Assistant. */
  readonly userId: string;
}

/** The path that Home Assistant makes up for an app. */
export const ingressPath = '/api/hassio_ingress/Qx3k_0aTokenThatLooksLikeOne';

/**
 * A small copy of what Home Assistant and its Supervisor put before an app: a path in front that is taken away, the
 * headers they add, and a session cookie without which nothing is passed on. Answers the address of the page.
 */
export async function serveIngress(t: TestContext, options: IngressOptions): Promise<string> {
  const server = createServer((incoming, outgoing) => pass(options, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${ingressPath}/`;
}

export const ingressCookie = { name: 'ingress_session', value: 'a-session-of-home-assistant' } as const;

function pass({ target, userId }: IngressOptions, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const path = incoming.url ?? '/';
  const isOurs = path.startsWith(`${ingressPath}/`);
  const cookies = (incoming.headers.cookie ?? '').split('; ');
  const mine = `${ingressCookie.name}=${ingressCookie.value}`;
  if (!isOurs || !cookies.includes(mine)) {
    outgoing.writeHead(isOurs ? 401 : 404).end();
    return;
  }
  const { host, ...headers } = incoming.headers;
  const forwarded = request(
    new URL(path.slice(ingressPath.length), target()),
    {
      method: incoming.method,
      headers: {
        ...headers,
        cookie: cookies.filter((cookie) => cookie !== mine).join('; '),
        host: new URL(target()).host,
        'x-ingress-path': ingressPath,
        'x-forwarded-for': '192.0.2.7',
        'x-forwarded-host': host,
        'x-forwarded-proto': 'http',
        'x-remote-user-id': userId,
        'x-remote-user-name': 'alex',
      },
    },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  forwarded.once('error', () => outgoing.destroy());
  incoming.pipe(forwarded);
}
