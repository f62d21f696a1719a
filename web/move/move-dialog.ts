import './move.css';
import '../styles/money.css';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { move, transfer, tryMove, type MoveAnswer, type Order } from '../api/moves.ts';
import { money } from '../format.ts';
import type { Page } from '../page.ts';
import { stranger } from '../parts/stranger.ts';
import { changed } from '../route.ts';
import { texts } from '../texts/move.ts';
import './move-form.ts';
import { balanceTable } from './balance-table.ts';
import { forget, pendingMove, remember } from './memory.ts';
import { newRequestId } from './order.ts';
import { stageAfter, stageAfterFailure, stageOf, type Stage } from './stage.ts';

const watchedEvery = 3_000;

/** Moves money: what, then what it would come to, then the move itself, and what came of it. */
export class MoveDialog extends LitElement {
  static override properties = { page: { attribute: false }, target: {}, stage: { state: true } };
  declare page: Page;
  /** The account or pot that the person began at. */
  declare target: string;
  declare stage: Stage;
  /** One id for one move, from the confirmation until its outcome is known. */
  #requestId = newId();
  /** What was asked for last, to be changed and asked for again. */
  #draft: Order | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.target = '';
    const pending = pendingMove(sessionStorage);
    if (pending === null) this.stage = { kind: 'form' };
    else {
      this.#requestId = pending.requestId;
      this.stage = { kind: 'unknown', order: pending.order, sentence: texts.interrupted, transferId: null };
    }
  }

  override createRenderRoot(): this {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')?.showModal();
  }

  override updated(changes: PropertyValues<this>): void {
    if (changes.has('stage') && changes.get('stage') !== undefined) this.querySelector('h2')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render() {
    return html`<dialog class="move" aria-labelledby="move" @close=${() => this.#leave()}>
      ${this.#content(this.stage)}
    </dialog>`;
  }

  #content(stage: Stage): TemplateResult {
    const { kind } = stage;
    if (kind === 'form')
      return html`${head(texts.heading)}
        <mb-move-form
          .page=${this.page}
          .target=${this.target}
          .draft=${this.#draft}
          .submit=${(order: Order) => this.#try(order)}
          .cancel=${() => this.#close()}
        ></mb-move-form>`;
    if (kind === 'confirm') return this.#confirm(stage.order, stage.trial);
    if (kind === 'moving')
      return html`${head(texts.movingHeading)}
        <p class="waiting"><span class="dots" aria-hidden="true"></span>${texts.moving}</p>`;
    if (kind === 'done') return this.#outcome(texts.doneHeading, 'good', stage);
    if ('answer' in stage) return this.#outcome(texts.trialHeading, 'warn', stage);
    if (kind === 'unknown') return this.#unknown(stage.order, stage.sentence, stage.transferId);
    const [heading, tone] = ends[stage.kind];
    return this.#end(heading, tone, { ...stage, isRefused: kind === 'refused' });
  }

  #confirm(order: Order, trial: MoveAnswer): TemplateResult {
    const amount = money(trial.amount_minor, trial.currency);
    const { account, pot } = this.#sidesOf(order);
    const after = [trial.account_balance_after_minor ?? null, trial.pot_balance_after_minor ?? null] as const;
    return html`${head(texts.confirmHeading(amount))}
      <p>${texts.summary[order.transfer_type](amount, account?.name ?? '', pot?.name ?? '')}</p>
      ${balanceTable({ account, pot, currency: trial.currency }, [
        [trial.account_balance_minor, trial.pot_balance_minor],
        after,
      ])}
      <div class="buttons">
        <button type="button" class="main" @click=${() => void this.#move(order)}>
          ${texts.confirm(amount)}
        </button>
        ${button(texts.back, () => this.#anew())} ${button(texts.cancel, () => this.#close())}
      </div>`;
  }

  #outcome(
    heading: string,
    tone: 'good' | 'warn',
    { order, answer }: { readonly order: Order; readonly answer: MoveAnswer },
  ): TemplateResult {
    const { sentence, currency, account_balance_minor: inAccount, pot_balance_minor: inPot } = answer;
    const { account, pot } = this.#sidesOf(order);
    return this.#end(heading, tone, {
      sentence,
      transferId: answer.transfer_id,
      balances: [inAccount, inPot].every((balance) => balance === null)
        ? nothing
        : html`<dl class="figures">
            ${balance(account?.name ?? texts.account, money(inAccount, currency))}
            ${balance(pot?.name ?? texts.pot, money(inPot, currency))}
          </dl>`,
    });
  }

  #end(heading: string, tone: string, end: End): TemplateResult {
    return html`${head(heading)}
      <p class="notice ${tone}" role="status">${end.sentence}</p>
      ${end.balances ?? nothing} ${transferId(end)}
      <div class="buttons">
        ${button(texts.close, () => this.#close(), 'main')}
        ${button(end.isRefused === true ? texts.back : texts.another, () => this.#anew())}
      </div>`;
  }

  #unknown(order: Order, sentence: string, id: string | null): TemplateResult {
    return html`${head(texts.unknownHeading)}
      <p class="notice warn" role="status">${sentence}</p>
      ${
        id === null
          ? nothing
          : html`<p class="waiting"><span class="dots" aria-hidden="true"></span>${texts.watching}</p>`
      }
      ${transferId({ sentence, transferId: id })}
      <div class="buttons">
        ${id === null ? button(texts.askAgain, () => void this.#move(order), 'main') : nothing}
        ${button(texts.close, () => this.#close())}
      </div>`;
  }

  #sidesOf({ account: accountId, pot: potId }: Order) {
    const { accounts, pots } = this.page.knowledge;
    return { account: accounts.find(({ id }) => id === accountId), pot: pots.find(({ id }) => id === potId) };
  }

  /** What the move would come to, as the bridge sees it. Throws the refusal, for the form to show. */
  async #try(order: Order): Promise<void> {
    this.#draft = order;
    const trial = await tryMove(this.page.call, order);
    this.stage = { kind: 'confirm', order, trial };
  }

  async #move(order: Order): Promise<void> {
    if (this.stage.kind === 'moving') return;
    remember(sessionStorage, { requestId: this.#requestId, order });
    this.stage = { kind: 'moving', order };
    this.#reach(
      await move(this.page.call, order, this.#requestId).then(
        (answer) => stageAfter(order, answer),
        (thrown: unknown) => stageAfterFailure(order, thrown),
      ),
    );
    await this.page.store.refresh();
  }

  #reach(stage: Stage): void {
    this.stage = stage;
    if (stage.kind === 'done' || stage.kind === 'settled') this.#draft = null;
    if (stage.kind !== 'unknown') forget(sessionStorage);
    else if (stage.transferId !== null) this.#watch(stage.transferId);
  }

  #watch(id: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(id), watchedEvery);
  }

  async #look(id: string): Promise<void> {
    const news = await transfer(this.page.call, id).then(stageOf, () => null);
    if (!this.isConnected) return;
    if (news === null) this.#watch(id);
    else this.#reach(news);
  }

  /** Another move, with another id. */
  #anew(): void {
    this.#requestId = newId();
    this.stage = { kind: 'form' };
  }

  #close(): void {
    this.querySelector('dialog')?.close();
  }

  #leave(): void {
    // What is known to be open stays in the activity; nothing has to be asked for again.
    if (this.stage.kind === 'unknown' && this.stage.transferId !== null) forget(sessionStorage);
    this.page.travel(changed(this.page.route, { move: '' }), 'instead');
  }
}

const ends = {
  settled: [texts.doneHeading, 'good'],
  refused: [texts.refusedHeading, 'bad'],
  unresolved: [texts.unknownHeading, 'warn'],
} as const;

interface End {
  readonly sentence: string;
  readonly transferId: string | null;
  readonly balances?: TemplateResult | typeof nothing;
  readonly isRefused?: boolean;
}

function newId(): string {
  return newRequestId((bytes) => crypto.getRandomValues(bytes));
}

function head(text: string): TemplateResult {
  return html`<h2 id="move" tabindex="-1">${text}</h2>`;
}

function button(label: string, act: () => void, kind: 'main' | 'quiet' = 'quiet'): TemplateResult {
  return html`<button type="button" class=${kind} @click=${act}>${label}</button>`;
}

function balance(name: string, amount: string): TemplateResult {
  return html`<div>
    <dt>${stranger(name)}</dt>
    <dd>${amount}</dd>
  </div>`;
}

/** Some sentences name the id themselves. */
function transferId({ sentence, transferId: id }: Pick<End, 'sentence' | 'transferId'>) {
  if (id === null || sentence.includes(id)) return nothing;
  return html`<p class="hint">${texts.transferId}: <code>${id}</code></p>`;
}

customElements.define('mb-move', MoveDialog);
