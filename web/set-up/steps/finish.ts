import { html, nothing, type TemplateResult } from 'lit';
import type { Login } from '../../api/contract.ts';
import { accountCard } from '../../parts/money.ts';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/set-up.ts';

/** The fifth step. The total is only known once all transactions are read. */
export function historyStep({ history }: Login): TemplateResult {
  const words = texts.history;
  return html`${heading(words.heading)}
    <p>${words.intro}</p>
    <progress aria-label=${words.progress}></progress>
    <p class="soft amounts">${words.read(history.read)}</p>`;
}

/** The last step: the connected accounts and pots. */
export function doneStep({ knowledge, go }: Page, { id, name, history }: Login): TemplateResult {
  const accounts = knowledge.accounts.filter(({ logins }) => logins.includes(id));
  return html`${heading(texts.done.heading(name))}
    <p>${texts.done.intro(history.read)}</p>
    ${history.missing === null ? nothing : html`<p class="notice warn">${history.missing}</p>`}
    <section aria-labelledby="money">
      <h2 id="money">${texts.done.accounts}</h2>
      <div class="columns">${accounts.map((account) => accountCard(knowledge, account))}</div>
    </section>
    <div class="buttons">
      <button type="button" class="main" @click=${() => go({ kind: 'overview' })}>
        ${common.toOverview}
      </button>
      <button type="button" class="quiet" @click=${() => go({ kind: 'add', step: 'client' })}>
        ${texts.done.add}
      </button>
    </div>`;
}
