import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Pages of text alone, without the built page's files: for browsers that are refused, or at the end of a sign-in. */

/** Texts may be anything; what is in `backticks` is shown as something to type. */
export interface PlainPage {
  readonly heading: string;
  readonly paragraphs: readonly string[];
  /** What a person can do, each on its own. */
  readonly steps?: readonly string[];
}

/** Sends it with the status that was set, to be embedded where that was allowed before. */
export function sendPlainPage(
  reply: FastifyReply,
  { heading, paragraphs, steps = [] }: PlainPage,
): FastifyReply {
  const list =
    steps.length === 0 ? '' : `<ul>${steps.map((step) => `<li>${marked(step)}</li>`).join('')}</ul>`;
  const body = `<h1>${marked(heading)}</h1>${paragraphs.map((text) => `<p>${marked(text)}</p>`).join('')}${list}`;
  const given = String(reply.getHeader('content-security-policy'));
  const [ancestors = "frame-ancestors 'none'"] = /frame-ancestors [^;]+/.exec(given) ?? [];
  return reply
    .header('content-security-policy', `${policy}; ${ancestors}`)
    .type('text/html; charset=utf-8')
    .send(`${before}${body}</main></html>\n`);
}

/** Whether a person waits for the answer in a browser's window. Our own page asks for JSON, and programs send a token. */
export function isForReading({ method, headers: { accept = '', authorization } }: FastifyRequest): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  return isRead && authorization === undefined && /\btext\/html\b/i.test(accept);
}

/**
 * A refusal as a page. It says nothing about this machine or its settings: where the host name is wrong, another website
 * may be reading.
 */
export function refusedPage({ code, detail }: { readonly code: string; readonly detail: string }): PlainPage {
  return refusedPages.get(code) ?? { heading: 'The bridge did not do this', paragraphs: [detail] };
}

const refusedPages: ReadonlyMap<string, PlainPage> = new Map([
  [
    'wrong_host',
    {
      heading: 'The bridge does not answer to this name',
      paragraphs: [
        'The name in the address bar is not one of the bridge’s. It answers to names of your home network only, so that no other website can pass itself off as the bridge.',
      ],
      steps: [
        'Open the page with the IP address of its machine, such as `http://192.168.1.20:8099`, or with a name without a dot or one that ends in `.local`.',
        'To see addresses that work, run `monzo-bridge link` where the bridge runs, with Docker `docker exec monzo-bridge monzo-bridge link`.',
        'If this name is yours, such as that of a reverse proxy, add it to `MONZO_BRIDGE_UI_HOSTS`, without http:// and port, and restart the bridge.',
        'If you did not expect to get here, close this page.',
      ],
    },
  ],
  [
    'unauthorised',
    {
      heading: 'You are not signed in',
      paragraphs: [
        'Open the bridge’s page and sign in, then open this address again. Programs send the admin token as a bearer token.',
      ],
    },
  ],
]);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function marked(text: string): string {
  const escaped = text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** In the colours of the built page. */
const style = [
  ':root{color-scheme:light dark;--ground:#f4f6f6;--surface:#fff;--line:#d3dbdb;--ink:#14211f}',
  '@media (prefers-color-scheme:dark){:root{--ground:#0f1516;--surface:#182122;--line:#2c3839;--ink:#e8efee}}',
  'body{margin:0;padding:8vh 16px;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}',
  'main{max-width:36em;margin:auto;padding:8px 24px;background:var(--surface);border:1px solid var(--line);border-radius:12px}',
  'h1{font-size:1.4em;line-height:1.25}li{margin:.6em 0}ul{padding-left:1.2em}',
  'code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}',
].join('');

/** No script, nothing from elsewhere, and this one style. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const before = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>monzo-bridge</title><style>${style}</style><main>`;
