import './move.css';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { move, transfer, tryMove, type MoveAnswer, type MoveRequest } from '../api/moves.ts';
import { discreet, money } from '../format.ts';
import type { Page } from '../page.ts';
import { amountsButton } from '../parts/amounts-button.ts';
import { stranger } from '../parts/stranger.ts';
import { texts } from '../texts/move.ts';
import './move-form.ts';
import { balanceTable } from './balance-table.ts';
import { forget, pendingMove, remember } from './memory.ts';
import { wayOut } from './way-out.ts';
import { newRequestId } from './move-request.ts';
import { progressAfter, progressAfterFailure, progressOf, type MoveProgress } from './move-progress.ts';

const watchedEvery = 3_000;

/** Moves money: the form, the result of a dry run to confirm, the move, and its outcome. */
export class MoveDialog extends LitElement {
  static override properties = { page: { attribute: false }, target: {}, progress: { state: true } };
  declare page: Page;
  /** The account or pot the dialog was opened for. */
  declare target: string;
  declare progress: MoveProgress;
  /** One request id per move, from the confirmation until its outcome is known. */
  #requestId = newId();
  /** The last request, to change and send again. */
  #draft: MoveRequest | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.target = '';
    const pending = pendingMove(sessionStorage);
    if (pending === null) this.progress = { kind: 'form' };
    else {
      this.#requestId = pending.requestId;
      this.progress = {
        kind: 'unknown',
        request: pending.request,
        sentence: texts.interrupted,
        transferId: null,
      };
    }
  }

  override createRenderRoot(): this {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')?.showModal();
  }

  override updated(changes: PropertyValues<this>): void {
    if (changes.has('progress') && changes.get('progress') !== undefined) this.querySelector('h2')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render() {
    return html`<dialog class="move" aria-labelledby="move" @close=${() => this.#leave()}>
      ${this.#content(this.progress)} ${amountsButton(this.page.amounts)}
    </dialog>`;
  }

  #content(progress: MoveProgress): TemplateResult {
    const { kind } = progress;
    if (kind === 'form')
      return html`${head(texts.heading)}
        <mb-move-form
          .page=${this.page}
          .target=${this.target}
          .draft=${this.#draft}
          .submit=${(request: MoveRequest) => this.#try(request)}
          .cancel=${() => this.#close()}
        ></mb-move-form>`;
    if (kind === 'confirm') return this.#confirm(progress.request, progress.trial);
    if (kind === 'moving')
      return html`${head(texts.movingHeading)}
        <p class="waiting"><span class="dots" aria-hidden="true"></span>${texts.moving}</p>`;
    if (kind === 'done') return this.#outcome(texts.doneHeading, 'good', progress);
    if ('answer' in progress) return this.#outcome(texts.trialHeading, 'warn', progress);
    if (kind === 'unknown') return this.#unknown(progress.request, progress.sentence, progress.transferId);
    const [heading, tone, next] = ends[progress.kind];
    return this.#end(heading, tone, { ...progress, next });
  }

  #confirm(request: MoveRequest, trial: MoveAnswer): TemplateResult {
    const amount = money(trial.amount_minor, trial.currency, { always: true });
    const { account, pot } = this.#sidesOf(request);
    const after = [trial.account_balance_after_minor ?? null, trial.pot_balance_after_minor ?? null] as const;
    return html`${head(texts.confirmHeading(amount))}
      <p>${texts.summary[request.transfer_type](amount, account?.name ?? '', pot?.name ?? '')}</p>
      ${balanceTable({ account, pot, currency: trial.currency }, [
        [trial.account_balance_minor, trial.pot_balance_minor],
        after,
      ])}
      <div class="buttons">
        <button type="button" class="main" @click=${() => void this.#move(request)}>
          ${texts.confirm(amount)}
        </button>
        ${button(texts.back, () => this.#anew())} ${button(texts.cancel, () => this.#close())}
      </div>`;
  }

  #outcome(
    heading: string,
    tone: 'good' | 'warn',
    { request, answer }: { readonly request: MoveRequest; readonly answer: MoveAnswer },
  ): TemplateResult {
    const { sentence, currency, account_balance_minor: inAccount, pot_balance_minor: inPot } = answer;
    const { account, pot } = this.#sidesOf(request);
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
      <p class="notice ${tone}" role="status">${discreet(end.sentence)}</p>
      ${end.balances ?? nothing} ${transferId(end)}
      <div class="buttons">
        ${button(texts.close, () => this.#close(), 'main')}
        ${end.next === null ? nothing : button(end.next ?? texts.another, () => this.#anew())}
        ${wayOut(end.code ?? null)}
      </div>`;
  }

  #unknown(request: MoveRequest, sentence: string, id: string | null): TemplateResult {
    return html`${head(texts.unknownHeading)}
      <p class="notice warn" role="status">${discreet(sentence)}</p>
      ${
        id === null
          ? nothing
          : html`<p class="waiting"><span class="dots" aria-hidden="true"></span>${texts.watching}</p>`
      }
      ${transferId({ sentence, transferId: id })}
      <div class="buttons">
        ${id === null ? button(texts.askAgain, () => void this.#move(request), 'main') : nothing}
        ${button(texts.close, () => this.#close())}
      </div>`;
  }

  #sidesOf({ account: accountId, pot: potId }: MoveRequest) {
    const { accounts, pots } = this.page.knowledge;
    return { account: accounts.find(({ id }) => id === accountId), pot: pots.find(({ id }) => id === potId) };
  }

  /** Makes a dry run. Throws the refusal, for the form to show. */
  async #try(request: MoveRequest): Promise<void> {
    this.#draft = request;
    const trial = await tryMove(this.page.call, request);
    this.progress = { kind: 'confirm', request, trial };
  }

  async #move(request: MoveRequest): Promise<void> {
    if (this.progress.kind === 'moving') return;
    remember(sessionStorage, { requestId: this.#requestId, request });
    this.progress = { kind: 'moving', request };
    this.#reach(
      await move(this.page.call, request, this.#requestId).then(
        (answer) => progressAfter(request, answer),
        (thrown: unknown) => progressAfterFailure(request, thrown),
      ),
    );
    await this.page.store.refresh();
  }

  #reach(progress: MoveProgress): void {
    this.progress = progress;
    if (progress.kind === 'done' || progress.kind === 'settled') this.#draft = null;
    if (progress.kind !== 'unknown') forget(sessionStorage);
    else if (progress.transferId !== null) this.#watch(progress.transferId);
  }

  #watch(id: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(id), watchedEvery);
  }

  async #look(id: string): Promise<void> {
    const news = await transfer(this.page.call, id).then(progressOf, () => null);
    if (!this.isConnected) return;
    if (news === null) this.#watch(id);
    else this.#reach(news);
  }

  /** A new move with a new id. */
  #anew(): void {
    this.#requestId = newId();
    this.progress = { kind: 'form' };
  }

  #close(): void {
    this.querySelector('dialog')?.close();
  }

  #leave(): void {
    // An open transfer is listed under Activity; there is nothing to request again.
    if (this.progress.kind === 'unknown' && this.progress.transferId !== null) forget(sessionStorage);
    this.page.change({ move: '' });
  }
}

/** While the outcome is unknown no other move is offered: it could be the same one. */
const ends = {
  settled: [texts.doneHeading, 'good', texts.another],
  refused: [texts.refusedHeading, 'bad', texts.back],
  unresolved: [texts.unknownHeading, 'warn', null],
} as const;

interface End {
  readonly sentence: string;
  readonly transferId: string | null;
  /** Why nothing was moved, where that leads somewhere. */
  readonly code?: string | null;
  readonly balances?: TemplateResult | typeof nothing;
  /** The way to another move; null where none is offered. */
  readonly next?: string | null;
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

/** Some sentences already contain the id. */
function transferId({ sentence, transferId: id }: Pick<End, 'sentence' | 'transferId'>) {
  if (id === null || sentence.includes(id)) return nothing;
  return html`<p class="hint">${texts.transferId}: <code>${id}</code></p>`;
}

customElements.define('mb-move', MoveDialog);
