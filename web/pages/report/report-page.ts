import './report.css';
import { html, LitElement, nothing } from 'lit';
import { monthReport, type MonthReport } from '../../api/report.ts';
import { dateIn, inSentence, monthInWords } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { choice } from '../../parts/choice.ts';
import { heading } from '../../parts/heading.ts';
import { hashOf, route } from '../../route.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/report.ts';
import { monthsUpTo } from '../charts/months.ts';
import { currencyReport } from './currency-report.ts';

/** How many months can be chosen. */
const offered = 24;

/** One month: what came in and went out, beside what is usual. It prints as it is shown. */
export class ReportPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  readonly #answer = answerFor(this, {
    args: () => [this.#month(), this.#account(), this.page.knowledge.lastEvent] as const,
    ask: ([month, account], signal) => monthReport(this.page.call, { month, account }, signal),
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#answer;
    const shown = value?.month === this.#month() ? value : null;
    return html`<div class="beside heads">${heading(texts.heading)} ${this.#choices()}</div>
      <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
      ${shown === null ? (problem === null ? html`<p class="soft">${common.loading}</p>` : nothing) : this.#report(shown)}`;
  }

  #report({ month, complete, items }: MonthReport) {
    const account = this.#account();
    const own = this.page.knowledge.accounts.find(({ id }) => id === account);
    if (items.length === 0)
      return html`<section class="card"><p>${texts.nothing(monthInWords(month, inSentence))}</p></section>`;
    return html`${own === undefined ? nothing : html`<p class="of">${own.name}</p>`}
    ${items.map((item) =>
      currencyReport(item, {
        month,
        isOver: complete,
        account,
        timeZone: this.page.timeZone,
        isOneOfSeveral: items.length > 1,
      }),
    )}`;
  }

  #choices() {
    const { knowledge, change } = this.page;
    const month = this.#month();
    const last = monthsUpTo(this.#today().slice(0, 7), offered).toReversed();
    const months = last.includes(month) ? last : [...last, month];
    const account = this.#account();
    const toCharts = route('charts', { month, ...(account !== null && { account }) });
    return html`<div class="choices">
      ${choice({
        id: 'month',
        label: texts.month,
        chosen: month,
        options: months.map((one) => [one, monthInWords(one)] as const),
        choose: (chosen) => change({ month: chosen }),
      })}
      ${choice({
        id: 'account',
        label: texts.account,
        chosen: account ?? '',
        options: [['', texts.allAccounts], ...knowledge.accounts.map(({ id, name }) => [id, name] as const)],
        choose: (chosen) => change({ account: chosen }),
      })}
      <div class="buttons">
        <button type="button" class="quiet" @click=${() => window.print()}>${texts.print}</button>
        <a class="button quiet" href=${hashOf(toCharts)}>${texts.toCharts}</a>
      </div>
    </div>`;
  }

  #today(): string {
    return dateIn(new Date().toISOString(), this.page.timeZone);
  }

  /** The current month where the address names none, or one to come. */
  #month(): string {
    const asked = this.page.route.query.get('month') ?? '';
    const current = this.#today().slice(0, 7);
    return /^\d{4}-(0[1-9]|1[0-2])$/.test(asked) && asked <= current ? asked : current;
  }

  #account(): string | null {
    const asked = this.page.route.query.get('account');
    return this.page.knowledge.accounts.some(({ id }) => id === asked) ? asked : null;
  }
}

customElements.define('mb-report', ReportPage);
