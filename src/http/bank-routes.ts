import {
  accountListSchema,
  addressTestSchema,
  bankPositionsSchema,
  formerListSchema,
  potListSchema,
  subscriptionListSchema,
  type AccountItem,
  type AddressTestItem,
  type BankPositionsList,
  type PotItem,
  type SubscriptionItem,
} from '../contract/bank-data.ts';
import { bankQuestions, questionNames } from '../domain/bank-questions.ts';
import { instantText, toMajorNumber } from '../domain/values.ts';
import { isGoalReached, type PotView, type ShownAccount } from '../domain/view.ts';
import { addressSentence, type AddressFindings } from '../ingest/address-test.ts';
import type { Subscription } from '../ingest/webhook-health.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { instantOrNull, majorOrNull } from './formats.ts';
import type { Bank, Services } from './services.ts';

/** Accounts, pots and the webhooks at Monzo, as they are known here. */

const tags = ['bank'];

export function addBankRoutes(app: Api, { services }: RouteOptions): void {
  const { view, shownView, former, bank } = services;
  const item = accountShownBy(services);
  app.get(
    '/api/accounts',
    {
      schema: {
        operationId: 'listAccounts',
        tags,
        summary: 'Every account with its balance',
        response: answers(200, accountListSchema),
      },
    },
    async () => ({ items: shownView().accounts.map(item), next: null }),
  );
  app.get(
    '/api/pots',
    {
      schema: {
        operationId: 'listPots',
        tags,
        summary: 'Every pot with its balance',
        response: answers(200, potListSchema),
      },
    },
    async () => ({ items: view().pots.map(potItem), next: null }),
  );
  app.get(
    '/api/former',
    {
      schema: {
        operationId: 'listFormer',
        tags,
        summary: 'Accounts and pots that are shown no more, under their last names',
        response: answers(200, formerListSchema),
      },
    },
    async () => ({ items: [...former()], next: null }),
  );
  addWebhookRoutes(app, bank);
  app.get(
    '/api/bank-positions',
    {
      schema: {
        operationId: 'listBankPositions',
        tags,
        summary: 'How Monzo was seen to behave where no source says it; no name, id, amount or secret',
        response: answers(200, bankPositionsSchema),
      },
    },
    async () => ({ items: positionItems(bank.positions), next: null }),
  );
}

/** Every question, with what was seen. */
export function positionItems(positions: Bank['positions']): BankPositionsList['items'] {
  const seen = Map.groupBy(positions.all(), ({ question }) => question);
  return questionNames.map((question) => ({
    question,
    asks: bankQuestions[question].asks,
    positions: (seen.get(question) ?? []).map(({ position, firstSeen }) => ({
      position,
      first_seen: instantText(firstSeen),
    })),
  }));
}

/** Shows accounts, each with what was learnt that it lacks. */
export function accountShownBy({ store }: Pick<Services, 'store'>): (account: ShownAccount) => AccountItem {
  return (account) => {
    const known = account.loginIds.flatMap((id) => store.learnt.of(id).absentParts);
    const lacks = new Set(known.filter(({ accountId }) => accountId === account.id).map(({ part }) => part));
    return accountItem(account, [...lacks]);
  };
}

function accountItem(account: ShownAccount, lacks: AccountItem['lacks']): AccountItem {
  const { currency, balance, totalBalance, spentToday, spentThisMonth, leftToMoveToday } = account;
  return {
    id: account.id,
    type: account.type,
    name: account.name,
    currency,
    balance: majorOrNull(balance, currency),
    balance_minor: balance,
    total_balance: majorOrNull(totalBalance, currency),
    total_balance_minor: totalBalance,
    spent_today: majorOrNull(spentToday, currency),
    spent_today_minor: spentToday,
    spent_since: instantOrNull(account.spentSince),
    spent_this_month: majorOrNull(spentThisMonth, currency),
    spent_this_month_minor: spentThisMonth,
    month_since: instantText(account.monthSince),
    left_to_move_today: majorOrNull(leftToMoveToday, currency),
    left_to_move_today_minor: leftToMoveToday,
    low_balance: account.lowBalance?.isLow ?? null,
    available: account.available,
    missing: account.missing,
    figures_from: instantOrNull(account.figuresFrom),
    lacks,
    logins: [...account.loginIds],
  };
}

export function potItem(pot: PotView): PotItem {
  const { currency, balance, goal } = pot;
  return {
    id: pot.id,
    account_id: pot.accountId,
    name: pot.name,
    currency,
    balance: toMajorNumber(balance, currency),
    balance_minor: balance,
    goal: majorOrNull(goal, currency),
    goal_minor: goal,
    goal_reached: isGoalReached(pot),
    locked: pot.locked,
    available: pot.available,
    missing: pot.missing,
    figures_from: instantOrNull(pot.figuresFrom),
  };
}

function addWebhookRoutes(app: Api, bank: Bank): void {
  app.get(
    '/api/subscriptions',
    {
      schema: {
        operationId: 'listWebhooks',
        tags,
        summary: 'The webhook of every account: whether it is wanted, and whether it is at Monzo',
        response: answers(200, subscriptionListSchema),
      },
    },
    async () => ({ items: bank.subscriptions.all().map(subscriptionItem), next: null }),
  );
  app.post(
    '/api/webhooks/test',
    {
      schema: {
        operationId: 'testWebhook',
        tags,
        summary: 'Call the bridge’s own webhook, and say whether the call arrives',
        response: answers(200, addressTestSchema, 'tested_just_now'),
      },
    },
    async () => addressTestItem(await bank.addressTest.run()),
  );
}

function addressTestItem(findings: AddressFindings): AddressTestItem {
  const { outcome, via, host, status, contentType } = findings;
  return { outcome, via, host, status, content_type: contentType, sentence: addressSentence(findings) };
}

/** Only the host of a webhook's address is shown: anyone who knows the rest could ring. */
function subscriptionItem(subscription: Subscription): SubscriptionItem {
  const { accountId, loginId, wanted, actual, trouble, silence } = subscription;
  const host = wanted === null ? null : new URL(wanted).host;
  return {
    account_id: accountId,
    login_id: loginId,
    wanted: wanted !== null,
    actual,
    host,
    trouble,
    silent: silence !== null,
  };
}
