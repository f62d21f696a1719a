import type { LoginPatch, NewLogin, SignInItem } from '../../src/contract/login-data.ts';
import type { Call } from './client.ts';
import {
  isAccounts,
  isAuthorisation,
  isEventLog,
  isFormerList,
  isHealth,
  isLogin,
  isLogins,
  isPots,
  isSession,
  isSetup,
  type Account,
  type Authorisation,
  type Former,
  type Health,
  type Login,
  type Pot,
  type Session,
  type Setup,
} from './contract.ts';
import { anything, type Guard } from './guards.ts';

/** The calls that several parts of the page make. Each throws a `Refusal` whose message is the bridge's own sentence. */
export interface Api {
  session(): Promise<Session>;
  signIn(proof: SignInItem): Promise<void>;
  signOut(): Promise<void>;
  setup(): Promise<Setup>;
  logins(): Promise<readonly Login[]>;
  accounts(): Promise<readonly Account[]>;
  pots(): Promise<readonly Pot[]>;
  former(): Promise<readonly Former[]>;
  health(): Promise<Health>;
  /** The place of the newest event in the bridge's log. */
  lastEvent(): Promise<number>;
  add(login: Required<NewLogin>): Promise<Authorisation>;
  reauthorize(id: string): Promise<Authorisation>;
  paste(id: string, url: string): Promise<Login>;
  reload(id: string): Promise<Login>;
  change(id: string, patch: LoginPatch): Promise<Login>;
  approvalRenewed(id: string): Promise<void>;
  remove(id: string, keepHistory: boolean): Promise<void>;
}

export function createApi(call: Call): Api {
  const login = (id: string) => `api/logins/${encodeURIComponent(id)}`;
  const post = <T>(path: string, answer: Guard<T>, body: object = {}) =>
    call(path, { method: 'POST', body, answer });
  return {
    session: () => call('api/session', { answer: isSession }),
    signIn: async (proof) => void (await post('api/session', anything, proof)),
    signOut: async () => void (await call('api/session', { method: 'DELETE', answer: anything })),
    setup: () => call('api/setup', { answer: isSetup }),
    logins: async () => (await call('api/logins', { answer: isLogins })).items,
    accounts: async () => (await call('api/accounts', { answer: isAccounts })).items,
    pots: async () => (await call('api/pots', { answer: isPots })).items,
    former: async () => (await call('api/former', { answer: isFormerList })).items,
    health: () => call('api/health', { answer: isHealth }),
    lastEvent: async () =>
      (await call(`api/events?after=${Number.MAX_SAFE_INTEGER}&limit=1`, { answer: isEventLog })).last,
    add: (body) => post('api/logins', isAuthorisation, body),
    reauthorize: (id) => post(`${login(id)}/reauthorize`, isAuthorisation),
    paste: (id, url) => post(`${login(id)}/callback`, isLogin, { url }),
    reload: (id) => post(`${login(id)}/reload`, isLogin),
    change: (id, body) => call(login(id), { method: 'PATCH', body, answer: isLogin }),
    approvalRenewed: async (id) => void (await post(`${login(id)}/approval-renewed`, anything)),
    remove: async (id, keepHistory) => {
      const path = `${login(id)}?keep_history=${keepHistory}`;
      await call(path, { method: 'DELETE', answer: anything });
    },
  };
}
