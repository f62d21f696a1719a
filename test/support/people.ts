import type { LoginView } from '../../src/domain/login.ts';
import type { alex, sam } from '../../sim/household.ts';
import { quiet } from './until.ts';
import type { World } from './world.ts';

type Person = typeof alex | typeof sam;

export const post = (body: unknown) => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

export function add(world: World, person: Person, name: string): Promise<Response> {
  const { clientId, clientSecret } = person;
  return world.api('/api/logins', post({ name, client_id: clientId, client_secret: clientSecret }));
}

interface Started {
  readonly id: string;
  readonly authorize_url: string;
  readonly redirect_uri: string;
}

/** Adds a login, without signing in at the bank. */
export async function begin(world: World, person: Person, name: string): Promise<Started> {
  return (await (await add(world, person, name)).json()) as Started;
}

/** Adds a login and signs in at the bank, without approving in the app. */
export async function signIn(world: World, person: Person, more: SignInWords = {}): Promise<string> {
  const { name = 'Alex', as = person.userId } = more;
  const { id, authorize_url } = await begin(world, person, name);
  await fetch(landingOf(world, authorize_url, as));
  return id;
}

interface SignInWords {
  readonly name?: string;
  /** The user who signs in, when not the person of that client. */
  readonly as?: string;
}

/** Where the browser ends after the sign-in at Monzo. */
export function landingOf(world: World, authorizeUrl: string, userId: string): string {
  const query = new URL(authorizeUrl).searchParams;
  const value = (name: string) => query.get(name) ?? '';
  const [clientId, redirectUri, state] = [value('client_id'), value('redirect_uri'), value('state')];
  world.bank.registerRedirect(clientId, redirectUri);
  return world.bank.authorize({ clientId, redirectUri, state, userId });
}

/** The address of a new sign-in at Monzo. */
export async function newSignIn(world: World, id: string): Promise<string> {
  const answer = await world.api(`/api/logins/${id}/reauthorize`, { method: 'POST' });
  return ((await answer.json()) as Started).authorize_url;
}

export async function reauthorize(world: World, id: string, as: string): Promise<Response> {
  return fetch(landingOf(world, await newSignIn(world, id), as));
}

/** Lets the clock run until the answer is there: the bridge may wait for the bank meanwhile. */
export async function answered<T>(world: World, answer: PromiseLike<T>): Promise<T> {
  const over = answer.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, quiet(5).then(() => false)]))) await world.clock.advance(1_000);
  return answer;
}

export function reload(world: World, id: string): Promise<Response> {
  return answered(world, world.api(`/api/logins/${id}/reload`, { method: 'POST' }));
}

export function loginOf(world: World, id: string): LoginView {
  const found = world
    .app()
    .view()
    .logins.find((login) => login.id === id);
  if (!found) throw new Error(`there is no login ${id}`);
  return found;
}

export const stateOf = (world: World, id: string) => loginOf(world, id).state;

/** Whoever pressed Deny is only asked again after a new sign-in. */
function hasDenied({ bank }: World, userId: string): boolean {
  return [...bank.model.grants.values()].some((grant) => grant.userId === userId && grant.denied);
}

/** Everybody reloads, and does what their login asks for then: approves in the app, or signs in again. */
export async function comeBack(world: World, pass: (ms: number) => Promise<void>): Promise<void> {
  const { logins } = world.app().view();
  for (const { id } of logins) await reload(world, id);
  for (const { id, state, userId } of world.app().view().logins) {
    if (userId === null || state === 'active') continue;
    // The bridge may listen elsewhere since the login was made, so the address is pasted back.
    if (state === 'needs_authorisation' || hasDenied(world, userId)) {
      const url = landingOf(world, await newSignIn(world, id), userId);
      await answered(world, world.api(`/api/logins/${id}/callback`, post({ url })));
    }
    world.bank.approve(userId);
  }
  await pass(60_000);
}
