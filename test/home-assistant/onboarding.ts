import { createLongLivedTokenAuth, createConnection } from 'home-assistant-js-websocket';
import { z } from 'zod';
import { eventually } from './processes.ts';

/** The one user of the rig, an administrator and the owner. */
export const OWNER = { name: 'Alex', username: 'alex', password: 'correct horse battery' };

interface RestRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly token?: string;
  /** Sent as JSON, or as a form when it is one. */
  readonly body?: unknown;
}

/** Asks Home Assistant's REST API and returns the JSON it answers. Throws on any status but 2xx, with the body. */
export async function rest({ url, method = 'GET', token, body }: RestRequest): Promise<unknown> {
  const form = body instanceof URLSearchParams;
  const headers = new Headers();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (body !== undefined && !form) headers.set('content-type', 'application/json');
  const payload = body === undefined ? {} : { body: form ? body : JSON.stringify(body) };
  const response = await fetch(url, { method, headers, ...payload, signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

const authCodeSchema = z.object({ auth_code: z.string() });
const tokenSchema = z.object({ access_token: z.string(), refresh_token: z.string() });

/** Makes the owner of a fresh Home Assistant and returns a long-lived access token. `url` has no path. */
export async function onboard(url: string): Promise<string> {
  const clientId = `${url}/`;
  const user = { client_id: clientId, language: 'en', ...OWNER };
  const made = await rest({ url: `${url}/api/onboarding/users`, method: 'POST', body: user });
  const { access_token } = await exchange(url, {
    grant_type: 'authorization_code',
    code: authCodeSchema.parse(made).auth_code,
    client_id: clientId,
  });
  const connection = await createConnection({ auth: createLongLivedTokenAuth(url, access_token) });
  try {
    const token: unknown = await connection.sendMessagePromise({
      type: 'auth/long_lived_access_token',
      client_name: 'monzo-bridge test rig',
      lifespan: 365,
    });
    return z.string().parse(token);
  } finally {
    connection.close();
  }
}

async function exchange(url: string, form: Record<string, string>): Promise<z.infer<typeof tokenSchema>> {
  const body = new URLSearchParams(form);
  return tokenSchema.parse(await rest({ url: `${url}/auth/token`, method: 'POST', body }));
}

const stepSchema = z.object({
  type: z.string(),
  flow_id: z.string().optional(),
  data_schema: z.array(z.looseObject({ name: z.string() })).default([]),
  result: z.object({ entry_id: z.string() }).optional(),
});
const entriesSchema = z.array(z.object({ entry_id: z.string(), state: z.string() }));

/** What the broker speaks, where it is not what Home Assistant supposes. */
interface MqttChoices {
  readonly protocol?: '3.1.1';
}

/** Adds the MQTT integration through its own form, as a person would. Returns the entry's id once it is loaded. */
export async function addMqtt(
  { url, token }: { readonly url: string; readonly token: string },
  port: number,
  choices: MqttChoices = {},
): Promise<string> {
  const flows = `${url}/api/config/config_entries/flow`;
  const form = stepSchema.parse(await rest({ url: flows, method: 'POST', token, body: { handler: 'mqtt' } }));
  const advanced = form.data_schema.some((field) => field.name === 'other_settings');
  const plain = { set_ca_cert: 'off', set_client_cert: false, transport: 'tcp' };
  const body = { broker: '127.0.0.1', port, ...choices, ...(advanced ? { other_settings: plain } : {}) };
  const answer = await rest({ url: `${flows}/${form.flow_id}`, method: 'POST', token, body });
  const made = stepSchema.parse(answer);
  if (made.type !== 'create_entry' || made.result === undefined) {
    throw new Error(`Home Assistant refused the MQTT broker: ${JSON.stringify(answer)}`);
  }
  const { entry_id } = made.result;
  await eventually('the MQTT integration to be loaded', async () => {
    const list = await rest({ url: `${url}/api/config/config_entries/entry?domain=mqtt`, token });
    return entriesSchema.parse(list).some((entry) => entry.entry_id === entry_id && entry.state === 'loaded');
  });
  return entry_id;
}
