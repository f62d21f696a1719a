/** Which of the simulator's doors a request came to: the two the bank has, the phone, and the control face. */
export type Face = 'api' | 'auth' | 'phone' | 'sim';

/** A request, read once: everything behind the door is synchronous. */
export interface Call {
  readonly method: string;
  readonly face: Face;
  /** Without the face's prefix, starting with a slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | null;
  /** Empty unless the body is form-encoded: the bank reads nothing else where it wants a form. */
  readonly form: URLSearchParams;
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const prefixed = /^\/(api|auth|phone|sim)(?=\/|$)(.*)$/;

function faceOf(url: URL): { readonly face: Face; readonly path: string } {
  const match = prefixed.exec(url.pathname);
  if (match) return { face: match[1] as Face, path: match[2] || '/' };
  const auth =
    url.hostname.startsWith('auth.') || (url.pathname === '/' && url.searchParams.has('client_id'));
  return { face: auth ? 'auth' : 'api', path: url.pathname };
}

/** Reads a request. Paths may carry `/api`, `/auth`, `/phone` or `/sim`; bare ones are the API's. */
export async function readCall(request: Request): Promise<Call> {
  const url = new URL(request.url);
  const text = await request.text();
  const isForm = (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  return {
    method: request.method,
    ...faceOf(url),
    query: url.searchParams,
    authorization: request.headers.get('authorization'),
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
