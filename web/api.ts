import {
  isAccounts,
  isAuthorisation,
  isLogin,
  isLogins,
  isPots,
  isProblem,
  isSession,
  isSetup,
  type Account,
  type Authorisation,
  type Login,
  type Pot,
  type Session,
  type Setup,
} from './contract.ts';
import { anything, type Guard } from './guards.ts';
import { texts } from './texts.ts';

/** The bridge said no, or said nothing; `message` is a sentence for the person. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

export interface NewLogin {
  readonly name: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly redirect_uri: string;
}

export interface LoginPatch {
  readonly name?: string;
  readonly client_secret?: string;
}

/** The private API. Every call throws a `Refusal` whose message is the bridge's own sentence. */
export interface Api {
  session(): Promise<Session>;
  signIn(proof: { readonly code: string } | { readonly token: string }): Promise<void>;
  signOut(): Promise<void>;
  setup(): Promise<Setup>;
  logins(): Promise<readonly Login[]>;
  accounts(): Promise<readonly Account[]>;
  pots(): Promise<readonly Pot[]>;
  add(login: NewLogin): Promise<Authorisation>;
  reauthorize(id: string): Promise<Authorisation>;
  paste(id: string, url: string): Promise<Login>;
  reload(id: string): Promise<Login>;
  change(id: string, patch: LoginPatch): Promise<Login>;
  approvalRenewed(id: string): Promise<void>;
  remove(id: string, keepHistory: boolean): Promise<void>;
}

interface Call<T> {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly body?: object;
  readonly answer: Guard<T>;
}

/** Addresses are relative to the page, wherever it is served. */
export function createApi(fetch: typeof globalThis.fetch, base: string): Api {
  const call = async <T>(path: string, { method, body, answer }: Call<T>): Promise<T> => {
    const response = await fetch(new URL(path, base), {
      method: method ?? 'GET',
      cache: 'no-store',
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Refusal('unreachable', texts.trouble.unreachable);
    });
    const content = await contentOf(response);
    if (!response.ok) throw refusalIn(content);
    if (!answer(content)) throw new Refusal('unexpected', texts.trouble.unexpected);
    return content;
  };
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

/** The sentence for a person in whatever was thrown. */
export function sentenceOf(thrown: unknown): string {
  return thrown instanceof Refusal ? thrown.message : texts.trouble.unexpected;
}

async function contentOf(response: Response): Promise<unknown> {
  const content = await response.text().catch(() => '');
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return null;
  }
}

function refusalIn(content: unknown): Refusal {
  if (isProblem(content)) return new Refusal(content.code, content.detail);
  return new Refusal('unexpected', texts.trouble.unexpected);
}
