import { html, nothing, type TemplateResult } from 'lit';
import type { Transaction } from '../../api/ledger.ts';
import { dateInWords, money, timeOfDay } from '../../format.ts';
import type { Page } from '../../page.ts';
import { categoryMark, lookOfRow } from '../../parts/category.ts';
import { strangerInList } from '../../parts/stranger.ts';
import { titleOf } from '../../parts/transaction-title.ts';
import { changed, hashOf } from '../../route.ts';
import { nameIn } from '../../store.ts';
import { bank } from '../../texts/bank.ts';
import { texts } from '../../texts/transactions.ts';
import { amountOf, emojiOf, isUntaken, type Day } from './rows.ts';

/** One day of the ledger. */
export function daySection(page: Page, { date, items }: Day): TemplateResult {
  const id = `day-${date}`;
  return html`<section class="day" aria-labelledby=${id}>
    <h2 id=${id}>${dateInWords(date)}</h2>
    <ol>
      ${items.map((item) => row(page, item))}
    </ol>
  </section>`;
}

function row(page: Page, item: Transaction): TemplateResult {
  const { id, notes, status } = item;
  return html`<li>
    <a class="row ${status}" href=${hashOf(changed(page.route, { tx: id }))}>
      ${categoryMark(lookOfRow(item))}
      <span class="who">${strangerInList(titleOf(page, item))} ${emojiAfter(item.emoji)}</span>
      <span class="amount ${item.amount_minor > 0 ? 'in' : 'out'}">${amount(item)}</span>
      <span class="about">${tags(item)} ${about(page, item)}</span>
      ${notes === '' ? nothing : html`<span class="notes">${strangerInList(notes)}</span>`}
    </a>
  </li>`;
}

/** An emoji beside a name, which says the same. */
export function emojiAfter(emoji: string | null): TemplateResult | typeof nothing {
  const shown = emojiOf(emoji);
  return shown === null ? nothing : html`<span class="emoji" aria-hidden="true">${shown}</span>`;
}

function amount(item: Transaction) {
  const { currency, local_currency: abroad, local_amount_minor: local } = item;
  const own = amountOf(item);
  if (abroad === currency || abroad === '' || isUntaken(item)) return own;
  return html`${own} <small>${money(local, abroad, { signed: true })}</small>`;
}

const tagged: ReadonlySet<string> = new Set(['pending', 'declined', 'reversed']);

function tags({ status, internal }: Transaction) {
  const words = [
    ...(tagged.has(status) ? [bank.statuses[status]] : []),
    ...(internal ? [texts.internal] : []),
  ];
  return words.map((word) => html`<span class="tag">${word}</span>`);
}

function about({ knowledge, timeZone }: Page, item: Transaction): string {
  const account = nameIn(knowledge, item.account_id);
  const what = item.internal ? bank.kinds[item.kind] : item.category_name;
  const parts = [timeOfDay(item.created, timeZone), what, account];
  return parts.filter((part) => part !== null).join(' · ');
}
