import { html, nothing, type TemplateResult } from 'lit';
import type { Account, Pot } from '../contract.ts';
import { money, row } from '../format.ts';
import type { Knowledge } from '../store.ts';
import { texts } from '../texts.ts';

/** Accounts with their pots and balances. */
export function moneyOf(knowledge: Knowledge, accounts: readonly Account[]): TemplateResult {
  const words = texts.money;
  return html`<section aria-labelledby="money">
    <h2 id="money">${words.heading}</h2>
    ${accounts.length === 0 ? html`<p class="soft">${words.none}</p>` : nothing}
    <div class="columns">${accounts.map((account) => accountCard(knowledge, account))}</div>
  </section>`;
}

function accountCard({ pots, logins }: Knowledge, account: Account): TemplateResult {
  const words = texts.money;
  const { currency, name, balance, spent_today: spent, available } = account;
  const own = pots.filter((pot) => pot.account_id === account.id);
  const owners = (logins ?? []).filter(({ id }) => account.logins.includes(id)).map((login) => login.name);
  return html`<article class="card">
    <header>
      <h3>${name}</h3>
      <p class="balance">${money(balance, currency)}</p>
    </header>
    <p class="soft">
      ${spent === null ? nothing : html`<span>${words.spentToday(money(spent, currency))}</span>`}
      ${owners.length > 1 ? html`<span>${words.owners(row(owners))}</span>` : nothing}
      ${available ? nothing : html`<span class="tag">${words.stale}</span>`}
    </p>
    ${
      own.length === 0
        ? nothing
        : html`<ul class="pots" aria-label=${words.pots(name)}>
            ${own.map(potRow)}
          </ul>`
    }
  </article>`;
}

function potRow({ name, balance, currency, goal, locked, available }: Pot): TemplateResult {
  const words = texts.money;
  return html`<li>
    <span class="what">
      ${name} ${locked ? html`<span class="tag">${words.locked}</span>` : nothing}
      ${available ? nothing : html`<span class="tag">${words.stale}</span>`}
      ${goal === null ? nothing : html`<span class="soft">${words.goal(money(goal, currency))}</span>`}
    </span>
    <span class="amount">${money(balance, currency)}</span>
  </li>`;
}
