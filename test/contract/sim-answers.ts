import assert from 'node:assert/strict';
import { openBranch } from '../../sim/branch.ts';
import type { Branch, Reply } from '../../sim/branch.ts';
import { alex, joint, signIn, sam } from '../../sim/household.ts';
import { startPostman } from '../../sim/postman.ts';
import { days, hours, wireTime } from '../../sim/wire-time.ts';

type Ask = (access: string, branch: Branch) => Promise<unknown>;

const body = (reply: Promise<Reply>) => reply.then((answer) => answer.body);

/** One of every row a recording shows, in one account. */
function liveALittle({ bank }: Branch): { readonly settled: string; readonly declined: string } {
  const card = { merchant: 'Online Service', category: 'bills', online: true };
  const settled = bank.purchase(alex.current, { amount: 2_775, ...card });
  bank.settle(settled);
  const declined = bank.decline(alex.current, { amount: 5_000, ...card });
  bank.incomingPayment(alex.current, {
    amount: 2_000,
    name: 'John Smith',
    settledMs: bank.books.now() + 9 * hours,
  });
  bank.purchase(joint.account, { amount: 900, merchant: 'Corner Shop' });
  return { settled, declined };
}

const expanded = 'expand%5B%5D=merchant';

async function deliveries(branch: Branch, access: string, happen: () => void): Promise<unknown> {
  const posted: unknown[] = [];
  const url = 'https://hooks.example/key';
  await branch.ask(access, 'POST /webhooks', { account_id: alex.current, url });
  const fetch = async (_input: unknown, init?: RequestInit) => {
    posted.push(JSON.parse(init?.body as string));
    return Promise.resolve(new Response(null, { status: 200 }));
  };
  const postman = startPostman({ ...branch, fetch });
  happen();
  await postman.idle();
  postman.stop();
  return posted[0];
}

/** For every kind of answer that was ever recorded, how the simulator is brought to give it. */
const answers = {
  accounts: (access, branch) => body(branch.ask(access, 'GET /accounts')),
  loanAccounts: async (_access, branch) => {
    const other = await signIn(branch.bank, branch.fetch, { person: sam });
    return body(branch.ask(other.access, 'GET /accounts'));
  },
  balance: (access, branch) => body(branch.ask(access, `GET /balance?account_id=${alex.current}`)),
  pots: (access, branch) => body(branch.ask(access, `GET /pots?current_account_id=${alex.current}`)),
  pot: (access, branch) =>
    body(
      branch.ask(access, `PUT /pots/${alex.pots.holiday}/deposit`, {
        source_account_id: alex.current,
        amount: '10',
        dedupe_id: 'd',
      }),
    ),
  whoami: (access, branch) => body(branch.ask(access, 'GET /ping/whoami')),
  transactions: (access, branch) => body(branch.ask(access, `GET /transactions?account_id=${alex.current}`)),
  expandedTransactions: (access, branch) =>
    body(branch.ask(access, `GET /transactions?account_id=${alex.current}&${expanded}`)),
  expandedTransaction: async (access, branch) => {
    const { settled } = liveALittle(branch);
    return (await body(branch.ask(access, `GET /transactions/${settled}?${expanded}`)))['transaction'];
  },
  declinedTransaction: async (access, branch) => {
    const { declined } = liveALittle(branch);
    return (await body(branch.ask(access, `GET /transactions/${declined}?${expanded}`)))['transaction'];
  },
  incomingTransaction: async (access, branch) => {
    const id = branch.bank.incomingPayment(alex.current, { amount: 2_000, name: 'John Smith' });
    return (await body(branch.ask(access, `GET /transactions/${id}?${expanded}`)))['transaction'];
  },
  annotated: (access, branch) => {
    const { settled } = liveALittle(branch);
    return body(branch.ask(access, `PATCH /transactions/${settled}`, { 'metadata[notes]': 'Test Note' }));
  },
  webhookCreated: (access, branch) =>
    body(branch.ask(access, 'POST /webhooks', { account_id: alex.current, url: 'https://a.example/b' })),
  webhooks: async (access, branch) => {
    await branch.ask(access, 'POST /webhooks', { account_id: alex.current, url: 'https://a.example/b' });
    return body(branch.ask(access, `GET /webhooks?account_id=${alex.current}`));
  },
  feedItem: (access, branch) =>
    body(
      branch.ask(access, 'POST /feed', {
        account_id: alex.current,
        type: 'basic',
        'params[title]': 'Hello',
        'params[image_url]': 'https://a.example/b.png',
      }),
    ),
  logout: (access, branch) => body(branch.ask(access, 'POST /oauth2/logout')),
  receipt: async (access, branch) => {
    const { settled } = liveALittle(branch);
    const item = { description: 'Tea', quantity: 1, amount: 665, currency: 'GBP' };
    const receipt = {
      external_id: 'r1',
      transaction_id: settled,
      total: 665,
      currency: 'GBP',
      items: [item],
    };
    await branch.fetch('https://api.monzo.com/transaction-receipts', {
      method: 'PUT',
      headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
      body: JSON.stringify(receipt),
    });
    return body(branch.ask(access, 'GET /transaction-receipts?external_id=r1'));
  },
  cardDelivery: (access, branch) => deliveries(branch, access, () => void liveALittle(branch)),
  potDelivery: (access, branch) =>
    deliveries(
      branch,
      access,
      () => void branch.bank.potMove(alex.pots.holiday, 'withdraw', { amount: 100 }),
    ),
} as const satisfies Readonly<Record<string, Ask>>;

export type AnswerKind = keyof typeof answers;

export const answerKinds = Object.keys(answers) as readonly AnswerKind[];

/** The simulator's answer of that kind: its body, parsed. */
export async function simulatorAnswer(kind: AnswerKind): Promise<unknown> {
  const branch = openBranch();
  const { access } = await signIn(branch.bank, branch.fetch);
  liveALittle(branch);
  await branch.clock.advance(1);
  return answers[kind](access, branch);
}

type Trouble = (access: string, branch: Branch) => Promise<Reply>;

const list = (back: number) => (branch: Branch) =>
  `GET /transactions?account_id=${alex.current}&since=${encodeURIComponent(wireTime(branch.clock.now() - back))}`;

/** For every observed error, by code, how the simulator is brought to it. */
const troubles: Readonly<Record<string, Trouble>> = {
  'unauthorized.bad_access_token': (_access, branch) => branch.ask('garbage', 'GET /accounts'),
  not_found: (access, branch) => branch.ask(access, 'GET /a'),
  'not_found.no_handler': (access, branch) => {
    branch.bank.turn({ unknownRoute: 'no_handler' });
    return branch.ask(access, 'GET /authorize');
  },
  'bad_request.missing_param.current_account_id': (access, branch) => branch.ask(access, 'GET /pots'),
  'unauthorized.bad_refresh_token': (_access, branch) =>
    branch.ask(null, 'POST /oauth2/token', {
      grant_type: 'refresh_token',
      client_id: alex.clientId,
      client_secret: alex.clientSecret,
      refresh_token: 'used',
    }),
  'bad_request.invalid_token': (_access, branch) => {
    branch.bank.turn({ deadToken: 'bad_request_400' });
    return branch.ask('garbage', 'GET /accounts');
  },
  'bad_request.insufficient_funds': (access, branch) =>
    branch.ask(access, `PUT /pots/${alex.pots.holiday}/deposit`, {
      source_account_id: alex.current,
      amount: '99999999',
      dedupe_id: 'x',
    }),
  'bad_request.invalid_time_range': (access, branch) => branch.ask(access, list(366 * days)(branch)),
  'bad_request.bad_time_range': (access, branch) =>
    branch.ask(
      access,
      `${list(days)(branch)}&before=${encodeURIComponent(wireTime(branch.clock.now() - 2 * days))}`,
    ),
  'forbidden.verification_required': async (access, branch) => {
    await branch.clock.advance(hours);
    return branch.ask(access, list(100 * days)(branch));
  },
};

/** The simulator's answer with that error code. Fails where nobody knows how to provoke it. */
export async function simulatorTrouble(code: string): Promise<Reply> {
  const provoke = troubles[code];
  assert.ok(provoke, `Nobody knows how to provoke ${code}.`);
  const branch = openBranch();
  const { access } = await signIn(branch.bank, branch.fetch);
  return provoke(access, branch);
}
