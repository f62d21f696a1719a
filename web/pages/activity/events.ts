import './activity.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import {
  events,
  homeAssistantGone,
  knowsHomeAssistant,
  retry,
  type AnyEvent,
  type BankEvent,
  type TransferEvent,
  type Parked,
  type Sink,
} from '../../api/activity.ts';
import { count, moment, money } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { strangerInList } from '../../parts/stranger.ts';
import { hashOf, route } from '../../route.ts';
import { nameIn } from '../../store.ts';
import { texts } from '../../texts/activity.ts';
import { answered } from '../../parts/answered.ts';
import { toneOf } from './part-words.ts';
import { newestAtOnce, Scrollback } from './scrollback.ts';

const words = texts.events;

/** Recent events and their delivery to each sink. */
export class Events extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  readonly #log = new Scrollback<AnyEvent>(this, (portion) => events(this.page.call, portion));
  readonly #answer = answerFor(this, {
    args: () => [this.page.knowledge.lastEvent, this.page.knowledge.heard] as const,
    ask: async (_args, signal) => {
      const { call } = this.page;
      const [page, isProofWanted] = await Promise.all([
        events(call, { limit: newestAtOnce }, signal),
        knowsHomeAssistant(call, signal),
      ]);
      await this.#log.learn(page);
      // Without a Home Assistant there is nothing to say about it.
      return page.sinks.map((sink) => (isProofWanted ? sink : { ...sink, unproven: 0 }));
    },
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#answer, (sinks) => this.#content(sinks));
  }

  #content(sinks: readonly Sink[]): TemplateResult {
    const { items, hasOlder } = this.#log;
    const isShortened = !hasOlder && (items.at(-1)?.seq ?? 1) > 1;
    return html`${
        sinks.length === 0
          ? html`<p class="soft">${words.noSinks}</p>`
          : html`<div class="cards">${sinks.map((sink) => this.#sink(sink))}</div>`
      }
      ${items.length === 0 ? html`<p class="soft">${words.none}</p>` : nothing}
      <ol class="log">
        ${items.map((event) => this.#row(event, sinks))}
      </ol>
      ${this.#log.foot(words.older)} ${isShortened ? html`<p class="hint">${words.shortened}</p>` : nothing}`;
  }

  #sink(sink: Sink): TemplateResult {
    const { name, undelivered, unproven, state, sentence, waits_for: waitsFor } = sink;
    const { act, call } = this.page;
    const isDone = undelivered === 0 && unproven === 0 && sink.parked_count === 0;
    const progress = [
      ...(isDone ? [words.allDelivered] : []),
      ...(undelivered === 0 ? [] : [words.undelivered(count(undelivered))]),
      ...(unproven === 0 ? [] : [words.unproven(count(unproven))]),
    ];
    return html`<article class="card">
      <header>
        <h2>${words.sink(name)}</h2>
        <span class="state ${state === 'ok' && !isDone ? 'calm' : toneOf(state)}"
          >${texts.health.states[state]}</span
        >
      </header>
      ${progress.length === 0 ? nothing : html`<p class="soft">${progress.join(' ')}</p>`}
      ${sentence === null ? nothing : html`<p>${sentence}</p>`}
      ${
        waitsFor === null
          ? nothing
          : html`<button type="button" class="quiet small" @click=${() => act(() => homeAssistantGone(call))}>
              ${words.gone}
            </button>`
      }
      ${sink.parked_count === 0 ? nothing : this.#parked(sink)}
    </article>`;
  }

  #parked({ name, parked, parked_count: all }: Sink): TemplateResult {
    const again = (which: { readonly event_id?: string }) =>
      this.page.act(async () => {
        await retry(this.page.call, { sink: name, ...which });
        this.#answer.again();
      });
    const item = ({ event_id: id, at, why }: Parked) =>
      html`<li>
        <p>${moment(at, this.page.timeZone)}: ${why}</p>
        <button type="button" class="quiet small" @click=${() => again({ event_id: id })}>
          ${words.retry}
        </button>
      </li>`;
    return html`<div class="notice warn">
      <h3>${words.parkedHeading(all)}</h3>
      <ul class="parked">
        ${parked.map(item)}
      </ul>
      ${
        all < 2
          ? nothing
          : html`<button type="button" class="quiet small" @click=${() => again({})}>
              ${words.retryAll}
            </button>`
      }
    </div>`;
  }

  #row(event: AnyEvent, sinks: readonly Sink[]): TemplateResult {
    return html`<li>
      <span class="when soft">${moment(event.at, this.page.timeZone)}</span>
      <span class="tag">${words.words[event.type]}</span>
      <span class="subject"
        >${'transaction_id' in event ? this.#subject(event) : this.#accountOf(event)}</span
      >
      <span class="ways">${sinks.map((sink) => way(event.seq, sink))}</span>
    </li>`;
  }

  #accountOf({ account_id: account }: TransferEvent): string {
    return nameIn(this.page.knowledge, account) ?? words.goneAccount;
  }

  /** A pot move is described by the pot's name, or by its id where that was never known. */
  #subject(event: BankEvent): TemplateResult {
    const { transaction_id: id, merchant, description, amount_minor: amount, currency, recovered } = event;
    return html`<a class="plain" href=${hashOf(route('transactions', { tx: id }))}
        >${strangerInList(merchant ?? (description.startsWith('pot_') ? words.gonePot : description))}</a
      >
      <span class="amount">${money(amount, currency, { signed: true })}</span>
      ${recovered ? html`<span class="tag">${words.late}</span>` : nothing}`;
  }
}

/** The delivery of one event to one sink. */
function way(seq: number, { name, cursor, parked }: Sink): TemplateResult {
  const sink = words.sink(name);
  if (parked.some((one) => one.seq === seq))
    return html`<span class="state warn">${words.parked(sink)}</span>`;
  return seq <= cursor
    ? html`<span class="state good">${words.delivered(sink)}</span>`
    : html`<span class="state calm">${words.waiting(sink)}</span>`;
}

customElements.define('mb-events', Events);
