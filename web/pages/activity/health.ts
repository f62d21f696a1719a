import { html, nothing, type TemplateResult } from 'lit';
import type { Health } from '../../api/contract.ts';
import type { Page } from '../../page.ts';
import { linked } from '../../parts/linked.ts';
import { texts } from '../../texts/activity.ts';

const words = texts.health;

/** The status of every part, and the diagnostics to download. */
export function health({ knowledge }: Page): TemplateResult {
  const { health: known, logins } = knowledge;
  const nameOf = (part: string) => {
    const login = logins?.find(({ id }) => part === `login ${id}`);
    return login ? words.login(login.name) : words.part(part);
  };
  return html`<section class="card" aria-labelledby="health">
    <header>
      <h2 id="health">${words.heading}</h2>
      <p class="soft">${known === null ? nothing : words.version(known.version)}</p>
    </header>
    <ul class="parts">
      ${(known?.parts ?? []).map((part) => partRow(nameOf(part.part), part))}
    </ul>
    <p class="hint">
      <a href="api/diagnostics" download="monzo-bridge-diagnostics.json">${words.diagnostics}</a>
      ${words.diagnosticsHint}
    </p>
  </section>`;
}

function partRow(name: string, { state, sentence }: Health['parts'][number]): TemplateResult {
  return html`<li>
    <span class="part">${name}</span>
    <span class="state ${toneOf(state)}">${words.states[state]}</span>
    ${sentence === null ? nothing : html`<p class="soft">${linked(sentence)}</p>`}
  </li>`;
}

export function toneOf(state: Health['state']): string {
  return state === 'ok' ? 'good' : state === 'down' ? 'bad' : 'warn';
}
