/** The part of the simulator that a request is for: the bank's API and log-in page, the phone, or the control API. */
export type Part = 'api' | 'auth' | 'phone' | 'sim';

/** A request, read completely: everything that answers it is synchronous. */
export interface Call {
  readonly method: string;
  readonly part: Part;
  /** Without the part's prefix, starting with a slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | null;
  /** Empty unless the body is form-encoded, the only form the bank accepts. */
  readonly form: URLSearchParams;
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const prefixed = /^\/(api|auth|phone|sim)(?=\/|$)(.*)$/;

function partOf(url: URL): { readonly part: Part; readonly path: string } {
  const match = prefixed.exec(url.pathname);
  if (match) return { part: match[1] as Part, path: match[2] || '/' };
  const auth =
    url.hostname.startsWith('auth.') || (url.pathname === '/' && url.searchParams.has('client_id'));
  return { part: auth ? 'auth' : 'api', path: url.pathname };
}

/** A request as it comes over the wire, read completely. */
export interface WireCall {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Reads a request. Paths may begin with `/api`, `/auth`, `/phone` or `/sim`; others are the API's. */
export function readCall({ method, url: address, headers, text }: WireCall): Call {
  const url = new URL(address);
  const isForm = String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  return {
    method,
    ...partOf(url),
    query: url.searchParams,
    authorization: headers['authorization']?.toString() ?? null,
    form: new URLSearchParams(isForm ? text : ''),
    text,
  };
}

/** A JSON answer; like the bank's, it ends with a newline. */
export function jsonAnswer(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(body)}\n` };
}

export function htmlAnswer(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}
