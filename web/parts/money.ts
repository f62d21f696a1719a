import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Account, Pot } from '../api/contract.ts';
import { areAmountsHidden, inSentence, moment, money, row, share } from '../format.ts';
import { hashOf, route } from '../route.ts';
import type { Knowledge } from '../store.ts';
import { bank } from '../texts/bank.ts';
import { pairs } from './pairs.ts';

/** What a place adds to an account and its pots. */
export interface CardParts {
  /** The account's pots, in the order in which they are shown. */
  readonly pots: (pots: readonly Pot[]) => readonly Pot[];
  /** Shown with an account that has pots. */
  readonly actions: (account: Account) => TemplateResult;
  readonly beforePot: (pot: Pot) => TemplateResult;
  readonly afterPot: (pot: Pot) => TemplateResult;
  /** Shown below a pot that has a goal. */
  readonly outlook: (pot: Pot) => string | null;
}

/** From so many pots on, an account takes the whole width. */
const many = 5;

/** One account with its balances and its pots. */
export function accountCard({ pots }: Knowledge, account: Account, parts?: CardParts): TemplateResult {
  const { id, currency, name, balance_minor: balance } = account;
  const own = pots.filter((pot) => pot.account_id === id);
  const shown = parts?.pots(own) ?? own;
  return html`<article class="card account ${own.length < many ? '' : 'broad'}">
    <header>
      <h3><a class="plain" href=${hashOf(route('transactions', { account: id }))}>${name}</a></h3>
      <p class="balance">${money(balance, currency)}</p>
    </header>
    ${doubts(account)}
    <div class="beside below">
      ${figures(account)} ${own.length === 0 ? nothing : (parts?.actions(account) ?? nothing)}
    </div>
    ${
      shown.length === 0
        ? nothing
        : html`<ul class="pots" aria-label=${bank.pots(name)}>
            ${repeat(
              shown,
              (pot) => pot.id,
              (pot) => potRow(pot, parts),
            )}
          </ul>`
    }
  </article>`;
}

/** Why its figures may not be today's. */
function doubts({ available, missing, lacks, figures_from: from }: Account) {
  const parts = lacks.map((part) => bank.parts[part]);
  const tags = [
    ...(available || lacks.includes('balance') ? [] : [html`<span class="tag warn">${bank.stale}</span>`]),
    ...(lacks.length === 0 ? [] : [html`<span class="tag">${bank.lacks(row(parts, 'disjunction'))}</span>`]),
    ...(missing ? [html`<span class="tag warn">${bank.missing}</span>`] : []),
    ...(from === null ? [] : [asOf(from)]),
  ];
  return tags.map((tag) => html`<p>${tag}</p>`);
}

function figures(account: Account) {
  const { currency, balance_minor: balance, total_balance_minor: total, spent_today_minor: spent } = account;
  const shown = [
    ...(total === null || total === balance ? [] : [[bank.total, money(total, currency)] as const]),
    ...(spent === null ? [] : [[bank.spent, money(spent, currency)] as const]),
  ];
  if (shown.length === 0) return nothing;
  return pairs('figures', shown);
}

function potRow(pot: Pot, parts: CardParts | undefined): TemplateResult {
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
      ${parts?.beforePot(pot) ?? nothing}
      <span class="what">
        <a class="plain" href=${hashOf(route('transactions', { pot: id }))}>${name}</a>
        ${locked ? html`<span class="tag">${bank.locked}</span>` : nothing}
        ${available ? nothing : html`<span class="tag warn">${bank.stale}</span>`}
        ${missing ? html`<span class="tag warn">${bank.missing}</span>` : nothing}
        ${from === null ? nothing : asOf(from)}
      </span>
      <span class="amount">${money(balance, currency)}</span>
      ${parts?.afterPot(pot) ?? nothing}
    </div>
    ${goal === null ? nothing : goalBar(pot, goal)} ${outlookOf(pot, parts)}
  </li>`;
}

function outlookOf(pot: Pot, parts: CardParts | undefined) {
  const sentence = parts?.outlook(pot) ?? null;
  return sentence === null ? nothing : html`<p class="hint outlook">${sentence}</p>`;
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
