import { html, nothing, type TemplateResult } from 'lit';
import type { Login } from '../contract.ts';
import { count } from '../format.ts';
import { moneyOf } from '../overview/money.ts';
import type { Page } from '../page.ts';
import { heading } from '../parts/heading.ts';
import { texts } from '../texts.ts';

/** The fifth step. How many transactions there are is known only when all are read. */
export function historyStep({ history }: Login): TemplateResult {
  const words = texts.history;
  return html`${heading(words.heading)}
    <p>${words.intro}</p>
    <progress aria-label=${words.progress}></progress>
    <p class="soft amounts">${words.read(count(history.read))}</p>`;
}

/** The last step: what it was all for. */
export function doneStep({ knowledge, go }: Page, { id, name, history }: Login): TemplateResult {
  const accounts = knowledge.accounts.filter(({ logins }) => logins.includes(id));
  return html`${heading(texts.done.heading(name))}
    <p>${texts.done.intro(count(history.read))}</p>
    ${history.missing === null ? nothing : html`<p class="notice warn">${history.missing}</p>`}
    ${moneyOf(knowledge, accounts)}
    <div class="buttons">
      <button type="button" class="main" @click=${() => go({ kind: 'overview' })}>${texts.toOverview}</button>
      <button type="button" class="quiet" @click=${() => go({ kind: 'add', step: 'client' })}>
        ${texts.done.add}
      </button>
    </div>`;
}
