import { ownAccount, refuseNowAndThen, refuseOdd } from './access.ts';
import { accountsOf, wireAccount, wireBalance } from './accounts.ts';
import { jsonAnswer } from './call.ts';
import type { Answer, Call } from './call.ts';
import { countCall } from './call-limit.ts';
import { asListed } from './lists.ts';
import type { Model, Grant } from './model.ts';
import { carryOutDeferred, requestPotMove, wirePot, wirePots } from './pots.ts';
import type { Direction } from './pots.ts';
import { deleteReceipt, putReceipt, readReceipt } from './receipts.ts';
import { missing, noHandler, refusal, Refusal } from './refusal.ts';
import { authenticate, logOut, requireApproval, tokenRequest } from './tokens.ts';
import {
  annotate,
  findTransaction,
  listTransactions,
  readTransaction,
  wireTransaction,
} from './transactions.ts';
import { deleteWebhook, registerWebhook, webhooksOf, wireWebhook } from './webhooks.ts';

/** One authorised call, with the id in its path. */
interface AuthorisedCall {
  readonly model: Model;
  readonly call: Call;
  readonly grant: Grant;
  readonly id: string;
  /** How far what it reads lags behind, in milliseconds. */
  readonly behindMs: number;
}

type Handler = (visit: AuthorisedCall) => unknown;

function queried(call: Call, field: string): string {
  const value = call.query.get(field);
  if (!value) throw missing(field);
  return value;
}

const reader = (call: Call, { userId }: Grant) => ({
  expandMerchant: call.query.getAll('expand[]').includes('merchant'),
  userId,
});

const move =
  (direction: Direction): Handler =>
  ({ model, call, grant, id }) =>
    wirePot(requestPotMove(model, { grant, potId: id, direction, form: call.form }));

function postFeed({ model, call, grant }: AuthorisedCall) {
  for (const field of ['account_id', 'type', 'params[title]', 'params[image_url]']) {
    if (!call.form.get(field)) throw missing(field);
  }
  const accountId = ownAccount(model, grant, call.form.get('account_id') ?? '').id;
  const params = Object.fromEntries(
    [...call.form].map(([key, value]) => [key.replace(/^params\[(.*)\]$/, '$1'), value]),
  );
  model.feed.push({ atMs: model.now(), accountId, clientId: grant.clientId, params });
  return {};
}

function whoAmI({ model, grant }: AuthorisedCall) {
  if (model.switches.whoamiBeforeApproval === '403') requireApproval(model, grant);
  return { authenticated: true, client_id: grant.clientId, user_id: grant.userId };
}

/** Routes that need only a token. */
const unapproved: Readonly<Record<string, Handler>> = {
  'GET /ping/whoami': whoAmI,
  'POST /oauth2/logout': ({ grant }) => {
    logOut(grant);
    return { ok: true };
  },
};

/** Routes that need a token and approval in the app. A colon stands for the id in the path. */
const approved: Readonly<Record<string, Handler>> = {
  'GET /accounts': ({ model, call, grant }) => {
    const type = call.query.get('account_type');
    const accounts = accountsOf(model, grant.userId).filter((account) => !type || account.type === type);
    return { accounts: accounts.map((account) => wireAccount(model, account)) };
  },
  'GET /balance': ({ model, call, grant, behindMs }) =>
    wireBalance(model, ownAccount(model, grant, queried(call, 'account_id')), behindMs),
  'GET /pots': ({ model, call, grant, behindMs }) => {
    const account = ownAccount(model, grant, queried(call, 'current_account_id'));
    return { pots: wirePots(model, account, behindMs) };
  },
  'PUT /pots/:/deposit': move('deposit'),
  'PUT /pots/:/withdraw': move('withdraw'),
  'GET /transactions': ({ model, call, grant }) => {
    const accountId = queried(call, 'account_id');
    const rows = listTransactions(model, { grant, accountId, query: call.query });
    return { transactions: rows.map((row) => wireTransaction(model, row, reader(call, grant))) };
  },
  'GET /transactions/:': ({ model, call, grant, id }) => ({
    transaction: wireTransaction(model, readTransaction(model, grant, id), reader(call, grant)),
  }),
  'PATCH /transactions/:': ({ model, call, grant, id }) => {
    const row = findTransaction(model, grant, id);
    const notes = call.form.get('metadata[notes]');
    if (notes !== null) annotate(model, row, notes);
    return { transaction: wireTransaction(model, row, { userId: grant.userId }) };
  },
  'GET /webhooks': ({ model, call, grant }) => ({
    webhooks: webhooksOf(model, grant, queried(call, 'account_id')).map((hook) => wireWebhook(model, hook)),
  }),
  'POST /webhooks': ({ model, call, grant }) => ({
    webhook: wireWebhook(model, registerWebhook(model, grant, call.form)),
  }),
  'DELETE /webhooks/:': ({ model, grant, id }) => {
    deleteWebhook(model, grant, id);
    return {};
  },
  'POST /feed': postFeed,
  'PUT /transaction-receipts': ({ model, call, grant }) => putReceipt(model, grant, call.text),
  'GET /transaction-receipts': ({ model, call, grant }) =>
    readReceipt(model, grant, queried(call, 'external_id')),
  'DELETE /transaction-receipts': ({ model, call, grant }) =>
    deleteReceipt(model, grant, queried(call, 'external_id')),
};

const idSegment = /^\/(transactions|webhooks|pots)\/([^/]+)/;

function route(
  model: Model,
  call: Call,
): { readonly act: Handler; readonly open: boolean; readonly id: string } {
  const id = idSegment.exec(call.path)?.[2] ?? '';
  const key = `${call.method} ${call.path.replace(idSegment, '/$1/:')}`;
  for (const table of [unapproved, approved]) {
    const act = Object.hasOwn(table, key) ? table[key] : undefined;
    if (act) return { act, open: table === unapproved, id };
  }
  if (model.switches.unknownRoute === 'not_found') throw refusal('not_found', `${call.path} not found`);
  throw noHandler(call);
}

function perform(model: Model, call: Call, behindMs: number): unknown {
  carryOutDeferred(model);
  if (call.path === '/oauth2/token' && call.method === 'POST') {
    return tokenRequest(model, call.form, call.authorization);
  }
  const { act, open, id } = route(model, call);
  const grant = authenticate(model, call.authorization);
  countCall(model, grant);
  if (!open) requireApproval(model, grant);
  const accountId = call.query.get('account_id') ?? call.query.get('current_account_id');
  if (accountId !== null) {
    refuseNowAndThen(model, `${call.path} ${accountId} ${grant.userId}`);
    refuseOdd(model, call.path, accountId);
  }
  const body = act({ model, call, grant, id, behindMs });
  return call.method === 'GET'
    ? asListed(model, `${call.path} ${grant.userId} ${call.query.toString()}`, body)
    : body;
}

/** Carries out one call to the bank's API, or refuses it with the bank's error. */
export function answerApi(model: Model, call: Call, behindMs = 0): Answer {
  try {
    return jsonAnswer(200, perform(model, call, behindMs));
  } catch (error) {
    if (error instanceof Refusal) return jsonAnswer(error.status, error.body);
    throw error;
  }
}

/** The client and user of a call, also from invalid tokens; null if unknown. */
export function callerOf(model: Model, call: Call): { clientId: string | null; userId: string | null } {
  const text = call.authorization?.replace(/^Bearer /i, '') ?? call.form.get('refresh_token') ?? '';
  const token = model.accessTokens.get(text) ?? model.refreshTokens.get(text);
  return { clientId: token?.clientId ?? call.form.get('client_id'), userId: token?.userId ?? null };
}
