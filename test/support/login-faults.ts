import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { alex, sam } from '../../sim/household.ts';
import type { CallFault } from '../../sim/faults.ts';
import type { Remedy } from '../../src/domain/login.ts';
import type { KnownState, LoginFault } from '../../src/logins/fault-table.ts';
import { answered, begin, loginOf, newSignIn, post, reauthorize, reload, signIn, stateOf } from './people.ts';
import type { World } from './world.ts';

const minute = 60_000;

type Api = CallFault['match'];
const isToken: NonNullable<Api> = ({ path }) => path === '/oauth2/token';
const isData: NonNullable<Api> = ({ path }) => !path.startsWith('/oauth2/');

/** The data calls' token is not accepted; what the token endpoint says of its renewal is another matter. */
const deadAccess = { kind: 'status', status: 401, match: isData } as const;

type Answer = Partial<Readonly<Record<LoginFault, CallFault>>>;

/** Trouble that is an answer, or none, whatever was asked. */
const answers: Answer = {
  unreachable: { kind: 'reset_before' },
  timeout: { kind: 'timeout_before' },
  bank_down: { kind: 'status', status: 503 },
  not_json: { kind: 'html', status: 200 },
  oversized: { kind: 'oversized', how: 'deep' },
  unknown_shape: { kind: 'wrong_shape', rewrite: () => ({ surprise: true }) },
  rate_limited: { kind: 'status', status: 429, retryAfter: 30 },
  not_found: { kind: 'status', status: 404, code: 'not_found' },
  bad_request: { kind: 'status', status: 400, code: 'bad_request.bad_param.something' },
  insufficient_funds: { kind: 'status', status: 400, code: 'bad_request.insufficient_funds' },
  verification_required: { kind: 'status', status: 403, code: 'forbidden.verification_required' },
};

/** A login in a state, of which every token lives. */
export const inState: Readonly<Record<KnownState, (world: World) => Promise<string>>> = {
  authorising: async (world) => (await begin(world, alex, 'Alex')).id,
  awaiting_approval: (world) => signIn(world, alex),
  active: (world) => world.connect('alex'),
  async needs_approval(world) {
    const id = await world.connect('alex');
    world.bank.lapseApproval(alex.userId);
    await world.until('the lapse is seen', () => stateOf(world, id) === 'needs_approval');
    return id;
  },
  async needs_authorisation(world) {
    const id = await world.connect('alex');
    const repair = world.faults.add(deadAccess);
    await world.until('tokens are refused', () => stateOf(world, id) === 'needs_authorisation');
    repair();
    return id;
  },
};

type Provoke = (world: World, id: string) => Promise<unknown>;

const whileAnswering =
  (...faults: readonly CallFault[]): Provoke =>
  (world, id) => {
    for (const fault of faults) world.faults.add(fault);
    return reload(world, id);
  };

/** Brings a fault about while the login is being read; what stays wrong is put right by `repair`. */
const reading: Partial<Readonly<Record<LoginFault, Provoke>>> = {
  async breaker_open(world, id) {
    const repair = world.faults.add({ kind: 'status', status: 503 });
    for (let failed = 0; failed < 5; failed += 1) await reload(world, id);
    repair();
    await reload(world, id);
  },
  async no_permission(world, id) {
    world.bank.lapseApproval(alex.userId);
    await reload(world, id);
  },
  async unknown_shape(world, id) {
    // Only an answer can have a shape: the person has just approved.
    world.faults.add({ kind: 'wrong_shape', rewrite: () => ({ surprise: true }), match: isData });
    world.bank.approve(alex.userId);
    await reload(world, id);
  },
  token_dead: whileAnswering(deadAccess),
  async token_evicted(world, id) {
    world.bank.evict(alex.clientId, alex.userId);
    await reload(world, id);
  },
  refresh_dead: whileAnswering(deadAccess, {
    kind: 'status',
    status: 401,
    code: 'unauthorized.bad_refresh_token',
    match: isToken,
  }),
  async refresh_evicted(world, id) {
    world.bank.turn({ deadToken: 'bad_request_400' });
    world.bank.evict(alex.clientId, alex.userId);
    await reload(world, id);
  },
  async client_refused(world, id) {
    changeSecret(world, 'mnzconf.MadeAnewAtMonzo');
    await whileAnswering(deadAccess)(world, id);
  },
  async renewal_interrupted(world, id) {
    await whileAnswering(deadAccess, { kind: 'timeout_after', match: isToken, times: 1 })(world, id);
    await reload(world, id);
  },
  async sign_in_interrupted(world, id) {
    world.faults.add({ kind: 'timeout_after', match: isToken, times: 1 });
    await answered(world, reauthorize(world, id, alex.userId));
    await reload(world, id);
  },
  async no_refresh_token(world, id) {
    world.bank.addClient({ ...world.bank.client(alex.clientId), confidential: false });
    await whileAnswering({ ...deadAccess, times: 1 })(world, id);
    await whileAnswering({ ...deadAccess, times: 1 })(world, id);
  },
  async no_tokens(world, id) {
    forgetTokens(world);
    await reload(world, id);
  },
  vault_unreadable: (world, id) => damaging('tokens', 'client_secret')(world, id),
  tokens_unreadable: (world, id) => damaging('tokens')(world, id),
  client_secret_unreadable: (world, id) => damaging('client_secret')(world, id),
};

/** Damages what is stored of the login; it is noticed when it is needed. */
const damaging =
  (...names: readonly string[]): Provoke =>
  async (world, id) => {
    damage(world, names);
    await whileAnswering(deadAccess)(world, id);
  };

/** Brings a fault about while a sign-in is being finished. */
const signingIn: Partial<Readonly<Record<LoginFault, Provoke>>> = {
  async breaker_open(world, id) {
    world.faults.add({ kind: 'status', status: 503, times: 5 });
    for (let failed = 0; failed < 6; failed += 1) await answered(world, reauthorize(world, id, alex.userId));
  },
  async client_refused(world, id) {
    changeSecret(world, 'mnzconf.MadeAnewAtMonzo');
    await reauthorize(world, id, alex.userId);
  },
  async code_refused(world, id) {
    world.faults.add({
      kind: 'status',
      status: 400,
      code: 'bad_request.authorization_code.invalid',
      match: isToken,
      times: 1,
    });
    await reauthorize(world, id, alex.userId);
  },
  async redirect_refused(world, id) {
    world.faults.add({
      kind: 'status',
      status: 400,
      code: 'bad_request.bad_param.redirect_uri',
      match: isToken,
    });
    await reauthorize(world, id, alex.userId);
  },
  async cancelled(world, id) {
    const query = new URL(await newSignIn(world, id)).searchParams;
    const state = query.get('state') ?? '';
    await fetch(`${query.get('redirect_uri')}?error=access_denied&state=${state}`);
  },
  async no_refresh_token(world, id) {
    world.bank.addClient({ ...world.bank.client(alex.clientId), confidential: false });
    await reauthorize(world, id, alex.userId);
  },
  async client_secret_unreadable(world, id) {
    damage(world, ['client_secret']);
    await reauthorize(world, id, alex.userId);
  },
  other_person: (world, id) => reauthorize(world, id, sam.userId),
  async person_connected(world, id) {
    await world.connect('sam');
    await reauthorize(world, id, sam.userId);
  },
};

/** Makes a fault happen to the login, in the way a real one would come about. */
export function provoke(world: World, id: string, { fault, during }: Wanted): Promise<unknown> {
  const special = (during === 'reading' ? reading : signingIn)[fault];
  if (special) return special(world, id);
  const answer = answers[fault];
  if (!answer) throw new Error(`nothing brings about ${fault} while ${during}`);
  if (during === 'reading') return whileAnswering({ ...answer, match: isData })(world, id);
  world.faults.add({ ...answer, match: isToken });
  return answered(world, reauthorize(world, id, alex.userId));
}

export interface Wanted {
  readonly fault: LoginFault;
  readonly during: 'reading' | 'sign_in';
}

/** The bank is well again; what the person has to put right stays wrong. */
function repair(world: World): void {
  world.faults.clear();
}

async function signInAgain(world: World, id: string): Promise<void> {
  repair(world);
  await world.clock.advance(2 * minute);
  await reauthorize(world, id, alex.userId);
  await approve(world);
}

async function approve(world: World): Promise<void> {
  repair(world);
  world.bank.approve(alex.userId);
}

/** Does what the remedy asks of the person, and no more. */
export const carriedOut: Readonly<Record<Remedy, Provoke>> = {
  wait: async (world, id) => {
    repair(world);
    await world.clock.advance(2 * minute);
    // The state's own remedy comes after.
    if (stateOf(world, id) !== 'active') await approve(world);
  },
  approve,
  renew_approval: (world, id) => world.api(`/api/logins/${id}/approval-renewed`, { method: 'POST' }),
  async reload(world, id) {
    repair(world);
    await world.clock.advance(2 * minute);
    await reload(world, id);
  },
  sign_in: signInAgain,
  stop_other_program: signInAgain,
  async replace_secret(world, id) {
    repair(world);
    await enterSecret(world, id);
    if (loginOf(world, id).activeSince === null || stateOf(world, id) !== 'active') await approve(world);
  },
  async replace_secret_and_sign_in(world, id) {
    await enterSecret(world, id);
    await signInAgain(world, id);
  },
  async set_confidential(world, id) {
    world.bank.addClient({ ...world.bank.client(alex.clientId), confidential: true });
    await signInAgain(world, id);
  },
  register_redirect: signInAgain,
  sign_in_as_right_person: signInAgain,
  remove_login: signInAgain,
};

function changeSecret(world: World, secret: string): void {
  world.bank.addClient({ ...world.bank.client(alex.clientId), secret });
}

async function enterSecret(world: World, id: string): Promise<void> {
  const body = { client_secret: world.bank.client(alex.clientId).secret };
  await answered(world, world.api(`/api/logins/${id}`, { ...post(body), method: 'PATCH' }));
}

function forgetTokens(world: World): void {
  inDatabase(world, `DELETE FROM vault WHERE name = 'tokens'`);
}

/** Some bytes of each entry are other ones. */
function damage(world: World, names: readonly string[]): void {
  const list = names.map((name) => `'${name}'`).join(', ');
  inDatabase(
    world,
    `UPDATE vault SET ciphertext = unhex(hex(substr(ciphertext, 1, 3)) || 'ABCDEF' || hex(substr(ciphertext, 7))) WHERE name IN (${list})`,
  );
}

function inDatabase(world: World, sql: string): void {
  const database = new DatabaseSync(join(world.directory, 'monzo-bridge.sqlite'));
  database.exec(sql);
  database.close();
}
