import '../styles/money.css';
import { html, nothing, type TemplateResult } from 'lit';
import type { Account, Pot } from '../api/contract.ts';
import { areAmountsHidden, inSentence, moment, money, row, share } from '../format.ts';
import { hashOf, route } from '../route.ts';
import type { Knowledge } from '../store.ts';
import { bank } from '../texts/bank.ts';

/** One account with its balances, its pots and, if it has pots, a link to move money. */
export function accountCard(
  { pots }: Knowledge,
  account: Account,
  actions: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const {
    id,
    currency,
    name,
    balance_minor: balance,
    available,
    missing,
    figures_from: from,
    lacks,
  } = account;
  const own = pots.filter((pot) => pot.account_id === id);
  return html`<article class="card account">
    <header>
      <h3><a class="plain" href=${hashOf(route('transactions', { account: id }))}>${name}</a></h3>
      <p class="balance">${money(balance, currency)}</p>
    </header>
    ${available || lacks.includes('balance') ? nothing : html`<p><span class="tag warn">${bank.stale}</span></p>`}
    ${
      lacks.length === 0
        ? nothing
        : html`<p>
            <span class="tag"
              >${bank.lacks(
                row(
                  lacks.map((part) => bank.parts[part]),
                  'disjunction',
                ),
              )}</span
            >
          </p>`
    }
    ${missing ? html`<p><span class="tag warn">${bank.missing}</span></p>` : nothing}
    ${from === null ? nothing : html`<p>${asOf(from)}</p>`} ${figures(account)}
    ${
      own.length === 0
        ? nothing
        : html`<ul class="pots" aria-label=${bank.pots(name)}>
              ${own.map(potRow)}
            </ul>
            ${actions}`
    }
  </article>`;
}

function figures(account: Account) {
  const { currency, balance_minor: balance, total_balance_minor: total, spent_today_minor: spent } = account;
  const shown = [
    ...(total === null || total === balance ? [] : [[bank.total, money(total, currency)] as const]),
    ...(spent === null ? [] : [[bank.spent, money(spent, currency)] as const]),
  ];
  if (shown.length === 0) return nothing;
  return html`<dl class="figures">
    ${shown.map(
      ([label, amount]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${amount}</dd>
        </div>`,
    )}
  </dl>`;
}

function potRow(pot: Pot): TemplateResult {
  const {
    id,
    name,
    balance_minor: balance,
    currency,
    goal_minor: goal,
    locked,
    available,
    missing,
    figures_from: from,
  } = pot;
  return html`<li>
    <div class="beside">
      <span class="what">
        <a class="plain" href=${hashOf(route('transactions', { pot: id }))}>${name}</a>
        ${locked ? html`<span class="tag">${bank.locked}</span>` : nothing}
        ${available ? nothing : html`<span class="tag warn">${bank.stale}</span>`}
        ${missing ? html`<span class="tag warn">${bank.missing}</span>` : nothing}
        ${from === null ? nothing : asOf(from)}
      </span>
      <span class="amount">${money(balance, currency)}</span>
    </div>
    ${goal === null ? nothing : goalBar(pot, goal)}
  </li>`;
}

/** Marks figures that later answers of Monzo could not replace. */
function asOf(instant: string): TemplateResult {
  return html`<span class="tag warn">${bank.figuresFrom(moment(instant, undefined, inSentence))}</span>`;
}

/** A pot's progress towards its goal; never more than a full bar. */
function goalBar({ name, balance_minor: balance, currency }: Pot, goal: number): TemplateResult {
  const filled = Math.max(0, Math.min(balance, goal));
  const whole = Math.max(1, goal);
  // The bar's own figures are read out, too.
  const [max, value] = areAmountsHidden() ? [100, Math.round((100 * filled) / whole)] : [whole, filled];
  return html`<div class="goal">
    <progress max=${max} value=${value} aria-label=${bank.goalOf(name)}></progress>
    <span class="soft amount">${bank.goal(share(balance, goal), money(goal, currency))}</span>
  </div>`;
}
