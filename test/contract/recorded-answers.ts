import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { judge } from '../../src/monzo/exchange.ts';
import { isJsonObject, type UnknownShape } from '../../src/monzo/shape.ts';
import { createWire, type Wire } from '../../src/monzo/wire.ts';
import { shapeDifferences } from './shape.ts';
import { simulatorAnswer, type AnswerKind } from './sim-answers.ts';

/** Recordings of the real bank as programs that replay HTTP keep them, and as `monzo-bridge record` writes them. */

export interface RecordedAnswer {
  readonly method: string;
  readonly address: URL;
  readonly status: number;
  readonly content: string;
}

interface Cassette {
  readonly interactions: readonly {
    readonly request: { readonly method: string; readonly uri: string };
    readonly response: { readonly content: string; readonly status_code: number };
  }[];
}

export function answersIn(yaml: string): readonly RecordedAnswer[] {
  return (parse(yaml) as Cassette).interactions.map(({ request, response }) => ({
    method: request.method,
    address: new URL(request.uri),
    status: response.status_code,
    content: response.content,
  }));
}

export const isGood = ({ status }: RecordedAnswer): boolean => status < 400;

const account = 'acc_asked';
const moment = { at: Date.parse('2022-08-24T12:00:00Z') };

interface Sort {
  readonly isMeant: (body: Readonly<Record<string, unknown>>) => boolean;
  /** Returns how many rows were read, and how many there were. */
  readonly read: (wire: Wire, body: Readonly<Record<string, unknown>>) => readonly [number, number];
}

const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0);

const sorts: readonly Sort[] = [
  {
    isMeant: (body) => 'accounts' in body,
    read: (wire, body) => [wire.readAccounts(body).length, lengthOf(body['accounts'])],
  },
  {
    isMeant: (body) => 'pots' in body,
    read: (wire, body) => [wire.readPots(body, account).length, lengthOf(body['pots'])],
  },
  {
    isMeant: (body) => 'transactions' in body,
    read: (wire, body) => [wire.readTransactions(body, account).length, lengthOf(body['transactions'])],
  },
  {
    isMeant: (body) => 'transaction' in body,
    read: (wire, body) => [wire.readTransaction(body).id.length > 0 ? 1 : 0, 1],
  },
  {
    isMeant: (body) => body['type'] === 'transaction.created',
    read: (wire, body) => [wire.readTransactions({ transactions: [body['data']] }).length, 1],
  },
  {
    isMeant: (body) => 'webhooks' in body,
    read: (wire, body) => [wire.readWebhooks(body, account).length, lengthOf(body['webhooks'])],
  },
  {
    isMeant: (body) => 'webhook' in body,
    read: (wire, body) => [wire.readWebhook(body, account).url.length > 0 ? 1 : 0, 1],
  },
  {
    isMeant: (body) => 'authenticated' in body,
    read: (wire, body) => [Number(wire.readWhoami(body).authenticated), 1],
  },
  {
    isMeant: (body) => 'spend_today' in body,
    read: (wire, body) => [Number(Number.isSafeInteger(wire.readBalance(body, moment.at).balance)), 1],
  },
  {
    isMeant: (body) => String(body['id']).startsWith('pot_'),
    read: (wire, body) => [wire.readPot(body, account).accountId === account ? 1 : 0, 1],
  },
  {
    isMeant: (body) => String(body['id']).startsWith('tx_'),
    read: (wire, body) => [wire.readTransactions({ transactions: [body] }).length, 1],
  },
  // Answers of which only the status counts, and receipts, which we do not use.
  {
    isMeant: (body) => Object.keys(body).length === 0 || 'ok' in body || 'receipt' in body,
    read: () => [0, 0],
  },
];

/** Everything in the body of a recorded answer is understood, and nothing is reported as unknown. */
export function checkByWire(body: unknown): void {
  const surprises: UnknownShape[] = [];
  const wire = createWire((shape) => surprises.push(shape));
  assert.ok(isJsonObject(body));
  const sort = sorts.find(({ isMeant }) => isMeant(body));
  assert.ok(sort, `nothing reads ${Object.keys(body).join(', ')}`);
  const [read, there] = sort.read(wire, body);
  assert.equal(read, there);
  assert.deepEqual(surprises, []);
}

/** A recorded refusal becomes a fault that is known, and not one of the network. */
export function checkRefusal({ status, content: text }: RecordedAnswer): void {
  const { refusal } = judge({ status, headers: {}, text }, { purpose: 'data', at: 0 });
  assert.equal(refusal?.status, status);
  assert.notEqual(refusal.bankCode, null);
}

/** A recorded answer to compare with the simulator's of the same kind. */
export interface Sample {
  readonly name: string;
  readonly kind: AnswerKind;
  readonly body: unknown;
}

/** Which kind of answer a recorded request got, by its path. */
const kindsByPath: Readonly<Record<string, AnswerKind>> = {
  '/accounts': 'accounts',
  '/balance': 'balance',
  '/pots': 'pots',
  '/ping/whoami': 'whoami',
  '/webhooks': 'webhooks',
};

export function sampleOf({ method, address, content }: RecordedAnswer): Sample {
  const name = `${method} ${address.href}`;
  const body: unknown = JSON.parse(content);
  const isExpanded = address.searchParams.has('expand[]');
  if (address.pathname === '/transactions')
    return { name, kind: isExpanded ? 'expandedTransactions' : 'transactions', body };
  if (address.pathname.startsWith('/transactions/')) {
    assert.ok(isJsonObject(body) && isExpanded);
    return { name, kind: 'expandedTransaction', body: body['transaction'] };
  }
  const kind = kindsByPath[address.pathname];
  assert.ok(kind, `an unknown request, ${name}`);
  return { name, kind, body };
}

/** Rows of different types have different keys: each recorded account is held against ours of its own type. */
function sameTypes(recorded: unknown, ours: unknown): readonly (readonly [unknown, unknown])[] {
  const rows = (body: unknown) => (body as { accounts?: readonly { readonly type: string }[] }).accounts;
  const own = rows(ours);
  if (!own) return [[recorded, ours]];
  return (rows(recorded) ?? []).map((row) => [row, own.find((account) => account.type === row.type)]);
}

/** How the simulator's answer departs from a recorded one. */
export async function departuresOf({ kind, body }: Sample): Promise<readonly string[]> {
  // Two people are needed to show all types: a loan is only the second one's.
  const answers = kind === 'accounts' ? (['accounts', 'loanAccounts'] as const) : [kind];
  const all = await Promise.all(answers.map((answer) => simulatorAnswer(answer)));
  const [first] = all;
  const accounts = all.flatMap((answer) => (answer as { accounts?: readonly unknown[] }).accounts ?? []);
  return sameTypes(body, accounts.length > 0 ? { accounts } : first).flatMap(([recorded, ours]) =>
    shapeDifferences(recorded, ours),
  );
}
