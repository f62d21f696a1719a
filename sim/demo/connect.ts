import type { Bank } from '../bank.ts';

export interface BridgeAddress {
  readonly uiUrl: string;
  readonly adminToken: string;
  /** Replaces the network, for tests. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface SimulatedPerson {
  readonly name: string;
  readonly userId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface StartedLogin {
  readonly id: string;
  readonly authorize_url: string;
  readonly redirect_uri: string;
}

/**
 * Connects a simulated person as a real one would: adds the login over the private API, signs in at the bank, follows
 * the redirect to the bridge and approves in the app. Returns the login's id.
 */
export async function connectPerson(
  bank: Bank,
  bridge: BridgeAddress,
  person: SimulatedPerson,
): Promise<string> {
  const { name, clientId, clientSecret, userId } = person;
  const { fetch = globalThis.fetch } = bridge;
  const answer = await fetch(`${bridge.uiUrl}/api/logins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bridge.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, client_id: clientId, client_secret: clientSecret }),
  });
  if (!answer.ok) throw new Error(`The bridge refused the login: ${await answer.text()}`);
  const { id, authorize_url, redirect_uri } = (await answer.json()) as StartedLogin;
  bank.registerRedirect(clientId, redirect_uri);
  const state = new URL(authorize_url).searchParams.get('state') ?? '';
  const landing = await fetch(bank.authorize({ clientId, redirectUri: redirect_uri, state, userId }));
  if (!landing.ok) throw new Error(`The bridge refused the sign-in: ${await landing.text()}`);
  bank.approve(userId);
  return id;
}
