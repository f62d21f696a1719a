import type { ScriptRequest } from './fake-scripts.ts';

/** What Home Assistant answers over HTTP beside its script editor. */

/** The webhook that an address calls, answered alike where nobody has subscribed, with the variables of the sign-in's trigger, as Home Assistant renders them. */
export function webhookCallIn(
  url: string,
  below: string,
): readonly [string, Readonly<Record<string, string>>] {
  const { pathname, searchParams } = new URL(url, 'http://home-assistant.invalid');
  const given = (key: string) => searchParams.get(key) ?? '';
  const variables = {
    code: `c:${given('code')}`,
    state: `s:${given('state')}`,
    error: `e:${given('error')}`,
  };
  return [pathname.slice(below.length), variables];
}

export const mqttEntry = '01MQTTENTRY';
export const diagnosticsPath = (basePath: string) => `${basePath}/api/diagnostics/config_entry/${mqttEntry}`;

/** The diagnostics of the MQTT integration, or of one device of it. */
export function serveDiagnostics(
  options: Readonly<Record<string, unknown>> | null,
  { request, response, token }: ScriptRequest,
): void {
  const isKnown = request.headers.authorization === `Bearer ${token}`;
  const status = isKnown ? (options === null ? 404 : 200) : 401;
  const data = { broker: '127.0.0.1', password: '**REDACTED**' };
  const content = { data: { connected: true, mqtt_config: { data, options } } };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

/** Whether it has started: what the Supervisor asks before it lets anyone through. */
export function serveState(state: string, { request, response, token }: ScriptRequest): void {
  const isKnown = request.headers.authorization === `Bearer ${token}`;
  response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
  response.end(isKnown ? JSON.stringify({ state, recorder_state: {} }) : '');
}
