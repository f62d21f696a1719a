import type { Bank } from './bank.ts';
import { jsonAnswer } from './call.ts';
import type { Answer, Call } from './call.ts';
import type { Fault, Faults } from './faults.ts';
import type { Showing } from './model.ts';

/** What the control API of a simulator process acts on. */
export interface Controlled {
  readonly bank: Bank;
  readonly faults: Faults;
}

type Body = Readonly<Record<string, unknown>>;
type Verb = (controlled: Controlled, body: Body) => unknown;

function text(body: Body, field: string): string {
  const value = body[field];
  if (typeof value !== 'string') throw new TypeError(`"${field}" must be text.`);
  return value;
}

/** The body without a field, for methods that take an id and options. */
function rest(body: Body, field: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== field));
}

/** A fault from JSON, in which `path` (a prefix) takes the place of the matching function. */
function readFault(body: Body): Fault {
  const path = body['path'];
  const match = typeof path === 'string' ? { match: (call: Call) => call.path.startsWith(path) } : {};
  return { ...rest(body, 'path'), ...match } as unknown as Fault;
}

type OnAccount = {
  [Name in keyof Bank]: Bank[Name] extends (accountId: string, options: never) => string ? Name : never;
}[keyof Bank];

const onAccount = (name: Exclude<OnAccount, 'authorize' | 'potMove'>): Verb => {
  return ({ bank }, body) => {
    const act = bank[name] as (accountId: string, options: Body) => string;
    return { id: act(text(body, 'account'), rest(body, 'account')) };
  };
};

function whereOf({ where }: Body): Showing | 'both' {
  return where === 'lists' || where === 'by_id' ? where : 'both';
}

const outage: Fault = { kind: 'status', status: 503 };

function setOutage({ faults }: Controlled, on: boolean): void {
  faults.clear();
  if (on) faults.add(outage);
}

function overview({ bank, faults }: Controlled) {
  const { people, clients, accounts, pots, webhooks, transactions } = bank.model;
  return {
    people: [...people.values()],
    clients: [...clients.values()],
    accounts: [...accounts.values()],
    pots: [...pots.values()],
    webhooks: [...webhooks.values()],
    transactions: transactions.size,
    feed: bank.feed,
    faults: faults.kinds(),
    switches: bank.switches,
  };
}

/** `GET /sim/<name>` reads, `POST /sim/<name>` with a JSON body acts. Fields are named as in the bank's methods. */
const verbs: Readonly<Record<string, Verb>> = {
  'GET /state': (controlled) => overview(controlled),
  'GET /secrets': ({ bank }) => ({ secrets: bank.secrets() }),
  'GET /calls': ({ bank }) => ({ calls: bank.calls }),
  'POST /authorize': ({ bank }, body) => ({
    url: bank.authorize({
      clientId: text(body, 'clientId'),
      redirectUri: text(body, 'redirectUri'),
      state: text(body, 'state'),
      userId: text(body, 'userId'),
    }),
  }),
  'POST /redirect': ({ bank }, body) => bank.registerRedirect(text(body, 'clientId'), text(body, 'url')),
  'POST /approve': ({ bank }, body) =>
    bank.approve(text(body, 'user'), body['accounts'] as readonly string[] | undefined),
  'POST /deny': ({ bank }, body) => bank.deny(text(body, 'user')),
  'POST /lapse': ({ bank }, body) => bank.lapseApproval(text(body, 'user')),
  'POST /evict': ({ bank }, body) => bank.evict(text(body, 'clientId'), text(body, 'user')),
  'POST /drop-webhooks': ({ bank }) => bank.dropWebhooks(),
  'POST /purchase': onAccount('purchase'),
  'POST /foreign-purchase': onAccount('foreignPurchase'),
  'POST /decline': onAccount('decline'),
  'POST /cash-withdrawal': onAccount('cashWithdrawal'),
  'POST /refund': onAccount('refund'),
  'POST /salary': onAccount('salary'),
  'POST /incoming-payment': onAccount('incomingPayment'),
  'POST /outgoing-payment': onAccount('outgoingPayment'),
  'POST /direct-debit': onAccount('directDebit'),
  'POST /open-pot': onAccount('openPot'),
  'POST /card-check': ({ bank }, body) => ({ id: bank.cardCheck(text(body, 'account')) }),
  'POST /settle': ({ bank }, body) => bank.settle(text(body, 'id'), rest(body, 'id')),
  'POST /reverse': ({ bank }, body) => bank.reverse(text(body, 'id')),
  'POST /vanish': ({ bank }, body) => bank.vanish(text(body, 'id')),
  'POST /show-late': ({ bank }, body) => bank.showLate(text(body, 'id'), Number(body['ms']), whereOf(body)),
  'POST /annotate': ({ bank }, body) => bank.annotate(text(body, 'id'), text(body, 'notes')),
  'POST /recategorise': ({ bank }, body) => bank.recategorise(text(body, 'id'), text(body, 'category')),
  'POST /pot-move': ({ bank }, body) => ({
    id: bank.potMove(text(body, 'pot'), text(body, 'direction') === 'deposit' ? 'deposit' : 'withdraw', {
      amount: Number(body['amount']),
    }),
  }),
  'POST /rename-pot': ({ bank }, body) => bank.renamePot(text(body, 'pot'), text(body, 'name')),
  'POST /close-pot': ({ bank }, body) => bank.closePot(text(body, 'pot')),
  'POST /open-account': ({ bank }, body) => ({
    id: bank.openAccount(body as unknown as Parameters<Bank['openAccount']>[0]),
  }),
  'POST /reopen-account': ({ bank }, body) => bank.reopenAccount(text(body, 'account')),
  'POST /change-account': ({ bank }, body) =>
    bank.changeAccount(text(body, 'account'), rest(body, 'account')),
  'POST /close-account': ({ bank }, body) => bank.closeAccount(text(body, 'account')),
  'POST /history': ({ bank }, body) => ({
    rows: bank.addHistory(text(body, 'account'), {
      days: Number(body['days']),
      perDay: Number(body['perDay']),
    }),
  }),
  'POST /token-incident': ({ bank }, body) => bank.tokenIncident(Number(body['ms'])),
  'POST /outage': (controlled, body) => setOutage(controlled, body['on'] !== false),
  'POST /fault': ({ faults }, body) => void faults.add(readFault(body)),
  'POST /faults-clear': ({ faults }) => faults.clear(),
  'POST /switch': ({ bank }, body) => bank.turn(body),
};

/** Runs one verb of the control API, or answers 400 or 404 with the reason. */
export function answerControl(controlled: Controlled, call: Call): Answer {
  const key = `${call.method} ${call.path}`;
  const verb = Object.hasOwn(verbs, key) ? verbs[key] : undefined;
  if (!verb) return jsonAnswer(404, { error: `Unknown verb. Known: ${Object.keys(verbs).join(', ')}` });
  try {
    const body = call.text === '' ? {} : (JSON.parse(call.text) as Body);
    return jsonAnswer(200, verb(controlled, body) ?? {});
  } catch (error) {
    return jsonAnswer(400, { error: error instanceof Error ? error.message : String(error) });
  }
}
