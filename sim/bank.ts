import * as payments from './payments.ts';
import { changeAmount, otherRow, type OtherRow } from './odd-rows.ts';
import type { CardUse, Payment, RefusedUse } from './payments.ts';
import { addHistory, addPotHistory } from './history.ts';
import { emptyModel, must, newId, randomText } from './model.ts';
import type { Account, BankOptions, Model, News, OAuthClient, Person, Showing, Webhook } from './model.ts';
import { closePot, movePotMoney, openPot } from './pots.ts';
import type { Direction, PotOptions } from './pots.ts';
import type { Switches } from './switches.ts';
import { allSecrets, approve, deny, evict, lapseApproval, logIn, tokenIncident } from './tokens.ts';
import type { LoginRequest } from './tokens.ts';
import { annotate, touch } from './transactions.ts';

export interface AccountOptions {
  readonly id?: string;
  readonly type: string;
  readonly owners: readonly string[];
  readonly currency?: string;
  /** Minor units. */
  readonly balance?: number;
  readonly closed?: boolean;
  readonly createdMs?: number;
}

function openAccount(model: Model, options: AccountOptions): string {
  const account: Account = {
    id: options.id ?? newId(model, 'acc'),
    type: options.type,
    currency: options.currency ?? 'GBP',
    createdMs: options.createdMs ?? model.now(),
    ownerIds: options.owners,
    accountNumber: String(10_000_000 + model.accounts.size),
    closed: options.closed ?? false,
    balance: options.balance ?? 0,
    abroad: null,
  };
  model.accounts.set(account.id, account);
  return account.id;
}

/** People, their OAuth clients, and what they do in the Monzo app. */
function peopleMethods(model: Model) {
  return {
    addPerson: (person: Person): void => void model.people.set(person.id, person),
    /** Adds a client of the developer portal, with a random secret unless one is given. */
    addClient(client: Partial<OAuthClient> & Pick<OAuthClient, 'id'>): OAuthClient {
      const secret = `mnzconf.${randomText(model, 60)}`;
      const full = { secret, confidential: true, redirectUrls: [], collaborators: [], ...client };
      model.clients.set(full.id, full);
      return full;
    },
    client: (id: string): OAuthClient => must(model.clients, id),
    registerRedirect(clientId: string, url: string): void {
      const { redirectUrls } = must(model.clients, clientId);
      if (!redirectUrls.includes(url)) redirectUrls.push(url);
    },
    /** Logs in without a browser. Returns the redirect URL with code and state. */
    authorize: (request: LoginRequest): string => logIn(model, request),
    /** Approves all accounts, or only these. */
    approve: (userId: string, accountIds?: readonly string[]): void => approve(model, userId, accountIds),
    deny: (userId: string): void => deny(model, userId),
    lapseApproval: (userId: string): void => lapseApproval(model, userId),
    evict: (clientId: string, userId: string): void => evict(model, clientId, userId),
    /** Removes webhooks on the bank's own account; all of them if left out. */
    dropWebhooks(which: (hook: Webhook) => boolean = () => true): void {
      for (const hook of [...model.webhooks.values()].filter(which)) model.webhooks.delete(hook.id);
    },
    /** Good tokens are refused for so many milliseconds. */
    tokenIncident: (ms: number): void => tokenIncident(model, ms),
    secrets: (): readonly string[] => allSecrets(model),
  };
}

/** Card payments and bank transfers. Each method returns the id of the new transaction. */
function cardMethods(model: Model) {
  const at = (accountId: string) => must(model.accounts, accountId);
  return {
    purchase: (accountId: string, use: CardUse) => payments.purchase(model, at(accountId), use).id,
    foreignPurchase: (accountId: string, use: Parameters<typeof payments.foreignPurchase>[2]) =>
      payments.foreignPurchase(model, at(accountId), use).id,
    /** Back home: the balance no longer has a local currency. */
    comeHome: (accountId: string): void => void (at(accountId).abroad = null),
    decline: (accountId: string, use: RefusedUse) => payments.decline(model, at(accountId), use).id,
    cardCheck: (accountId: string, merchant = 'Parking app') =>
      payments.cardCheck(model, at(accountId), merchant).id,
    cashWithdrawal: (accountId: string, use: CardUse) =>
      payments.cashWithdrawal(model, at(accountId), use).id,
    refund: (accountId: string, use: CardUse) => payments.refund(model, at(accountId), use).id,
    salary: (accountId: string, payment: Omit<Payment, 'name'> & { readonly name?: string }) =>
      payments.incomingPayment(model, at(accountId), { name: 'Acme Ltd', category: 'income', ...payment }).id,
    incomingPayment: (accountId: string, payment: Payment) =>
      payments.incomingPayment(model, at(accountId), payment).id,
    outgoingPayment: (accountId: string, payment: Payment) =>
      payments.outgoingPayment(model, at(accountId), payment).id,
    directDebit: (accountId: string, payment: Payment) =>
      payments.directDebit(model, at(accountId), payment).id,
    interest: (accountId: string, amount: number) =>
      payments.bankEntry(model, at(accountId), { kind: 'interest', amount }).id,
    otherRow: (accountId: string, row: OtherRow) => otherRow(model, at(accountId), row).id,
    fee: (accountId: string, amount: number) =>
      payments.bankEntry(model, at(accountId), { kind: 'fee', amount }).id,
  };
}

/** Later changes of a transaction. */
function laterMethods(model: Model) {
  const row = (id: string) => must(model.transactions, id);
  return {
    settle: (id: string, how: { readonly amount?: number } = {}): void =>
      payments.settle(model, row(id), how.amount),
    reverse: (id: string): void => payments.reverse(model, row(id)),
    annotate: (id: string, notes: string): void => annotate(model, row(id), notes),
    recategorise(id: string, category: string): void {
      row(id).category = category;
      touch(model, row(id), 'changed');
    },
    /** Splits it over categories, in minor units. */
    splitUp(id: string, split: Readonly<Record<string, number>>): void {
      row(id).split = split;
      touch(model, row(id), 'changed');
    },
    /** A charge back, a correction, or a card check that is charged after all: no webhook tells. */
    changeAmount: (id: string, amount: number): void => changeAmount(model, row(id), amount),
    vanish: (id: string): void => payments.vanish(model, row(id)),
    /** Hides the transaction from lists, by its id or in both ways for so many milliseconds, while newer ones are shown. */
    showLate(id: string, ms: number, where: Showing | 'both' = 'both'): void {
      for (const how of where === 'both' ? (['lists', 'by_id'] as const) : [where])
        model.shownAtMs[how].set(row(id).id, model.now() + ms);
    },
    /** Shows all transactions that were hidden by `showLate`. */
    catchUp(): void {
      for (const shownAt of Object.values(model.shownAtMs)) shownAt.clear();
    },
    /** Changes only `updated`. */
    touch: (id: string): void => touch(model, row(id), 'changed'),
  };
}

/** Accounts and pots: opening, moving money and closing, as in the Monzo app. */
function moneyMethods(model: Model) {
  return {
    /** Returns the account's id. */
    openAccount: (options: AccountOptions): string => openAccount(model, options),
    closeAccount: (id: string): void => void (must(model.accounts, id).closed = true),
    reopenAccount: (id: string): void => void (must(model.accounts, id).closed = false),
    /** Another type, other owners, or another currency, also of the pots; transactions keep theirs. */
    changeAccount(
      id: string,
      changed: Partial<Pick<Account, 'type' | 'currency'>> & { readonly owners?: readonly string[] },
    ): void {
      const { owners, ...others } = changed;
      Object.assign(must(model.accounts, id), others, owners ? { ownerIds: owners } : {});
      for (const pot of model.pots.values())
        if (pot.accountId === id) pot.currency = changed.currency ?? pot.currency;
    },
    account: (id: string): Account => must(model.accounts, id),
    pot: (id: string) => must(model.pots, id),
    /** Returns the pot's id. */
    openPot: (accountId: string, options: PotOptions): string =>
      openPot(model, must(model.accounts, accountId), options).id,
    closePot: (id: string): void => closePot(model, must(model.pots, id)),
    renamePot(id: string, name: string): void {
      const pot = must(model.pots, id);
      pot.name = name;
      pot.updatedMs = Math.max(model.now(), pot.updatedMs + 1);
    },
    /** A pot transfer in the app, by the account's first owner by default. Returns the transaction's id. */
    potMove(
      id: string,
      direction: Direction,
      move: { amount: number; userId?: string; key?: string; trigger?: string },
    ) {
      const pot = must(model.pots, id);
      const userId = move.userId ?? must(model.accounts, pot.accountId).ownerIds[0] ?? '';
      const { amount, key = newId(model, 'app'), trigger = 'user' } = move;
      return movePotMoney(model, { pot, direction, amount, userId, key, trigger }).id;
    },
    /** Adds settled transactions of the past, `perDay` a day, without webhooks and without changing the balance. */
    addHistory: (accountId: string, history: { readonly days: number; readonly perDay: number }): number =>
      addHistory(model, must(model.accounts, accountId), history),
    /** Adds deposits of all pots' balances so many days ago, without webhooks and without changing balances. */
    addPotHistory: (accountId: string, daysAgo: number): void =>
      addPotHistory(model, must(model.accounts, accountId), daysAgo),
  };
}

/** A whole bank in memory, without input or output; time and randomness come from the options. */
export function createBank(options: BankOptions) {
  const model = emptyModel(options);
  return {
    model,
    switches: model.switches,
    /** Changes the positions of switches. */
    turn: (changed: Partial<Switches>): void => void Object.assign(model.switches, changed),
    calls: model.calls,
    feed: model.feed,
    /** Calls back for every new and changed transaction. Returns what ends the subscription. */
    listen(listener: (news: News) => void): () => void {
      model.listeners.add(listener);
      return () => void model.listeners.delete(listener);
    },
    ...peopleMethods(model),
    ...cardMethods(model),
    ...laterMethods(model),
    ...moneyMethods(model),
  };
}

export type Bank = ReturnType<typeof createBank>;
