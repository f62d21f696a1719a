import type { LoggedEvent } from '../domain/delivery.ts';
import { isTransferEvent, transferPayload, type BankEvent } from '../domain/event.ts';
import { worstOf, type AccountView, type PartHealth, type PotView } from '../domain/view.ts';
import { consentExpiresAbout, type LoginView } from '../domain/login.ts';
import { displayName, kindOf, statusOf } from '../domain/transaction.ts';
import { instantText, toMajorNumber, type Currency, type Instant, type Minor } from '../domain/values.ts';
import type { ListedRow } from '../store/transaction-pages.ts';
import type { Services } from './services.ts';
import type { AccountItem, PotItem, TransactionItem } from '../contract/bank-data.ts';
import type { HealthItem } from '../contract/bridge-data.ts';
import type { EventItem } from '../contract/event-data.ts';
import type { LoginItem } from '../contract/login-data.ts';

/** How what we know is shown by the API: amounts as numbers in major units with the minor ones beside, instants as text. */

function loginItem(login: LoginView, webhooks: LoginItem['webhooks']): LoginItem {
  return {
    id: login.id,
    name: login.name,
    user_id: login.userId,
    state: login.state,
    needs: login.needs,
    fault: login.fault,
    remedy: login.remedy,
    redirect_uri: login.redirectUri,
    created: instantText(login.created),
    last_success: instantOrNull(login.lastSuccess),
    webhooks,
    consent: {
      approved_at: instantOrNull(login.approvedAt),
      expires_about: instantOrNull(consentExpiresAbout(login)),
      due: login.approvalIsDue,
    },
    history: login.history,
  };
}

/** Shows logins together with how their webhooks stand. */
export function loginShownBy({ webhooksOf }: Pick<Services, 'webhooksOf'>): (login: LoginView) => LoginItem {
  return (login) => loginItem(login, webhooksOf(login.id));
}

export function accountItem(account: AccountView): AccountItem {
  const { currency, balance, totalBalance, spentToday } = account;
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
    available: account.available,
    logins: [...account.loginIds],
  };
}

export function potItem({
  id,
  accountId,
  name,
  currency,
  balance,
  goal,
  locked,
  available,
}: PotView): PotItem {
  return {
    id,
    account_id: accountId,
    name,
    currency,
    balance: toMajorNumber(balance, currency),
    balance_minor: balance,
    goal: majorOrNull(goal, currency),
    goal_minor: goal,
    locked,
    available,
  };
}

/** A pending row is judged anew, because time alone settles a payment. */
export function transactionItem({ transaction, status, flow }: ListedRow, now: Instant): TransactionItem {
  const { amount, currency, localAmount, localCurrency } = transaction;
  return {
    id: transaction.id,
    account_id: transaction.accountId,
    pot_id: transaction.potId,
    kind: kindOf(transaction),
    flow,
    internal: flow === 'internal',
    status: status === 'pending' ? statusOf(transaction, now) : status,
    name: displayName(transaction),
    merchant: transaction.merchantName,
    merchant_id: transaction.merchantId,
    counterparty: transaction.counterparty,
    description: transaction.description,
    notes: transaction.notes,
    category: transaction.category,
    scheme: transaction.scheme,
    created: instantText(transaction.created),
    updated: instantText(transaction.updated),
    settled: instantOrNull(transaction.settles),
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    local_amount: toMajorNumber(localAmount, localCurrency),
    local_amount_minor: localAmount,
    local_currency: localCurrency,
    decline_reason: transaction.declineReason,
  };
}

/** An event as JSON text: of the bank's with the bank's own object, to the letter. */
export function eventText({ seq, event }: LoggedEvent): string {
  if (!isTransferEvent(event)) return withVerbatim(bankEventItem(seq, event), 'data', event.transaction.raw);
  return JSON.stringify({
    seq,
    at: instantText(event.at),
    account_id: event.accountId,
    ...transferPayload(event),
  } satisfies EventItem);
}

function bankEventItem(seq: number, event: BankEvent) {
  const { transaction, balance, totalBalance } = event;
  const { amount, currency } = transaction;
  return {
    seq,
    event_id: event.id,
    type: event.type,
    kind: event.kind,
    account_id: event.accountId,
    transaction_id: event.transactionId,
    at: instantText(event.at),
    recovered: event.recovered,
    delay_s: event.delay / 1_000,
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    merchant: transaction.merchantName,
    description: transaction.description,
    category: transaction.category,
    balance: majorOrNull(balance, currency),
    balance_minor: balance,
    total_balance: majorOrNull(totalBalance, currency),
    total_balance_minor: totalBalance,
  };
}

export function healthItem(version: string, parts: readonly PartHealth[]): HealthItem {
  return { version, state: worstOf(parts), parts: [...parts] };
}

/** The JSON text of an object with one more key, whose value is JSON text already: large numbers survive. */
export function withVerbatim(item: object, key: string, json: string): string {
  return `${JSON.stringify(item).slice(0, -1)},${JSON.stringify(key)}:${json === '' ? 'null' : json}}`;
}

function majorOrNull(amount: Minor | null, currency: Currency): number | null {
  return amount === null ? null : toMajorNumber(amount, currency);
}

export function instantOrNull(instant: Instant | null): string | null {
  return instant === null ? null : instantText(instant);
}
