import { accountsOf, ownAccount, wireAccount, wireBalance } from './accounts.ts';
import { jsonAnswer } from './call.ts';
import type { Answer, Call } from './call.ts';
import type { Books, Grant } from './model.ts';
import { potsOf, requestPotMove, wirePot } from './pots.ts';
import type { Direction } from './pots.ts';
import { deleteReceipt, putReceipt, readReceipt } from './receipts.ts';
import { missing, refusal, Refusal } from './refusal.ts';
import { authenticate, logOut, requireApproval, tokenRequest } from './tokens.ts';
import { annotate, findTransaction, listTransactions, wireTransaction } from './transactions.ts';
import { deleteWebhook, registerWebhook, webhooksOf, wireWebhook } from './webhooks.ts';

/** One authorised visit: who asks, what, and the id in the path. */
interface Visit {
  readonly books: Books;
  readonly call: Call;
  readonly grant: Grant;
  readonly id: string;
}

type Handler = (visit: Visit) => unknown;

function queried(call: Call, field: string): string {
  const value = call.query.get(field);
  if (!value) throw missing(field);
  return value;
}

const expands = (call: Call) => call.query.getAll('expand[]').includes('merchant');

const move =
  (direction: Direction): Handler =>
  ({ books, call, grant, id }) =>
    wirePot(requestPotMove(books, { grant, potId: id, direction, form: call.form }));

function postFeed({ books, call, grant }: Visit) {
  for (const field of ['account_id', 'type', 'params[title]', 'params[image_url]']) {
    if (!call.form.get(field)) throw missing(field);
  }
  const accountId = ownAccount(books, grant, call.form.get('account_id') ?? '').id;
  const params = Object.fromEntries(
    [...call.form].map(([key, value]) => [key.replace(/^params\[(.*)\]$/, '$1'), value]),
  );
  books.feed.push({ atMs: books.now(), accountId, clientId: grant.clientId, params });
  return {};
}

function whoAmI({ books, grant }: Visit) {
  if (books.switches.whoamiBeforeApproval === '403') requireApproval(books, grant);
  return { authenticated: true, client_id: grant.clientId, user_id: grant.userId };
}

/** Routes that need a token alone. */
const unapproved: Readonly<Record<string, Handler>> = {
  'GET /ping/whoami': whoAmI,
  'POST /oauth2/logout': ({ grant }) => {
    logOut(grant);
    return { ok: true };
  },
};

/** Routes that need a token and the approval in the app. A colon stands for the id in the path. */
const approved: Readonly<Record<string, Handler>> = {
  'GET /accounts': ({ books, call, grant }) => {
    const type = call.query.get('account_type');
    const accounts = accountsOf(books, grant.userId).filter((account) => !type || account.type === type);
    return { accounts: accounts.map((account) => wireAccount(books, account)) };
  },
  'GET /balance': ({ books, call, grant }) =>
    wireBalance(books, ownAccount(books, grant, queried(call, 'account_id'))),
  'GET /pots': ({ books, call, grant }) => {
    const account = ownAccount(books, grant, queried(call, 'current_account_id'));
    return { pots: potsOf(books, account).map(wirePot) };
  },
  'PUT /pots/:/deposit': move('deposit'),
  'PUT /pots/:/withdraw': move('withdraw'),
  'GET /transactions': ({ books, call, grant }) => {
    const accountId = queried(call, 'account_id');
    const rows = listTransactions(books, { grant, accountId, query: call.query });
    return { transactions: rows.map((row) => wireTransaction(books, row, expands(call))) };
  },
  'GET /transactions/:': ({ books, call, grant, id }) => ({
    transaction: wireTransaction(books, findTransaction(books, grant, id), expands(call)),
  }),
  'PATCH /transactions/:': ({ books, call, grant, id }) => {
    const row = findTransaction(books, grant, id);
    const notes = call.form.get('metadata[notes]');
    if (notes !== null) annotate(books, row, notes);
    return { transaction: wireTransaction(books, row) };
  },
  'GET /webhooks': ({ books, call, grant }) => ({
    webhooks: webhooksOf(books, grant, queried(call, 'account_id')).map(wireWebhook),
  }),
  'POST /webhooks': ({ books, call, grant }) => ({
    webhook: wireWebhook(registerWebhook(books, grant, call.form)),
  }),
  'DELETE /webhooks/:': ({ books, grant, id }) => {
    deleteWebhook(books, grant, id);
    return {};
  },
  'POST /feed': postFeed,
  'PUT /transaction-receipts': ({ books, call, grant }) => putReceipt(books, grant, call.text),
  'GET /transaction-receipts': ({ books, call, grant }) =>
    readReceipt(books, grant, queried(call, 'external_id')),
  'DELETE /transaction-receipts': ({ books, call, grant }) =>
    deleteReceipt(books, grant, queried(call, 'external_id')),
};

const idSegment = /^\/(transactions|webhooks|pots)\/([^/]+)/;

function route(
  books: Books,
  call: Call,
): { readonly act: Handler; readonly open: boolean; readonly id: string } {
  const id = idSegment.exec(call.path)?.[2] ?? '';
  const key = `${call.method} ${call.path.replace(idSegment, '/$1/:')}`;
  for (const table of [unapproved, approved]) {
    const act = Object.hasOwn(table, key) ? table[key] : undefined;
    if (act) return { act, open: table === unapproved, id };
  }
  if (books.switches.unknownRoute === 'not_found') throw refusal('not_found', `${call.path} not found`);
  const message = `No handler for ${call.method} ${call.path}`;
  throw new Refusal({
    code: 'not_found.no_handler',
    message,
    retryable: {},
    marshal_count: 2,
    unexpected: {},
  });
}

function perform(books: Books, call: Call): unknown {
  if (call.path === '/oauth2/token' && call.method === 'POST') {
    return tokenRequest(books, call.form, call.authorization);
  }
  const { act, open, id } = route(books, call);
  const grant = authenticate(books, call.authorization);
  if (!open) requireApproval(books, grant);
  return act({ books, call, grant, id });
}

/** Answers one call to the bank's API: what it asks happens at once, or is refused in the bank's words. */
export function answerApi(books: Books, call: Call): Answer {
  try {
    return jsonAnswer(200, perform(books, call));
  } catch (error) {
    if (error instanceof Refusal) return jsonAnswer(error.status, error.body);
    throw error;
  }
}

/** Who a call speaks for, dead tokens included; null where nothing tells. */
export function callerOf(books: Books, call: Call): { clientId: string | null; userId: string | null } {
  const text = call.authorization?.replace(/^Bearer /i, '') ?? call.form.get('refresh_token') ?? '';
  const token = books.accessTokens.get(text) ?? books.refreshTokens.get(text);
  return { clientId: token?.clientId ?? call.form.get('client_id'), userId: token?.userId ?? null };
}
