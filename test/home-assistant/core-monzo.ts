import { z } from 'zod';
import type { Bank } from '../../sim/bank.ts';
import { eventually } from './processes.ts';
import type { Rig } from './rig.ts';

/** A Python module that sends whatever is meant for Monzo to this address: Home Assistant has no setting for that. */
export function bankInstead(apiUrl: string): Readonly<Record<string, string>> {
  const module = [
    'import aiohttp',
    '',
    'request = aiohttp.ClientSession._request',
    '',
    '',
    'async def to_this_bank(self, method, url, **options):',
    `    url = str(url).replace("https://api.monzo.com", "${apiUrl}")`,
    '    return await request(self, method, url, **options)',
    '',
    '',
    'aiohttp.ClientSession._request = to_this_bank',
    '',
  ];
  return { 'sitecustomize.py': module.join('\n') };
}

interface CoreUser {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userId: string;
}

const stepSchema = z.looseObject({
  type: z.string(),
  flow_id: z.string(),
  url: z.string().nullish(),
});

/** Sets up Home Assistant's own Monzo integration by its own form, as a person does. Returns the entry's id. */
export async function addCoreMonzo(
  { client, homeAssistant }: Rig,
  bank: Bank,
  user: CoreUser,
): Promise<string> {
  const credentials = { client_id: user.clientId, client_secret: user.clientSecret };
  await client.command(
    { type: 'application_credentials/create', domain: 'monzo', ...credentials },
    z.unknown(),
  );
  const path = '/api/config/config_entries/flow';
  const begun = await client.rest({ method: 'POST', path, body: { handler: 'monzo' } }, stepSchema);
  const { searchParams } = new URL(begun.url ?? '');
  const [redirectUri, state] = ['redirect_uri', 'state'].map((name) => searchParams.get(name) ?? '');
  const landing = bank.authorize({
    clientId: user.clientId,
    redirectUri: redirectUri ?? '',
    state: state ?? '',
    userId: user.userId,
  });
  // What my.home-assistant.io does.
  const back = `${homeAssistant.url}/auth/external/callback${new URL(landing).search}`;
  const answer = await fetch(back);
  if (!answer.ok) throw new Error(`Home Assistant refused the sign-in: ${await answer.text()}`);
  return eventually('Home Assistant’s own integration', async () => {
    // Its form goes on to the next step when it is looked at, as it is on the screen.
    await client.rest({ path: `${path}/${begun.flow_id}` }, z.unknown()).catch(() => undefined);
    bank.approve(user.userId);
    const [entry] = await client.configEntries('monzo');
    return entry?.state === 'loaded' ? entry.entry_id : undefined;
  });
}
