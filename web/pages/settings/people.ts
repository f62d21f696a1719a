import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Login } from '../../api/contract.ts';
import { day, inSentence } from '../../format.ts';
import type { Page } from '../../page.ts';
import { removeQuestion, renameQuestion, secretQuestion } from './questions.ts';
import { toneOfLogin } from '../../parts/login-tone.ts';
import { isNew } from '../../set-up/place.ts';
import { texts } from '../../texts/people.ts';

/** All logins, and a button to add one. */
export class People extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { knowledge, go } = this.page;
    return html`<div class="cards">${(knowledge.logins ?? []).map((login) => person(this.page, login))}</div>
      <div class="buttons">
        <button type="button" class="quiet" @click=${() => go({ kind: 'add', step: 'client' })}>
          ${texts.people.add}
        </button>
      </div>`;
  }
}

function person(page: Page, login: Login): TemplateResult {
  const { name, state, needs } = login;
  const tone = toneOfLogin(login);
  return html`<article class="card">
    <header>
      <h2>${name}</h2>
      <p class="state ${tone}">${texts.people.states[state]}</p>
    </header>
    ${needs === null ? nothing : html`<p class="notice ${tone === 'bad' ? 'bad' : 'warn'}">${needs}</p>`}
    ${consent(page, login)} ${history(login)} ${learnt(login)}
    <div class="buttons" role="group" aria-label=${texts.people.actions(name)}>${actions(page, login)}</div>
  </article>`;
}

function consent({ act, store }: Page, { id, state, consent }: Login) {
  const { expires_about: at, due } = consent;
  if (at === null || state === 'needs_approval' || state === 'awaiting_approval') return nothing;
  const { lapses, renewed } = texts.people;
  // The login's own sentence says what is due.
  if (!due) return html`<p class="soft">${lapses(day(at, inSentence))}</p>`;
  return html`<button type="button" class="small" @click=${() => act(() => store.api.approvalRenewed(id))}>
    ${renewed}
  </button>`;
}

function history({ state, history }: Login) {
  const { reading, history: read } = texts.people;
  if (history.state === 'running' && state === 'active')
    return html`<p class="soft amounts">${reading(history.read)}</p>`;
  if (history.state !== 'complete' && history.state !== 'partial') return nothing;
  return html`<p class="soft amounts">${read(history.read)} ${history.missing ?? ''}</p>`;
}

/** Of interest to those who look closer. */
function learnt({ learnt: sentences }: Login) {
  if (sentences.length === 0) return nothing;
  return html`<details>
    <summary>${texts.people.learnt}</summary>
    <ul>
      ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
  </details>`;
}

function actions(page: Page, login: Login): readonly TemplateResult[] {
  const { people } = texts;
  const { go, ask, act, store } = page;
  const { id, state } = login;
  const signIn = () => go({ kind: isNew(login) ? 'set_up' : 'sign_in', id });
  const isUrgent = isNew(login) || state === 'needs_authorisation';
  return [
    action(isNew(login) ? people.continue : people.signIn, signIn, isUrgent ? 'main' : 'quiet'),
    action(people.reload, () => act(() => store.api.reload(id))),
    action(people.rename, () => ask(renameQuestion(page, login))),
    action(people.secret, () => ask(secretQuestion(page, login))),
    action(people.remove, () => ask(removeQuestion(page, login))),
  ];
}

function action(label: string, act: () => void, kind: 'main' | 'quiet' = 'quiet'): TemplateResult {
  return html`<button type="button" class="${kind} small" @click=${act}>${label}</button>`;
}

customElements.define('mb-people', People);
