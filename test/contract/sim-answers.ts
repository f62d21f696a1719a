import assert from 'node:assert/strict';
import { openTestBank, type TestBank, type Reply } from '../../sim/test-bank.ts';
import { alex, joint, signIn, sam } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { days, hours, wireTime } from '../../sim/wire-time.ts';

type Ask = (access: string, testBank: TestBank) => Promise<unknown>;

const body = (reply: Promise<Reply>) => reply.then((answer) => answer.body);

/** One of every row a recording shows, in one account. */
function liveALittle({ bank }: TestBank): { readonly settled: string; readonly declined: string } {
  const card = { merchant: 'Online Service', category: 'bills', online: true };
  const settled = bank.purchase(alex.current, { amount: 2_775, ...card });
  bank.settle(settled);
  const declined = bank.decline(alex.current, { amount: 5_000, ...card });
  bank.incomingPayment(alex.current, {
    amount: 2_000,
    name: 'John Smith',
    settledMs: bank.model.now() + 9 * hours,
  });
  bank.purchase(joint.account, { amount: 900, merchant: 'Corner Shop' });
  return { settled, declined };
}

const expanded = 'expand%5B%5D=merchant';

async function deliveries(testBank: TestBank, access: string, happen: () => void): Promise<unknown> {
  const posted: unknown[] = [];
  const url = 'https://hooks.example/key';
  await testBank.ask(access, 'POST /webhooks', { account_id: alex.current, url });
  const fetch = async (_input: unknown, init?: RequestInit) => {
    posted.push(JSON.parse(init?.body as string));
    return Promise.resolve(new Response(null, { status: 200 }));
  };
  const webhookSender = startWebhookSender({ ...testBank, fetch });
  happen();
  await webhookSender.idle();
  webhookSender.stop();
  return posted[0];
}

/** For every kind of answer that was ever recorded, how the simulator is brought to give it. */
const answers = {
  accounts: (access, testBank) => body(testBank.ask(access, 'GET /accounts')),
  loanAccounts: async (_access, testBank) => {
    const other = await signIn(testBank.bank, testBank.fetch, { person: sam });
    return body(testBank.ask(other.access, 'GET /accounts'));
  },
  balance: (access, testBank) => body(testBank.ask(access, `GET /balance?account_id=${alex.current}`)),
  pots: (access, testBank) => body(testBank.ask(access, `GET /pots?current_account_id=${alex.current}`)),
  pot: (access, testBank) =>
    body(
      testBank.ask(access, `PUT /pots/${alex.pots.holiday}/deposit`, {
        source_account_id: alex.current,
        amount: '10',
        dedupe_id: 'd',
      }),
    ),
  whoami: (access, testBank) => body(testBank.ask(access, 'GET /ping/whoami')),
  transactions: (access, testBank) =>
    body(testBank.ask(access, `GET /transactions?account_id=${alex.current}`)),
  expandedTransactions: (access, testBank) =>
    body(testBank.ask(access, `GET /transactions?account_id=${alex.current}&${expanded}`)),
  expandedTransaction: async (access, testBank) => {
    const { settled } = liveALittle(testBank);
    return (await body(testBank.ask(access, `GET /transactions/${settled}?${expanded}`)))['transaction'];
  },
  declinedTransaction: async (access, testBank) => {
    const { declined } = liveALittle(testBank);
    return (await body(testBank.ask(access, `GET /transactions/${declined}?${expanded}`)))['transaction'];
  },
  incomingTransaction: async (access, testBank) => {
    const id = testBank.bank.incomingPayment(alex.current, { amount: 2_000, name: 'John Smith' });
    return (await body(testBank.ask(access, `GET /transactions/${id}?${expanded}`)))['transaction'];
  },
  annotated: (access, testBank) => {
    const { settled } = liveALittle(testBank);
    return body(testBank.ask(access, `PATCH /transactions/${settled}`, { 'metadata[notes]': 'Test Note' }));
  },
  webhookCreated: (access, testBank) =>
    body(testBank.ask(access, 'POST /webhooks', { account_id: alex.current, url: 'https://a.example/b' })),
  webhooks: async (access, testBank) => {
    await testBank.ask(access, 'POST /webhooks', { account_id: alex.current, url: 'https://a.example/b' });
    return body(testBank.ask(access, `GET /webhooks?account_id=${alex.current}`));
  },
  feedItem: (access, testBank) =>
    body(
      testBank.ask(access, 'POST /feed', {
        account_id: alex.current,
        type: 'basic',
        'params[title]': 'Hello',
        'params[image_url]': 'https://a.example/b.png',
      }),
    ),
  logout: (access, testBank) => body(testBank.ask(access, 'POST /oauth2/logout')),
  receipt: async (access, testBank) => {
    const { settled } = liveALittle(testBank);
    const item = { description: 'Tea', quantity: 1, amount: 665, currency: 'GBP' };
    const receipt = {
      external_id: 'r1',
      transaction_id: settled,
      total: 665,
      currency: 'GBP',
      items: [item],
    };
    await testBank.fetch('https://api.monzo.com/transaction-receipts', {
      method: 'PUT',
      headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
      body: JSON.stringify(receipt),
    });
    return body(testBank.ask(access, 'GET /transaction-receipts?external_id=r1'));
  },
  cardDelivery: (access, testBank) => deliveries(testBank, access, () => void liveALittle(testBank)),
  potDelivery: (access, testBank) =>
    deliveries(
      testBank,
      access,
      () => void testBank.bank.potMove(alex.pots.holiday, 'withdraw', { amount: 100 }),
    ),
} as const satisfies Readonly<Record<string, Ask>>;

export type AnswerKind = keyof typeof answers;

export const answerKinds = Object.keys(answers) as readonly AnswerKind[];

/** The simulator's answer of that kind: its body, parsed. */
export async function simulatorAnswer(kind: AnswerKind): Promise<unknown> {
  const testBank = openTestBank();
  const { access } = await signIn(testBank.bank, testBank.fetch);
  liveALittle(testBank);
  await testBank.clock.advance(1);
  return answers[kind](access, testBank);
}

type Trouble = (access: string, testBank: TestBank) => Promise<Reply>;

const list = (back: number) => (testBank: TestBank) =>
  `GET /transactions?account_id=${alex.current}&since=${encodeURIComponent(wireTime(testBank.clock.now() - back))}`;

/** For every observed error, by code, how the simulator is brought to it. */
const troubles: Readonly<Record<string, Trouble>> = {
  'unauthorized.bad_access_token': (_access, testBank) => testBank.ask('garbage', 'GET /accounts'),
  not_found: (access, testBank) => testBank.ask(access, 'GET /a'),
  'not_found.no_handler': (access, testBank) => {
    testBank.bank.turn({ unknownRoute: 'no_handler' });
    return testBank.ask(access, 'GET /authorize');
  },
  'bad_request.missing_param.current_account_id': (access, testBank) => testBank.ask(access, 'GET /pots'),
  'unauthorized.bad_refresh_token': (_access, testBank) =>
    testBank.ask(null, 'POST /oauth2/token', {
      grant_type: 'refresh_token',
      client_id: alex.clientId,
      client_secret: alex.clientSecret,
      refresh_token: 'used',
    }),
  'bad_request.invalid_token': (_access, testBank) => {
    testBank.bank.turn({ deadToken: 'bad_request_400' });
    return testBank.ask('garbage', 'GET /accounts');
  },
  'bad_request.insufficient_funds': (access, testBank) =>
    testBank.ask(access, `PUT /pots/${alex.pots.holiday}/deposit`, {
      source_account_id: alex.current,
      amount: '99999999',
      dedupe_id: 'x',
    }),
  'bad_request.invalid_time_range': (access, testBank) => testBank.ask(access, list(366 * days)(testBank)),
  'bad_request.bad_time_range': (access, testBank) =>
    testBank.ask(
      access,
      `${list(days)(testBank)}&before=${encodeURIComponent(wireTime(testBank.clock.now() - 2 * days))}`,
    ),
  'forbidden.verification_required': async (access, testBank) => {
    await testBank.clock.advance(hours);
    return testBank.ask(access, list(100 * days)(testBank));
  },
};

/** The simulator's answer with that error code. Fails where nobody knows how to provoke it. */
export async function simulatorTrouble(code: string): Promise<Reply> {
  const provoke = troubles[code];
  assert.ok(provoke, `Nobody knows how to provoke ${code}.`);
  const testBank = openTestBank();
  const { access } = await signIn(testBank.bank, testBank.fetch);
  return provoke(access, testBank);
}
