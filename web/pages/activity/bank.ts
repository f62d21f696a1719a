import './activity.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import {
  bankActivity,
  testAddress,
  type AddressTest,
  type BankActivity,
  type LoginActivity,
} from '../../api/activity.ts';
import '../../parts/form.ts';
import { bytes, count, inSentence, moment } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { pairs } from '../../parts/pairs.ts';
import { tableOf } from '../../parts/table.ts';
import { texts } from '../../texts/activity.ts';
import { answered } from '../../parts/answered.ts';

const words = texts.bank;

/** Calls to Monzo and the remaining budget, webhook calls, and the size of the ledger. */
export class BankCard extends LitElement {
  static override properties = { page: { attribute: false }, tested: { state: true } };
  declare page: Page;
  /** What the last test of the webhooks' address has found. */
  declare tested: AddressTest | null;

  readonly #answer = answerFor(this, {
    args: () => [this.page.knowledge.heard] as const,
    ask: (_args, signal) => bankActivity(this.page.call, signal),
  });

  constructor() {
    super();
    this.tested = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#answer, (value) => this.#content(value));
  }

  #content({ since, logins, doorbells, ledger, calls }: BankActivity): TemplateResult {
    return html`<p class="hint">${words.since(this.#moment(since, inSentence))}</p>
      <div class="cards">
        ${logins.map((login) => this.#login(login))} ${this.#doorbells(doorbells)}
        ${card(words.ledger, [
          [words.transactions, count(ledger.transactions)],
          [words.size, bytes(ledger.bytes)],
        ])}
      </div>
      ${callTable(calls)}`;
  }

  #login({ name, calls, budget, bank, paused_until: pausedUntil, last_answer: lastAnswer }: LoginActivity) {
    const isFine = bank === 'ok' && pausedUntil === null;
    const tone = isFine ? 'good' : bank === 'down' ? 'bad' : 'warn';
    return html`<article class="card">
      <header>
        <h2>${name}</h2>
        <span class="state ${tone}">${words.words[bank]}</span>
      </header>
      ${pausedUntil === null ? nothing : html`<p>${words.pausedUntil(this.#moment(pausedUntil, inSentence))}</p>`}
      ${pairs('pairs', [
        [words.hour, count(calls.last_hour)],
        [words.day, count(calls.last_day)],
        [words.budget, words.left(count(Math.floor(budget.available)), count(budget.capacity))],
        [words.lastAnswer, this.#moment(lastAnswer)],
      ])}
      <progress
        max=${budget.capacity}
        value=${budget.available}
        aria-label=${words.budgetOf(name)}
      ></progress>
    </article>`;
  }

  #doorbells({ rings, last_ring: lastRing, awaited, unconfirmed }: BankActivity['doorbells']) {
    const { tested } = this;
    const tone = tested === null ? 'calm' : addressTones[tested.outcome];
    return html`<article class="card">
      <h2>${words.doorbells}</h2>
      ${pairs('pairs', [
        [words.rings, count(rings)],
        [words.lastRing, this.#moment(lastRing)],
        [words.awaited, count(awaited)],
        [words.unconfirmed, count(unconfirmed)],
      ])}
      <p class="hint">${words.testHint}</p>
      <div role="status">
        ${tested === null ? nothing : html`<p class="notice ${tone}">${tested.sentence}</p>`}
      </div>
      <mb-form
        .fields=${nothing}
        .label=${words.test}
        .submit=${async () => {
          this.tested = null;
          this.tested = await testAddress(this.page.call);
        }}
      ></mb-form>
    </article>`;
  }

  #moment(instant: string | null, locale?: string): string {
    return instant === null ? words.never : moment(instant, this.page.timeZone, locale);
  }
}

const addressTones: Readonly<Record<AddressTest['outcome'], 'good' | 'warn' | 'bad' | 'calm'>> = {
  reached: 'good',
  reached_inside: 'warn',
  answer_lost: 'bad',
  other_answer: 'bad',
  no_answer: 'bad',
  home_assistant_away: 'warn',
  no_address: 'calm',
  no_account: 'calm',
};

type Facts = readonly (readonly [label: string, value: string])[];

function card(heading: string, values: Facts): TemplateResult {
  return html`<article class="card">
    <h2>${heading}</h2>
    ${pairs('pairs', values)}
  </article>`;
}

function callTable(calls: BankActivity['calls']): TemplateResult {
  const rows = calls.map(({ method, path, outcome, count: times }) => [
    html`<code>${method} ${path}</code>`,
    outcome,
    count(times),
  ]);
  return html`<details>
    <summary>${words.calls}</summary>
    <div class="scroll" tabindex="0" role="group" aria-label=${words.calls}>
      ${tableOf({ head: words.columns, rows })}
    </div>
  </details>`;
}

customElements.define('mb-bank-activity', BankCard);
