import { z } from 'zod';
import { connectHomeAssistant, type HomeAssistantClient } from './client.ts';
import { rest } from './onboarding.ts';
import type { Rig } from './rig.ts';

const sam = { username: 'sam', password: 'another horse battery' };
const userSchema = z.object({ user: z.object({ id: z.string() }) });
const flowSchema = z.object({ flow_id: z.string() });
const codeSchema = z.object({ result: z.string() });
const tokenSchema = z.object({ access_token: z.string() });

/** Somebody with an account in Home Assistant and no further rights, signed in. */
export async function anotherPerson(rig: Rig): Promise<HomeAssistantClient> {
  return connectHomeAssistant({ url: rig.homeAssistant.url, token: await tokenOfAnother(rig) });
}

/** Makes the same person, and returns an access token, which lasts half an hour. */
export async function tokenOfAnother({ client, homeAssistant: { url } }: Rig): Promise<string> {
  const create = { type: 'config/auth/create', name: 'Sam', group_ids: ['system-users'] };
  const { user } = await client.command(create, userSchema);
  const credentials = { type: 'config/auth_provider/homeassistant/create', user_id: user.id, ...sam };
  await client.command(credentials, z.unknown());
  return signIn(url);
}

async function signIn(url: string): Promise<string> {
  const clientId = `${url}/`;
  const flows = `${url}/auth/login_flow`;
  const begin = { client_id: clientId, handler: ['homeassistant', null], redirect_uri: clientId };
  const { flow_id } = flowSchema.parse(await rest({ url: flows, method: 'POST', body: begin }));
  const proof = { client_id: clientId, ...sam };
  const { result } = codeSchema.parse(
    await rest({ url: `${flows}/${flow_id}`, method: 'POST', body: proof }),
  );
  const form = { grant_type: 'authorization_code', code: result, client_id: clientId };
  const body = new URLSearchParams(form);
  return tokenSchema.parse(await rest({ url: `${url}/auth/token`, method: 'POST', body })).access_token;
}
