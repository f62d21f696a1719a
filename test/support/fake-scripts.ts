import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, text } from 'node:stream/consumers';

/** scripts.yaml and the API of the script editor, as a Home Assistant has them. */
export interface FakeScripts {
  /** What stands in scripts.yaml, by name. */
  readonly file: Map<string, unknown>;
  /** Scripts that are written elsewhere, such as in a package. */
  readonly elsewhere: Set<string>;
  /** Whether configuration.yaml includes scripts.yaml. */
  isIncluded: boolean;
  /** Answers every call with this status instead; null: as usual. */
  status: number | null;
  /** What waits at a webhook, by its id. */
  readonly waiting: Map<string, (content: unknown) => void>;
  /** Whether the webhook integration is loaded, and a proxy in front lets its callers through. */
  takesWebhooks: boolean;
  /** Hands what is posted to a webhook to the script that waits there. */
  take(request: IncomingMessage): void;
  /** Calls so far, such as `POST monzo_refresh`. */
  readonly calls: string[];
  loaded(): Readonly<Record<string, object>>;
}

export function createFakeScripts(): FakeScripts {
  const scripts: FakeScripts = {
    file: new Map(),
    elsewhere: new Set(),
    isIncluded: true,
    status: null,
    waiting: new Map(),
    takesWebhooks: true,
    take: (request) => {
      const { method, url = '' } = request;
      const script = scripts.waiting.get(url.slice(url.lastIndexOf('/') + 1));
      if (method === 'POST' && script) void json(request).then(script);
    },
    calls: [],
    loaded: () => {
      const names = [...scripts.elsewhere, ...(scripts.isIncluded ? scripts.file.keys() : [])];
      return Object.fromEntries(['reload', 'turn_on', ...names].map((name) => [name, {}]));
    },
  };
  return scripts;
}

export interface ScriptRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly token: string;
  readonly basePath: string;
}

/** Serves `/api/config/script/config/<name>`; everything else is 404. */
export async function serveScripts(scripts: FakeScripts, served: ScriptRequest): Promise<void> {
  const { request, response, token, basePath } = served;
  const prefix = `${basePath}/api/config/script/config/`;
  const name = request.url?.startsWith(prefix) ? request.url.slice(prefix.length) : null;
  const body = await text(request);
  const send = (status: number, content: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  if (request.headers.authorization !== `Bearer ${token}`) return void send(401, { message: 'Unauthorized' });
  if (name === null) return void send(404, { message: 'Not found' });
  scripts.calls.push(`${request.method} ${name}`);
  if (scripts.status !== null) return void send(scripts.status, { message: 'scripted' });
  const held = scripts.file.get(name);
  if (request.method === 'GET')
    return void (held === undefined ? send(404, { message: 'Resource not found' }) : send(200, held));
  if (request.method === 'POST') scripts.file.set(name, JSON.parse(body));
  if (request.method === 'DELETE' && !scripts.file.delete(name))
    return void send(400, { message: 'Resource not found' });
  return void send(200, { result: 'ok' });
}
