import * as happenings from './happenings.ts';
import { addHistory, addPotHistory } from './history.ts';
import type { CardUse, Payment } from './happenings.ts';
import { emptyBooks, must, newId, randomText } from './model.ts';
import type { Account, BankOptions, Books, News, OAuthClient, Person } from './model.ts';
import { closePot, movePotMoney, openPot } from './pots.ts';
import type { Direction, PotWish } from './pots.ts';
import type { Switches } from './switches.ts';
import { allSecrets, approve, evict, lapseApproval, logIn } from './tokens.ts';
import type { LoginRequest } from './tokens.ts';
import { annotate, touch } from './transactions.ts';

export interface AccountWish {
  readonly id?: string;
  readonly type: string;
  readonly owners: readonly string[];
  readonly currency?: string;
  /** Minor units. */
  readonly balance?: number;
  readonly closed?: boolean;
  readonly createdMs?: number;
}

function openAccount(books: Books, wish: AccountWish): string {
  const account: Account = {
    id: wish.id ?? newId(books, 'acc'),
    type: wish.type,
    currency: wish.currency ?? 'GBP',
    createdMs: wish.createdMs ?? books.now(),
    ownerIds: wish.owners,
    accountNumber: String(10_000_000 + books.accounts.size),
    closed: wish.closed ?? false,
    balance: wish.balance ?? 0,
    abroad: null,
  };
  books.accounts.set(account.id, account);
  return account.id;
}

/** People, their OAuth clients and what the app on their phones can do. */
function peopleMethods(books: Books) {
  return {
    addPerson: (person: Person): void => void books.people.set(person.id, person),
    /** A client of the developer portal; the secret is made up unless given. */
    addClient(client: Partial<OAuthClient> & Pick<OAuthClient, 'id'>): OAuthClient {
      const secret = `mnzconf.${randomText(books, 60)}`;
      const full = { secret, confidential: true, redirectUrls: [], collaborators: [], ...client };
      books.clients.set(full.id, full);
      return full;
    },
    client: (id: string): OAuthClient => must(books.clients, id),
    registerRedirect(clientId: string, url: string): void {
      const { redirectUrls } = must(books.clients, clientId);
      if (!redirectUrls.includes(url)) redirectUrls.push(url);
    },
    /** Logs in without a browser: answers the redirect address with code and state. */
    authorize: (request: LoginRequest): string => logIn(books, request),
    approve: (userId: string): void => approve(books, userId),
    lapseApproval: (userId: string): void => lapseApproval(books, userId),
    evict: (clientId: string, userId: string): void => evict(books, clientId, userId),
    secrets: (): readonly string[] => allSecrets(books),
  };
}

/** Money moving on cards and between banks. Each answers the new transaction's id. */
function cardMethods(books: Books) {
  const at = (accountId: string) => must(books.accounts, accountId);
  return {
    purchase: (accountId: string, use: CardUse) => happenings.purchase(books, at(accountId), use).id,
    foreignPurchase: (accountId: string, use: Parameters<typeof happenings.foreignPurchase>[2]) =>
      happenings.foreignPurchase(books, at(accountId), use).id,
    /** Home again: the balance no longer speaks of another currency. */
    comeHome: (accountId: string): void => void (at(accountId).abroad = null),
    decline: (accountId: string, use: CardUse & { readonly reason?: string }) =>
      happenings.decline(books, at(accountId), use).id,
    cardCheck: (accountId: string, merchant = 'Parking app') =>
      happenings.cardCheck(books, at(accountId), merchant).id,
    cashWithdrawal: (accountId: string, use: CardUse) =>
      happenings.cashWithdrawal(books, at(accountId), use).id,
    refund: (accountId: string, use: CardUse) => happenings.refund(books, at(accountId), use).id,
    salary: (accountId: string, payment: Omit<Payment, 'name'> & { readonly name?: string }) =>
      happenings.incomingPayment(books, at(accountId), { name: 'Acme Ltd', category: 'income', ...payment })
        .id,
    incomingPayment: (accountId: string, payment: Payment) =>
      happenings.incomingPayment(books, at(accountId), payment).id,
    outgoingPayment: (accountId: string, payment: Payment) =>
      happenings.outgoingPayment(books, at(accountId), payment).id,
    directDebit: (accountId: string, payment: Payment) =>
      happenings.directDebit(books, at(accountId), payment).id,
    interest: (accountId: string, amount: number) =>
      happenings.bankEntry(books, at(accountId), { kind: 'interest', amount }).id,
    fee: (accountId: string, amount: number) =>
      happenings.bankEntry(books, at(accountId), { kind: 'fee', amount }).id,
  };
}

/** What later becomes of a transaction. */
function laterMethods(books: Books) {
  const row = (id: string) => must(books.transactions, id);
  return {
    settle: (id: string, how: { readonly amount?: number } = {}): void =>
      happenings.settle(books, row(id), how.amount),
    reverse: (id: string): void => happenings.reverse(books, row(id)),
    annotate: (id: string, notes: string): void => annotate(books, row(id), notes),
    recategorise(id: string, category: string): void {
      row(id).category = category;
      touch(books, row(id), 'changed');
    },
    /** For so many milliseconds neither a list nor asking for it by id shows it, while younger ones are there. */
    showLate: (id: string, ms: number): void => void books.shownAtMs.set(row(id).id, books.now() + ms),
    /** Whatever was to be shown late is there. */
    catchUp: (): void => books.shownAtMs.clear(),
    /** Moves `updated` on without changing anything else. */
    touch: (id: string): void => touch(books, row(id), 'changed'),
  };
}

/** Accounts and pots as the app on the phone opens, moves and closes them. */
function moneyMethods(books: Books) {
  return {
    /** Answers the account's id. */
    openAccount: (wish: AccountWish): string => openAccount(books, wish),
    closeAccount: (id: string): void => void (must(books.accounts, id).closed = true),
    account: (id: string): Account => must(books.accounts, id),
    pot: (id: string) => must(books.pots, id),
    /** Answers the pot's id. */
    openPot: (accountId: string, wish: PotWish): string =>
      openPot(books, must(books.accounts, accountId), wish).id,
    closePot: (id: string): void => closePot(books, must(books.pots, id)),
    renamePot(id: string, name: string): void {
      const pot = must(books.pots, id);
      pot.name = name;
      pot.updatedMs = Math.max(books.now(), pot.updatedMs + 1);
    },
    /** A move made in the app: by the account's first owner unless said otherwise. Answers the transaction's id. */
    potMove(
      id: string,
      direction: Direction,
      move: { amount: number; userId?: string; key?: string; trigger?: string },
    ) {
      const pot = must(books.pots, id);
      const userId = move.userId ?? must(books.accounts, pot.accountId).ownerIds[0] ?? '';
      const { amount, key = newId(books, 'app'), trigger = 'user' } = move;
      return movePotMoney(books, { pot, direction, amount, userId, key, trigger }).id;
    },
    /** Settled rows of the past, `perDay` a day; nobody is told, and the balance stays. */
    addHistory: (accountId: string, history: { readonly days: number; readonly perDay: number }): number =>
      addHistory(books, must(books.accounts, accountId), history),
    /** All that is in the pots was paid in so many days ago; nobody is told, and the balances stay. */
    addPotHistory: (accountId: string, daysAgo: number): void =>
      addPotHistory(books, must(books.accounts, accountId), daysAgo),
  };
}

/** A whole bank in memory: no input, no output, time and chance from outside. */
export function createBank(options: BankOptions) {
  const books = emptyBooks(options);
  return {
    books,
    switches: books.switches,
    /** Puts switches into other positions, from now on. */
    turn: (changed: Partial<Switches>): void => void Object.assign(books.switches, changed),
    calls: books.calls,
    feed: books.feed,
    /** Hears of every new and changed transaction; answers the way to stop. */
    listen(listener: (news: News) => void): () => void {
      books.listeners.add(listener);
      return () => void books.listeners.delete(listener);
    },
    ...peopleMethods(books),
    ...cardMethods(books),
    ...laterMethods(books),
    ...moneyMethods(books),
  };
}

export type Bank = ReturnType<typeof createBank>;
